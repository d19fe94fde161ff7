// Compile-only: see stubs/README.md.
package com.intellij.openapi.ui;

public final class Messages {
    public static native String showInputDialog(com.intellij.openapi.project.Project project, String message, String title, javax.swing.Icon icon);
}
