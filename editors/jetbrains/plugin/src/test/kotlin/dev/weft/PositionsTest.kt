package dev.weft

import com.google.gson.JsonParser
import dev.weft.protocol.Position
import dev.weft.protocol.documentEdits
import dev.weft.protocol.offsetAt
import dev.weft.protocol.positionAt
import dev.weft.protocol.proposalId
import dev.weft.protocol.replacements
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull

class PositionsTest {
    private val text = "a\n🧵bc\n\nlast"

    @Test
    fun `every offset has its position, and back`() {
        for (offset in 0..text.length) {
            assertEquals(offset, offsetAt(text, positionAt(text, offset)), "offset $offset")
        }
        // A character beyond the basic plane counts as two.
        assertEquals(Position(1, 4), positionAt(text, 6))
    }

    @Test
    fun `what lies behind a line or the text is its end`() {
        assertEquals(1, offsetAt(text, Position(0, 99)))
        assertEquals(text.length, offsetAt(text, Position(99, 0)))
    }

    @Test
    fun `edits are made from the last to the first`() {
        val params = JsonParser.parseString(
            """{"edit":{"documentChanges":[{"textDocument":{"uri":"file:///a.py","version":7},"edits":[
                {"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":1}},"newText":"first"},
                {"range":{"start":{"line":3,"character":0},"end":{"line":3,"character":4}},"newText":"end"}]}]}}""",
        )
        val edits = documentEdits(params)!!.single()
        assertEquals(7, edits.version)
        val changed = StringBuilder(text)
        for (it in replacements(text, edits.edits)) changed.replace(it.start, it.end, it.text)
        assertEquals("first\n🧵bc\n\nend", changed.toString())
    }

    @Test
    fun `operations on files are refused`() {
        assertNull(documentEdits(JsonParser.parseString("""{"edit":{"documentChanges":[{"kind":"delete","uri":"file:///a"}]}}""")))
    }

    @Test
    fun `a proposal is known by its head`() {
        assertEquals("p-12", proposalId("<!-- weft: proposal p-12 -->\n# A change"))
        assertNull(proposalId("<!-- weft: session 3 -->"))
    }
}
