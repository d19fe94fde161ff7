package dev.weft

import dev.weft.completion.ghostTexts
import dev.weft.server.Restart
import dev.weft.server.afterEnd
import dev.weft.server.languageId
import dev.weft.chat.contentType
import dev.weft.chat.pathOf
import dev.weft.status.Facts
import dev.weft.status.ServerFact
import dev.weft.status.problemOf
import dev.weft.status.statusOf
import com.google.gson.JsonParser
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull

class StatusTest {
    @Test
    fun `what keeps Weft from working comes first`() {
        val running = Facts(server = ServerFact.Running)
        val cases = listOf(
            Facts() to "Weft …",
            running to "Weft",
            running.copy(off = true) to "Weft: off",
            running.copy(loading = 40, off = true) to "Weft: loading 40%",
            running.copy(problem = "no model") to "Weft: problem",
            running.copy(server = ServerFact.Restarting(500), problem = "no model") to "Weft: restarting",
            running.copy(server = ServerFact.Failed("gone"), loading = 1) to "Weft: stopped",
        )
        for ((facts, text) in cases) assertEquals(text, statusOf(facts).text)
        assertEquals("Gone. Click to start it again.", statusOf(cases.last().first).detail)
    }

    @Test
    fun `a fault stays until a request works, and one that was passed over says nothing`() {
        assertEquals("it is not there", problemOf("no_model", "it is not there", null))
        assertEquals("it is not there", problemOf("superseded", null, "it is not there"))
        assertNull(problemOf(null, null, "it is not there"))
        assertNull(problemOf("low_confidence", "unsure", "it is not there"))
    }

    @Test
    fun `the pause before a restart doubles, and has an end`() {
        assertEquals(Restart.After(500), afterEnd(listOf(1_000), 1_000))
        assertEquals(Restart.After(4_000), afterEnd(listOf(1_000, 2_000, 3_000, 4_000), 4_000))
        assertEquals(Restart.GiveUp, afterEnd(listOf(1_000, 2_000, 3_000, 4_000, 5_000), 5_000))
        // Those of long ago do not count.
        assertEquals(Restart.After(500), afterEnd(listOf(1_000, 2_000, 3_000, 4_000, 1_000_000), 1_000_000))
    }

    @Test
    fun `languages have LSP's names`() {
        val cases = mapOf("a.py" to "python", "A.TSX" to "typescriptreact", "x.zig" to "zig", "Makefile" to "plaintext")
        for ((file, language) in cases) assertEquals(language, languageId(file))
    }

    @Test
    fun `only the page's own files are served`() {
        assertEquals("index.html", pathOf("https://weft.invalid/index.html?host=jcef"))
        for (other in listOf("https://example.org/a.js", "https://weft.invalid/../../secret", "https://weft.invalid/a b")) {
            assertNull(pathOf(other), other)
        }
        assertEquals("text/javascript", contentType("assets/index.js"))
    }

    @Test
    fun `an item is what stands behind the cursor, without what is typed`() {
        val text = "x = tot"
        fun shown(items: String) = ghostTexts(JsonParser.parseString(items), text, text.length)
        fun range(start: Int, end: Int) = """"range":{"start":{"line":0,"character":$start},"end":{"line":0,"character":$end}}"""
        assertEquals(listOf("al"), shown("""{"items":[{"insertText":"total",${range(4, 7)}}]}"""))
        assertEquals(listOf("al", "als"), shown("""[{"insertText":"al"},{"insertText":"als"}]"""))
        // One that would change what stands there cannot be shown.
        assertEquals(emptyList(), shown("""{"items":[{"insertText":"sum",${range(4, 7)}},{"insertText":"tot",${range(4, 7)}}]}"""))
        assertEquals(emptyList(), shown("null"))
    }
}
