// Compile-only: see stubs/README.md.
package com.intellij.ui.content;

public interface ContentManager {
    void addContent(Content content);
}
