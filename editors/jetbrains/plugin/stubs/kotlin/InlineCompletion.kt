// Compile-only: see stubs/README.md.
package com.intellij.codeInsight.inline.completion

import com.intellij.codeInsight.inline.completion.suggestion.InlineCompletionSuggestion
import com.intellij.openapi.editor.Document
import com.intellij.openapi.editor.Editor
import kotlin.time.Duration

@JvmInline
value class InlineCompletionProviderID(val id: String)

interface InlineCompletionEvent {
    abstract class DirectCall : InlineCompletionEvent
}

abstract class InlineCompletionRequest {
    abstract val event: InlineCompletionEvent
    abstract val editor: Editor
    abstract val document: Document
    abstract val endOffset: Int
}

interface InlineCompletionProvider {
    val id: InlineCompletionProviderID

    suspend fun getSuggestion(request: InlineCompletionRequest): InlineCompletionSuggestion

    fun isEnabled(event: InlineCompletionEvent): Boolean
}

abstract class DebouncedInlineCompletionProvider : InlineCompletionProvider {
    protected abstract suspend fun getDebounceDelay(request: InlineCompletionRequest): Duration

    abstract suspend fun getSuggestionDebounced(request: InlineCompletionRequest): InlineCompletionSuggestion

    override suspend fun getSuggestion(request: InlineCompletionRequest): InlineCompletionSuggestion = getSuggestionDebounced(request)
}
