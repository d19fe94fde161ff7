// Compile-only: see stubs/README.md.
package com.intellij.openapi.fileEditor;

public abstract class FileEditorManagerEvent {
    public abstract com.intellij.openapi.vfs.VirtualFile getNewFile();
}
