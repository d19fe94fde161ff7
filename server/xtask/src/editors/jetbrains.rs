//! What the tests of the JetBrains side need: LSP4J, and the plugin compiled where no IDE can be had.
//!
//! It must not pack the plugin: that is editors/jetbrains/plugin/build.gradle.kts, on a machine that reaches JetBrains' repositories.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{Programs, debian, node, wheel};
use crate::process;

/// Pinned: its standard library is what the compiled classes need.
const KOTLIN: &str = "2.4.20";

/// The platform's API of 2018, from Debian.
const PLATFORM: [&str; 3] = [
    "/usr/share/java/intellij-core.jar",
    "/usr/share/java/intellij-platform-api.jar",
    "/usr/share/java/intellij-platform-impl.jar",
];

/// Libraries in LSP4J's folder that the plugin or its tests use: the beginnings of their names.
const LIBRARIES: [&str; 3] = ["com.google.gson_", "org.junit_", "org.hamcrest_"];

/// What is compiled, below editors/jetbrains/plugin.
const SOURCES: [&str; 4] = ["stubs/java", "stubs/kotlin", "src/main", "src/test"];

/// Whether the platform's API is there, or is not to be had on this system.
pub(super) fn has_platform() -> bool {
    !debian::is_here() || PLATFORM.iter().all(|jar| Path::new(jar).is_file())
}

/// Sees that LSP4J is there and, on Debian, that the plugin is compiled.
pub(super) fn ensure(root: &Path, folder: &Path) -> Result<Programs> {
    let lsp4j = wheel::lsp4j(folder)?;
    let mut found = vec![("WEFT_LSP4J", lsp4j.clone())];
    if !debian::is_here() {
        println!(
            "the JetBrains plugin is compiled on Debian only: it alone has the platform's API as packages"
        );
        return Ok(found);
    }
    let kotlin = kotlin(folder)?;
    let here = folder.join("jetbrains-plugin");
    let class_path = compile(&root.join("editors/jetbrains/plugin"), &here, &kotlin, &lsp4j)?;
    let list = here.join("class-path");
    fs::write(&list, class_path)?;
    found.push(("WEFT_JETBRAINS_CLASSES", here.join("main")));
    found.push(("WEFT_JETBRAINS_CLASS_PATH", list));
    Ok(found)
}

/// The folder with the compiler's libraries. It comes as an npm package, through the npm of the system.
fn kotlin(folder: &Path) -> Result<PathBuf> {
    let here = folder.join("kotlin");
    let libraries = here.join("node_modules/kotlin-compiler/lib");
    let record = here.join("version");
    if fs::read_to_string(&record).is_ok_and(|present| present == KOTLIN) {
        return Ok(libraries);
    }
    println!("fetching Kotlin {KOTLIN} into {}", here.display());
    node::install(&mut process::command("npm"), &here, "kotlin-compiler", KOTLIN)?;
    if !libraries.join("kotlin-compiler.jar").is_file() {
        bail!(
            "the npm package kotlin-compiler@{KOTLIN} brought no compiler; delete {} to try again",
            here.display()
        );
    }
    fs::write(&record, KOTLIN)?;
    Ok(libraries)
}

/// Compiles stubs, plugin and tests, unless none of their sources changed; returns the class path that the tests run with.
fn compile(plugin: &Path, here: &Path, kotlin: &Path, lsp4j: &Path) -> Result<String> {
    let library = |name: &str| kotlin.join(name).display().to_string();
    let mut used: Vec<String> = PLATFORM.iter().map(|&jar| jar.to_owned()).collect();
    used.extend(
        [
            "kotlin-stdlib.jar",
            "kotlinx-coroutines-core-jvm.jar",
            "annotations-13.0.jar",
            "kotlin-test.jar",
            "kotlin-test-junit.jar",
        ]
        .map(library),
    );
    for name in LIBRARIES {
        used.push(wheel::library(lsp4j, name)?.display().to_string());
    }
    let output = |name: &str| here.join(name);
    let below = |name: &str| output(name).display().to_string();
    let class_path = |outputs: &[&str]| {
        let all = outputs.iter().map(|name| below(name)).chain(used.iter().cloned());
        all.collect::<Vec<_>>().join(":")
    };
    let for_tests = class_path(&["test", "main", "stubs-kotlin", "stubs-java"]);
    let sources = sources(plugin)?;
    let record = output("sources");
    if fs::read_to_string(&record).is_ok_and(|compiled| compiled == sources) {
        println!("the compiled JetBrains plugin fits its sources");
        return Ok(for_tests);
    }
    println!("compiling the JetBrains plugin into {}", here.display());
    if here.exists() {
        fs::remove_dir_all(here).with_context(|| format!("cannot delete {}", here.display()))?;
    }
    fs::create_dir_all(output("stubs-java"))?;
    let mut javac = process::command("javac");
    // Their own warnings are about what the platform of 2018 has deprecated since.
    javac.args(["-nowarn", "-Xlint:none", "-d"]).arg(output("stubs-java")).arg("-cp").arg(class_path(&[]));
    process::run(javac.args(files(&plugin.join("stubs/java"))?))?;
    let compiler = [
        "kotlin-compiler.jar",
        "kotlin-stdlib.jar",
        "kotlin-reflect.jar",
        "kotlin-script-runtime.jar",
        "kotlinx-coroutines-core-jvm.jar",
    ];
    let compiler = compiler.map(library).join(":");
    let steps: [(&str, &str, &[&str], &[&str]); 3] = [
        ("stubs-kotlin", "stubs/kotlin", &["stubs-java"], &["-nowarn"]),
        ("main", "src/main/kotlin", &["stubs-kotlin", "stubs-java"], &["-Werror"]),
        ("test", "src/test/kotlin", &["main", "stubs-kotlin", "stubs-java"], &["-Werror"]),
    ];
    for (name, source, before, options) in steps {
        let mut kotlinc = process::command("java");
        kotlinc.args(["-Xmx1g", "-cp", &compiler, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"]);
        kotlinc.args(["-no-stdlib", "-no-reflect", "-jvm-target", "17", "-module-name", name]).args(options);
        if name == "test" {
            // What is internal to the plugin is its tests' too.
            kotlinc.arg(format!("-Xfriend-paths={}", below("main")));
        }
        kotlinc.arg("-d").arg(output(name)).arg("-cp").arg(class_path(before)).arg(plugin.join(source));
        process::run(&mut kotlinc)?;
    }
    fs::write(&record, sources)?;
    Ok(for_tests)
}

/// Every source with its path, as one text.
fn sources(plugin: &Path) -> Result<String> {
    let mut text = format!("Kotlin {KOTLIN}\n");
    for folder in SOURCES {
        for file in files(&plugin.join(folder))? {
            text.push_str(&format!("== {}\n", file.strip_prefix(plugin).unwrap_or(&file).display()));
            text.push_str(
                &fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?,
            );
        }
    }
    Ok(text)
}

/// The files below a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
