// What the server asks of the editor: edits, documents to be shown, messages. Each is done on the UI thread later, and answered then; the
// thread that reads the server's messages goes on at once.
package dev.weft.server

import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.intellij.notification.NotificationGroupManager
import com.intellij.notification.NotificationType
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.command.WriteCommandAction
import com.intellij.openapi.fileEditor.OpenFileDescriptor
import com.intellij.openapi.project.Project
import com.intellij.openapi.vfs.LocalFileSystem
import com.intellij.util.concurrency.AppExecutorUtil
import dev.weft.protocol.DocumentEdits
import dev.weft.protocol.documentEdits
import dev.weft.protocol.replacements
import java.net.URI
import java.nio.file.Path
import java.util.concurrent.CompletableFuture

/** Of the notification group in plugin.xml. */
const val NOTIFICATIONS = "Weft"

class EditorSide(private val project: Project, private val service: WeftService) {
    /** `workspace/applyEdit`: one step to be undone, and only where each document still has the version that its edits are for. */
    fun apply(params: JsonElement): CompletableFuture<JsonElement> {
        val answer = CompletableFuture<JsonElement>()
        val wanted = documentEdits(params)
        later {
            val fits = wanted != null && wanted.all { service.documents.version(it.uri) == it.version }
            if (fits) WriteCommandAction.runWriteCommandAction(project, "Weft", null, { wanted.orEmpty().forEach(::make) })
            answer.complete(JsonObject().apply { addProperty("applied", fits) })
        }
        return answer
    }

    /** `window/showDocument`. */
    fun open(params: JsonObject): CompletableFuture<JsonElement> {
        val answer = CompletableFuture<JsonElement>()
        val start = params.getAsJsonObject("selection")?.getAsJsonObject("start")
        val path = try {
            Path.of(URI.create(params.get("uri").asString))
        } catch (_: IllegalArgumentException) {
            return CompletableFuture.completedFuture(success(false))
        }
        // Looking at the disk may take a while.
        AppExecutorUtil.getAppExecutorService().execute {
            val file = LocalFileSystem.getInstance().refreshAndFindFileByPath(path.toString().replace('\\', '/'))
            later {
                if (file != null) {
                    val line = start?.get("line")?.asInt ?: 0
                    OpenFileDescriptor(project, file, line, start?.get("character")?.asInt ?: 0).navigate(true)
                }
                answer.complete(success(file != null))
            }
        }
        return answer
    }

    /** `window/showMessage`. */
    fun show(params: JsonObject) {
        val type = when (params.get("type").asInt) {
            1 -> NotificationType.ERROR
            2 -> NotificationType.WARNING
            else -> NotificationType.INFORMATION
        }
        val text = params.get("message").asString
        later {
            val group = NotificationGroupManager.getInstance().getNotificationGroup(NOTIFICATIONS)
            group.createNotification(text.replace("&", "&amp;").replace("<", "&lt;"), type).notify(project)
        }
    }

    private fun make(edits: DocumentEdits) {
        val document = service.documents.document(edits.uri) ?: return
        for (it in replacements(document.immutableCharSequence, edits.edits)) {
            document.replaceString(it.start, it.end, it.text)
        }
    }

    private fun later(work: () -> Unit) = ApplicationManager.getApplication().invokeLater {
        if (!project.isDisposed) work()
    }

    private fun success(value: Boolean) = JsonObject().apply { addProperty("success", value) }
}
