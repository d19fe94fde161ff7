// Compile-only: see stubs/README.md.
package com.intellij.ui.jcef;

public final class JBCefClient {
    public native JBCefClient addRequestHandler(org.cef.handler.CefRequestHandler handler, org.cef.browser.CefBrowser browser);

    public native JBCefClient addLoadHandler(org.cef.handler.CefLoadHandler handler, org.cef.browser.CefBrowser browser);
}
