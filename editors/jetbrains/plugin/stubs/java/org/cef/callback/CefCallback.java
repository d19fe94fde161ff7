// Compile-only: see stubs/README.md.
package org.cef.callback;

public interface CefCallback {
    void Continue();
}
