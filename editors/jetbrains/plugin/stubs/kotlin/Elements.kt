// Compile-only: see stubs/README.md.
package com.intellij.codeInsight.inline.completion.elements

interface InlineCompletionElement

class InlineCompletionGrayTextElement(val text: String) : InlineCompletionElement
