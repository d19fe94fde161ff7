// Compile-only: see stubs/README.md.
package com.intellij.notification;

public abstract class Notification {
    public abstract void notify(com.intellij.openapi.project.Project project);
}
