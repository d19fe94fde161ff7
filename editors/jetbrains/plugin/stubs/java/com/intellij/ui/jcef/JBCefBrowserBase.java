// Compile-only: see stubs/README.md.
package com.intellij.ui.jcef;

public abstract class JBCefBrowserBase implements com.intellij.openapi.Disposable {
    public native JBCefClient getJBCefClient();

    public native org.cef.browser.CefBrowser getCefBrowser();

    public native javax.swing.JComponent getComponent();

    public native void loadURL(String url);

    @Override
    public void dispose() {}
}
