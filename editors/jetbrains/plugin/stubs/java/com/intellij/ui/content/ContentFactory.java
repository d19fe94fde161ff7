// Compile-only: see stubs/README.md.
package com.intellij.ui.content;

public interface ContentFactory {
    static ContentFactory getInstance() {
        throw new UnsupportedOperationException();
    }

    Content createContent(javax.swing.JComponent component, String name, boolean lockable);
}
