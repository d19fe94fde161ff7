// Compile-only: see stubs/README.md.
package com.intellij.openapi.options;

public interface Configurable {
    String getDisplayName();

    javax.swing.JComponent createComponent();

    boolean isModified();

    void apply();

    default void reset() {}
}
