// Compile-only: see stubs/README.md.
package org.cef.handler;

import org.cef.browser.CefBrowser;
import org.cef.browser.CefFrame;
import org.cef.misc.BoolRef;
import org.cef.network.CefRequest;

public abstract class CefRequestHandlerAdapter implements CefRequestHandler {
    public CefResourceRequestHandler getResourceRequestHandler(
            CefBrowser browser, CefFrame frame, CefRequest request, boolean isNavigation, boolean isDownload,
            String requestInitiator, BoolRef disableDefaultHandling) {
        return null;
    }
}
