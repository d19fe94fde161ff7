// The chat page (editors/chat) in a tool window, and what only the IDE can do for it. It must not understand the conversation.
package dev.weft.chat

import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.intellij.openapi.Disposable
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.command.WriteCommandAction
import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.fileEditor.FileEditorManager
import com.intellij.openapi.project.DumbAware
import com.intellij.openapi.project.Project
import com.intellij.openapi.util.Disposer
import com.intellij.openapi.util.Key
import com.intellij.openapi.wm.ToolWindow
import com.intellij.openapi.wm.ToolWindowFactory
import com.intellij.openapi.wm.ToolWindowManager
import com.intellij.testFramework.LightVirtualFile
import com.intellij.ui.content.ContentFactory
import com.intellij.ui.jcef.JBCefApp
import com.intellij.ui.jcef.JBCefBrowser
import com.intellij.ui.jcef.JBCefBrowserBase
import com.intellij.ui.jcef.JBCefJSQuery
import dev.weft.protocol.Connection
import dev.weft.protocol.rangeJson
import dev.weft.server.WeftService
import java.util.concurrent.CompletableFuture
import javax.swing.JComponent
import javax.swing.JLabel
import org.cef.browser.CefBrowser
import org.cef.browser.CefFrame
import org.cef.handler.CefLoadHandlerAdapter

class ChatWindowFactory : ToolWindowFactory, DumbAware {
    override fun createToolWindowContent(project: Project, toolWindow: ToolWindow) {
        val component = if (JBCefApp.isSupported()) {
            ChatWindow(project).also { Disposer.register(toolWindow.disposable, it) }.component
        } else {
            JLabel("This IDE runs without a browser (JCEF), which the chat needs. `weft ui` in a terminal opens it in your own.")
        }
        toolWindow.contentManager.addContent(ContentFactory.getInstance().createContent(component, null, false))
    }
}

class ChatWindow(private val project: Project) : Disposable, Ends {
    private val service = WeftService.of(project)
    private val browser = JBCefBrowser()
    private val query = JBCefJSQuery.create(browser as JBCefBrowserBase)
    private val relay = Relay(this)
    private var ready = false
    private val waiting = mutableListOf<Pair<String, JsonObject>>()

    val component: JComponent get() = browser.component

    init {
        Disposer.register(this, browser)
        Disposer.register(this, query)
        query.addHandler { text ->
            relay.receive(text)
            null
        }
        browser.jbCefClient.addRequestHandler(PageFiles(), browser.cefBrowser)
        browser.jbCefClient.addLoadHandler(Loaded(), browser.cefBrowser)
        browser.loadURL("$ORIGIN/index.html?host=jcef")
        project.putUserData(SHOWN, this)
    }

    override fun dispose() {
        project.putUserData(SHOWN, null)
        relay.dispose()
    }

    override fun toPage(json: String) {
        // A JSON text is a JavaScript text too, once its line separators are escaped.
        val literal = com.google.gson.JsonPrimitive(json).toString().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        browser.cefBrowser.executeJavaScript("window.weftReceive && window.weftReceive($literal)", "$ORIGIN/host.js", 0)
    }

    override fun server(): Connection? = service.connection()

    override fun host(method: String, params: JsonObject): CompletableFuture<JsonElement>? {
        when (method) {
            "host/ready" -> later {
                ready = true
                waiting.forEach { (name, value) -> relay.tell(name, value) }
                waiting.clear()
            }
            "host/context" -> return onUiThread(::context)
            "host/openFile" -> later { openFile(params) }
            "host/insertAtCursor" -> later { insert(params.get("code").asString) }
            "host/newFile" -> later { newFile(params.get("code").asString, params.get("language").asString) }
            else -> return null
        }
        return CompletableFuture.completedFuture(JsonNull.INSTANCE)
    }

    /** On the UI thread: puts a text before the question. What comes before the page is drawn waits for it. */
    fun compose(text: String) {
        val told = listOf("host/compose" to JsonObject().apply { addProperty("text", text) }, "host/focus" to JsonObject())
        if (ready) told.forEach { (name, value) -> relay.tell(name, value) } else waiting.addAll(told)
    }

    private fun context(): JsonElement {
        val editor = FileEditorManager.getInstance(project).selectedTextEditor ?: return JsonNull.INSTANCE
        val file = FileDocumentManager.getInstance().getFile(editor.document) ?: return JsonNull.INSTANCE
        val uri = service.documents.uri(file)
        service.documents.version(uri) ?: return JsonNull.INSTANCE
        return JsonObject().apply {
            add("textDocument", service.documents.identifier(uri))
            val selection = editor.selectionModel
            if (selection.hasSelection()) {
                add("selection", rangeJson(editor.document.immutableCharSequence, selection.selectionStart, selection.selectionEnd))
            }
        }
    }

    private fun openFile(params: JsonObject) {
        val line = params.getAsJsonArray("lines")?.get(0)?.asInt ?: 0
        dev.weft.server.EditorSide(project, service).open(JsonObject().apply {
            add("uri", params.get("uri"))
            add("selection", JsonObject().apply { add("start", dev.weft.protocol.Position(line, 0).toJson()) })
        })
    }

    private fun insert(code: String) {
        val editor = FileEditorManager.getInstance(project).selectedTextEditor ?: return
        WriteCommandAction.runWriteCommandAction(project, "Weft", null, {
            val selection = editor.selectionModel
            editor.document.replaceString(selection.selectionStart, selection.selectionEnd, code)
        })
    }

    private fun newFile(code: String, language: String) {
        FileEditorManager.getInstance(project).openFile(LightVirtualFile("weft.${language.ifEmpty { "txt" }}", code), true)
    }

    private fun later(work: () -> Unit) = ApplicationManager.getApplication().invokeLater {
        if (!project.isDisposed) work()
    }

    private fun onUiThread(value: () -> JsonElement): CompletableFuture<JsonElement> {
        val answer = CompletableFuture<JsonElement>()
        later { answer.complete(value()) }
        return answer
    }

    /** Gives the page its way to the host, once it is there. */
    private inner class Loaded : CefLoadHandlerAdapter() {
        override fun onLoadEnd(browser: CefBrowser, frame: CefFrame, httpStatusCode: Int) {
            if (!frame.isMain) return
            val post = "window.weftPost = function (text) { ${query.inject("text")} };"
            browser.executeJavaScript("$post window.dispatchEvent(new Event('weft-host-ready'));", "$ORIGIN/host.js", 0)
        }
    }

    companion object {
        private val SHOWN = Key.create<ChatWindow>("dev.weft.chat")

        /** On the UI thread: shows the chat with a text in the question. */
        fun show(project: Project, text: String) {
            val window = ToolWindowManager.getInstance(project).getToolWindow("Weft") ?: return
            window.activate { project.getUserData(SHOWN)?.compose(text) }
        }
    }
}
