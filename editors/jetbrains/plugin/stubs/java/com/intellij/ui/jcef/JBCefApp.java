// Compile-only: see stubs/README.md.
package com.intellij.ui.jcef;

public final class JBCefApp {
    public static native boolean isSupported();
}
