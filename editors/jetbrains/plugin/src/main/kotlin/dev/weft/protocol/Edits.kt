// The edits of `workspace/applyEdit` as changes of a text. It must not make them.
package dev.weft.protocol

import com.google.gson.JsonArray
import com.google.gson.JsonElement

/** `[start, end)` in UTF-16 units becomes `text`. */
data class Replacement(val start: Int, val end: Int, val text: String)

/** The edits of one document, and the version that they are for. */
data class DocumentEdits(val uri: String, val version: Int?, val edits: JsonArray)

/** What a `workspace/applyEdit` wants; null where it has an operation on files, which Weft never sends. */
fun documentEdits(params: JsonElement): List<DocumentEdits>? {
    val edit = params.asJsonObject.getAsJsonObject("edit") ?: return null
    val changes = edit.getAsJsonArray("documentChanges")
    if (changes != null) {
        return changes.map { change ->
            val document = change.asJsonObject.getAsJsonObject("textDocument") ?: return null
            val version = document.get("version")?.takeIf { it.isJsonPrimitive }?.asInt
            DocumentEdits(document.get("uri").asString, version, change.asJsonObject.getAsJsonArray("edits"))
        }
    }
    val plain = edit.getAsJsonObject("changes") ?: return null
    return plain.entrySet().map { (uri, edits) -> DocumentEdits(uri, null, edits.asJsonArray) }
}

/** The edits as replacements from the last to the first, so that each can be made without moving the others. */
fun replacements(text: CharSequence, edits: JsonArray): List<Replacement> {
    val all = edits.map {
        val edit = it.asJsonObject
        val range = edit.getAsJsonObject("range")
        val start = offsetAt(text, Position.of(range.getAsJsonObject("start")))
        val end = offsetAt(text, Position.of(range.getAsJsonObject("end")))
        Replacement(start, end, edit.get("newText").asString)
    }
    return all.sortedByDescending { it.start }
}

private val PROPOSAL = Regex("^<!-- weft: proposal (\\S+) -->")

/** The id of the proposal that a document shows; null for any other document. */
fun proposalId(text: CharSequence): String? = PROPOSAL.find(text)?.groupValues?.get(1)
