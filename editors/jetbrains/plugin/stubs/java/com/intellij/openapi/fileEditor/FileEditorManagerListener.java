// Compile-only: see stubs/README.md.
package com.intellij.openapi.fileEditor;

import com.intellij.openapi.vfs.VirtualFile;
import com.intellij.util.messages.Topic;

public interface FileEditorManagerListener {
    Topic<FileEditorManagerListener> FILE_EDITOR_MANAGER = new Topic<>("file editor events", FileEditorManagerListener.class);

    default void fileOpened(FileEditorManager source, VirtualFile file) {}

    default void fileClosed(FileEditorManager source, VirtualFile file) {}

    default void selectionChanged(FileEditorManagerEvent event) {}
}
