// Which files the server has open, and each change of them. Changes are noted on the UI thread, in a few steps that do not depend on the
// size of the file, and sent from the service's.
package dev.weft.server

import com.google.gson.JsonArray
import com.google.gson.JsonObject
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.event.DocumentEvent
import com.intellij.openapi.editor.event.DocumentListener
import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.vfs.VirtualFile
import dev.weft.protocol.Position
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

/** A larger file is not handed over. */
private const val LARGEST_CHARACTERS = 8 * 1024 * 1024

class Documents(private val service: WeftService) : DocumentListener {
    private class Open(val document: Document, val languageId: String) {
        val version = AtomicInteger(0)

        /** Where a change begins and ends in the text before it. */
        var before: Pair<Position, Position>? = null
    }

    private val open = ConcurrentHashMap<String, Open>()

    fun uri(file: VirtualFile): String = java.io.File(file.path).toPath().toUri().toString()

    /** The document's version and its file's URI; null where the server does not have it. */
    fun version(uri: String): Int? = open[uri]?.version?.get()

    fun document(uri: String): Document? = open[uri]?.document

    /** On the UI thread: a file is shown in an editor. */
    fun opened(file: VirtualFile, document: Document) {
        if (!file.isInLocalFileSystem || document.textLength > LARGEST_CHARACTERS) return
        val uri = uri(file)
        val entry = Open(document, languageId(file.name))
        if (open.putIfAbsent(uri, entry) != null) return
        document.addDocumentListener(this)
        tellOpened(uri, entry)
    }

    /** On the UI thread: a file is shown nowhere any more. */
    fun closed(file: VirtualFile) {
        val uri = uri(file)
        val entry = open.remove(uri) ?: return
        entry.document.removeDocumentListener(this)
        service.tell("textDocument/didClose") { JsonObject().apply { add("textDocument", identifier(uri)) } }
    }

    /** On the UI thread: another file is looked at. */
    fun focused(file: VirtualFile) {
        val uri = uri(file)
        if (open.containsKey(uri)) service.tell("textDocument/didFocus") { JsonObject().apply { add("textDocument", identifier(uri)) } }
    }

    /** After a start: the server knows of nothing. */
    fun openAll() = open.forEach { (uri, entry) -> tellOpened(uri, entry) }

    fun identifier(uri: String) = JsonObject().apply { addProperty("uri", uri) }

    override fun beforeDocumentChange(event: DocumentEvent) {
        val entry = entry(event) ?: return
        entry.before = Pair(position(event.document, event.offset), position(event.document, event.offset + event.oldLength))
    }

    override fun documentChanged(event: DocumentEvent) {
        val entry = entry(event) ?: return
        val uri = uriOf(event.document) ?: return
        val (start, end) = entry.before ?: return
        val version = entry.version.incrementAndGet()
        val text = event.newFragment.toString()
        service.tell("textDocument/didChange") {
            JsonObject().apply {
                add("textDocument", identifier(uri).apply { addProperty("version", version) })
                add("contentChanges", JsonArray().apply {
                    add(JsonObject().apply {
                        add("range", JsonObject().apply {
                            add("start", start.toJson())
                            add("end", end.toJson())
                        })
                        addProperty("text", text)
                    })
                })
            }
        }
    }

    private fun entry(event: DocumentEvent): Open? = uriOf(event.document)?.let { open[it] }

    private fun uriOf(document: Document): String? = FileDocumentManager.getInstance().getFile(document)?.let(::uri)

    /** The text is taken here and not when it is sent: what changes meanwhile is told as a change. */
    private fun tellOpened(uri: String, entry: Open) {
        val text = entry.document.immutableCharSequence
        val version = entry.version.get()
        service.tell("textDocument/didOpen") {
            JsonObject().apply {
                add("textDocument", identifier(uri).apply {
                    addProperty("languageId", entry.languageId)
                    addProperty("version", version)
                    addProperty("text", text.toString())
                })
            }
        }
    }

    private fun position(document: Document, offset: Int): Position {
        val line = document.getLineNumber(offset)
        return Position(line, offset - document.getLineStartOffset(line))
    }
}
