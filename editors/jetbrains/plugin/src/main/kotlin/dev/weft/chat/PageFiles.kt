// The files of the chat page, from the plugin's own archive, on an origin that leads nowhere else. It must not serve anything but those.
package dev.weft.chat

import java.io.IOException
import java.io.InputStream
import org.cef.browser.CefBrowser
import org.cef.browser.CefFrame
import org.cef.callback.CefCallback
import org.cef.handler.CefRequestHandlerAdapter
import org.cef.handler.CefResourceHandler
import org.cef.handler.CefResourceHandlerAdapter
import org.cef.handler.CefResourceRequestHandler
import org.cef.handler.CefResourceRequestHandlerAdapter
import org.cef.misc.BoolRef
import org.cef.misc.IntRef
import org.cef.misc.StringRef
import org.cef.network.CefRequest
import org.cef.network.CefResponse

/** No such host is asked for: every request to it is answered here. */
const val ORIGIN = "https://weft.invalid"

class PageFiles : CefRequestHandlerAdapter() {
    override fun getResourceRequestHandler(
        browser: CefBrowser?, frame: CefFrame?, request: CefRequest, isNavigation: Boolean, isDownload: Boolean,
        requestInitiator: String?, disableDefaultHandling: BoolRef?,
    ): CefResourceRequestHandler = object : CefResourceRequestHandlerAdapter() {
        override fun getResourceHandler(browser: CefBrowser?, frame: CefFrame?, request: CefRequest): CefResourceHandler =
            PageFile(pathOf(request.url))
    }
}

/** The path in the archive for a URL; null for what is not the page's. */
fun pathOf(url: String): String? {
    val path = url.removePrefix("$ORIGIN/").takeIf { it != url } ?: return null
    val plain = path.substringBefore('?').substringBefore('#')
    return plain.takeIf { it.matches(Regex("[A-Za-z0-9_./-]+")) && ".." !in it }
}

fun contentType(path: String): String = when (path.substringAfterLast('.')) {
    "html" -> "text/html"
    "js" -> "text/javascript"
    "css" -> "text/css"
    "svg" -> "image/svg+xml"
    "woff2" -> "font/woff2"
    else -> "application/octet-stream"
}

private class PageFile(private val path: String?) : CefResourceHandlerAdapter() {
    private var content: InputStream? = null

    override fun processRequest(request: CefRequest, callback: CefCallback): Boolean {
        content = path?.let { javaClass.getResourceAsStream("/chat/$it") }
        callback.Continue()
        return true
    }

    override fun getResponseHeaders(response: CefResponse, responseLength: IntRef, redirectUrl: StringRef) {
        response.setStatus(if (content == null) 404 else 200)
        response.setMimeType(contentType(path.orEmpty()))
        // Unknown: it is read to its end.
        responseLength.set(-1)
    }

    override fun readResponse(out: ByteArray, toRead: Int, read: IntRef, callback: CefCallback): Boolean {
        val count = try {
            content?.read(out, 0, toRead) ?: -1
        } catch (_: IOException) {
            -1
        }
        read.set(count.coerceAtLeast(0))
        if (count <= 0) content?.close()
        return count > 0
    }
}
