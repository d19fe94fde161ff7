// From the server's answer to the text behind the cursor. It must not know the IDE.
package dev.weft.completion

import com.google.gson.JsonElement
import dev.weft.protocol.Position
import dev.weft.protocol.offsetAt

/**
 * The texts to be shown at `offset`, best first. An item's range may begin before the cursor: then its text begins with what stands
 * there, which is not shown again. An item that would change what stands before the cursor cannot be shown as ghost text.
 */
fun ghostTexts(answer: JsonElement, text: CharSequence, offset: Int): List<String> {
    val items = when {
        answer.isJsonArray -> answer.asJsonArray
        answer.isJsonObject -> answer.asJsonObject.getAsJsonArray("items") ?: return emptyList()
        else -> return emptyList()
    }
    return items.mapNotNull { item ->
        val insert = item.asJsonObject.get("insertText")?.takeIf { it.isJsonPrimitive }?.asString ?: return@mapNotNull null
        val range = item.asJsonObject.getAsJsonObject("range")
        val start = range?.let { offsetAt(text, Position.of(it.getAsJsonObject("start"))) } ?: offset
        val end = range?.let { offsetAt(text, Position.of(it.getAsJsonObject("end"))) } ?: offset
        if (start > offset || end != offset) return@mapNotNull null
        val typed = text.subSequence(start, offset)
        if (insert.startsWith(typed)) insert.substring(typed.length).ifEmpty { null } else null
    }
}
