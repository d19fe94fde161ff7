// Offsets of the IDE's documents and positions of LSP, and back. Both count UTF-16 units, and an IDE's document has only \n as line end.
package dev.weft.protocol

import com.google.gson.JsonObject

/** Counted from 0. */
data class Position(val line: Int, val character: Int) {
    fun toJson() = JsonObject().apply {
        addProperty("line", line)
        addProperty("character", character)
    }

    companion object {
        fun of(json: JsonObject) = Position(json.get("line").asInt, json.get("character").asInt)
    }
}

fun positionAt(text: CharSequence, offset: Int): Position {
    val end = offset.coerceIn(0, text.length)
    var line = 0
    var lineStart = 0
    for (index in 0 until end) {
        if (text[index] == '\n') {
            line++
            lineStart = index + 1
        }
    }
    return Position(line, end - lineStart)
}

/** The offset of a position. What lies behind a line's or the text's end is its end, as LSP wants it. */
fun offsetAt(text: CharSequence, position: Position): Int {
    var start = 0
    repeat(position.line) {
        val end = indexOfLineEnd(text, start)
        if (end == text.length) return text.length
        start = end + 1
    }
    return (start + position.character).coerceAtMost(indexOfLineEnd(text, start))
}

/** A range as LSP writes it. */
fun rangeJson(text: CharSequence, start: Int, end: Int) = JsonObject().apply {
    add("start", positionAt(text, start).toJson())
    add("end", positionAt(text, end).toJson())
}

private fun indexOfLineEnd(text: CharSequence, from: Int): Int {
    for (index in from until text.length) {
        if (text[index] == '\n') return index
    }
    return text.length
}
