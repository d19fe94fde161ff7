// Compile-only: see stubs/README.md.
package com.intellij.ui.jcef;

import java.util.function.Function;

public class JBCefJSQuery implements com.intellij.openapi.Disposable {
    public static native JBCefJSQuery create(JBCefBrowserBase browser);

    public native void addHandler(Function<? super String, ? extends Response> handler);

    public native String inject(String argument);

    @Override
    public void dispose() {}

    public static class Response {}
}
