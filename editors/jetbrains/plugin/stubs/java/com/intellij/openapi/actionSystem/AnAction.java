// Compile-only: see stubs/README.md.
package com.intellij.openapi.actionSystem;

public abstract class AnAction implements com.intellij.openapi.project.PossiblyDumbAware {
    public abstract void actionPerformed(AnActionEvent event);

    public void update(AnActionEvent event) {}

    public native ActionUpdateThread getActionUpdateThread();
}
