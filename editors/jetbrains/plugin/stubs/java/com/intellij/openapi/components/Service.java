// Compile-only: see stubs/README.md.
package com.intellij.openapi.components;

public @interface Service {
    enum Level { APP, PROJECT }

    Level[] value() default {};
}
