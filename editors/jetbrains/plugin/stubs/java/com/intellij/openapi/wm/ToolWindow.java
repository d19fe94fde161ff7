// Compile-only: see stubs/README.md.
package com.intellij.openapi.wm;

public interface ToolWindow {
    com.intellij.openapi.Disposable getDisposable();

    com.intellij.ui.content.ContentManager getContentManager();

    void activate(Runnable then);
}
