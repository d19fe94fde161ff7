package dev.weft

import dev.weft.protocol.frame
import dev.weft.protocol.readMessage
import java.io.ByteArrayInputStream
import java.io.IOException
import java.io.InputStream
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull

class FramingTest {
    @Test
    fun `messages come out as they went in, however the bytes are cut`() {
        val messages = listOf("{}", """{"text":"größer 🧵"}""", "x".repeat(100_000))
        val bytes = messages.map(::frame).reduce(ByteArray::plus)
        for (piece in listOf(1, 7, bytes.size)) {
            val input = Pieces(bytes, piece)
            assertEquals(messages, messages.map { readMessage(input) })
            assertNull(readMessage(input))
        }
    }

    @Test
    fun `other headers and other spellings are read`() {
        val input = stream("content-type: application/json\r\nCONTENT-LENGTH:2\r\n\r\n{}")
        assertEquals("{}", readMessage(input))
    }

    @Test
    fun `what is cut off or has no length is an error, never half a message`() {
        for (broken in listOf("Content-Length: 10\r\n\r\n{}", "Content-Length: x\r\n\r\n{}", "Content-Le", "\r\n{}", "Content-Length: -1\r\n\r\n")) {
            assertFailsWith<IOException>(broken) { readMessage(stream(broken)) }
        }
    }

    private fun stream(text: String) = ByteArrayInputStream(text.toByteArray())

    /** Hands out a few bytes at a time, as a pipe does. */
    private class Pieces(bytes: ByteArray, private val size: Int) : InputStream() {
        private val inner = ByteArrayInputStream(bytes)

        override fun read() = inner.read()

        override fun read(target: ByteArray, offset: Int, length: Int) = inner.read(target, offset, minOf(length, size))
    }
}
