// Builds the plugin on a machine that reaches JetBrains' repositories: `gradle buildPlugin`, `gradle runIde`, `gradle verifyPlugin`.
// The chat page must be built before: `npm ci && npm run build` in editors/chat.
import org.jetbrains.intellij.platform.gradle.TestFrameworkType

plugins {
    kotlin("jvm") version "2.2.0"
    id("org.jetbrains.intellij.platform") version "2.6.0"
}

group = "dev.weft"
version = "0.1.0"

repositories {
    mavenCentral()
    intellijPlatform { defaultRepositories() }
}

dependencies {
    intellijPlatform {
        intellijIdeaCommunity("2024.2.5")
        pluginVerifier()
        testFramework(TestFrameworkType.Platform)
    }
    testImplementation(kotlin("test"))
}

kotlin { jvmToolchain(21) }

intellijPlatform {
    pluginConfiguration {
        ideaVersion { sinceBuild = "242" }
    }
    pluginVerification {
        ides { recommended() }
    }
}

tasks.processResources {
    from("../../chat/dist") { into("chat") }
}
