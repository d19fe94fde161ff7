// Compile-only: see stubs/README.md.
package org.cef.handler;

public abstract class CefLoadHandlerAdapter implements CefLoadHandler {
    public void onLoadEnd(org.cef.browser.CefBrowser browser, org.cef.browser.CefFrame frame, int httpStatusCode) {}
}
