// Compile-only: see stubs/README.md.
package org.cef.network;

public abstract class CefRequest {
    public abstract String getURL();
}
