// Compile-only: see stubs/README.md.
package com.intellij.openapi.wm;

public abstract class ToolWindowManager {
    public static native ToolWindowManager getInstance(com.intellij.openapi.project.Project project);

    public abstract ToolWindow getToolWindow(String id);
}
