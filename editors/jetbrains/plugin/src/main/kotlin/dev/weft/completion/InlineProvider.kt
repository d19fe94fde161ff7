// Ghost text by the IDE's own inline completion (2024.2 and newer). Suspends, never blocks; when the IDE gives a request up, the server is
// told. It must not decide what is suggested.
package dev.weft.completion

import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.intellij.codeInsight.inline.completion.DebouncedInlineCompletionProvider
import com.intellij.codeInsight.inline.completion.InlineCompletionEvent
import com.intellij.codeInsight.inline.completion.InlineCompletionProviderID
import com.intellij.codeInsight.inline.completion.InlineCompletionRequest
import com.intellij.codeInsight.inline.completion.elements.InlineCompletionGrayTextElement
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionSingleSuggestion
import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionSuggestion
import com.intellij.openapi.diagnostic.Logger
import com.intellij.openapi.fileEditor.FileDocumentManager
import dev.weft.protocol.positionAt
import dev.weft.server.WeftService
import dev.weft.settings.WeftSettings
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.resume
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.suspendCancellableCoroutine

class InlineProvider : DebouncedInlineCompletionProvider() {
    override val id = InlineCompletionProviderID("dev.weft.completion.InlineProvider")

    override suspend fun getDebounceDelay(request: InlineCompletionRequest): Duration = WeftSettings.instance().delayMs().milliseconds

    override fun isEnabled(event: InlineCompletionEvent): Boolean = WeftSettings.instance().suggests()

    override suspend fun getSuggestionDebounced(request: InlineCompletionRequest): InlineCompletionSuggestion {
        val project = request.editor.project ?: return InlineCompletionSuggestion.Empty
        val service = WeftService.of(project)
        val file = FileDocumentManager.getInstance().getFile(request.document) ?: return InlineCompletionSuggestion.Empty
        val uri = service.documents.uri(file)
        service.documents.version(uri) ?: return InlineCompletionSuggestion.Empty
        // A snapshot that nobody changes: no lock is needed to read it.
        val text = request.document.immutableCharSequence
        val offset = request.endOffset.coerceAtMost(text.length)
        val asked = request.event is InlineCompletionEvent.DirectCall
        val params = JsonObject().apply {
            add("textDocument", service.documents.identifier(uri))
            add("position", positionAt(text, offset).toJson())
            add("context", JsonObject().apply { addProperty("triggerKind", if (asked) INVOKED else AUTOMATIC) })
        }
        val answer = await(service.ask("textDocument/inlineCompletion", params)) ?: return InlineCompletionSuggestion.Empty
        val best = ghostTexts(answer, text, offset).firstOrNull() ?: return InlineCompletionSuggestion.Empty
        return InlineCompletionSingleSuggestion.build { emit(InlineCompletionGrayTextElement(best)) }
    }

    /** The future's value, null where it fails; cancelled with the coroutine. */
    private suspend fun await(future: CompletableFuture<JsonElement>): JsonElement? = suspendCancellableCoroutine { continuation ->
        continuation.invokeOnCancellation { future.cancel(true) }
        future.whenComplete { value, failure ->
            if (failure != null) LOG.debug(failure)
            if (continuation.isActive) continuation.resume(value)
        }
    }

    private companion object {
        val LOG = Logger.getInstance(InlineProvider::class.java)
        const val INVOKED = 1
        const val AUTOMATIC = 2
    }
}
