// Compile-only: see stubs/README.md.
package com.intellij.openapi.fileEditor;

public abstract class FileEditorManager {
    public static native FileEditorManager getInstance(com.intellij.openapi.project.Project project);

    public abstract com.intellij.openapi.vfs.VirtualFile[] getOpenFiles();

    public abstract com.intellij.openapi.editor.Editor getSelectedTextEditor();

    public abstract Object[] openFile(com.intellij.openapi.vfs.VirtualFile file, boolean focus);
}
