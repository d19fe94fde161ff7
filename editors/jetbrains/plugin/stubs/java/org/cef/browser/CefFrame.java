// Compile-only: see stubs/README.md.
package org.cef.browser;

public interface CefFrame {
    boolean isMain();
}
