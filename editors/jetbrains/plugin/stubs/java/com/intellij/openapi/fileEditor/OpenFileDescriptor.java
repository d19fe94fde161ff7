// Compile-only: see stubs/README.md.
package com.intellij.openapi.fileEditor;

public class OpenFileDescriptor {
    public OpenFileDescriptor(com.intellij.openapi.project.Project project, com.intellij.openapi.vfs.VirtualFile file, int line, int column) {}

    public native void navigate(boolean focus);
}
