// Compile-only: see stubs/README.md.
package com.intellij.openapi.vfs;

public abstract class LocalFileSystem {
    public static native LocalFileSystem getInstance();

    public abstract VirtualFile refreshAndFindFileByPath(String path);
}
