package dev.weft

import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import dev.weft.protocol.Connection
import dev.weft.protocol.Incoming
import dev.weft.protocol.frame
import dev.weft.protocol.readMessage
import java.io.PipedInputStream
import java.io.PipedOutputStream
import java.util.concurrent.CompletableFuture
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.BeforeTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Both ends of a pipe: what is written, to the letter. */
class ConnectionTest {
    private val theirs = PipedOutputStream()
    private val ours = PipedInputStream(1 shl 16)
    private val told = LinkedBlockingQueue<String>()
    private lateinit var connection: Connection

    @BeforeTest
    fun start() {
        val incoming = object : Incoming {
            override fun notification(method: String, params: JsonElement) {
                told.add(method)
            }

            override fun request(method: String, params: JsonElement): CompletableFuture<JsonElement>? = when (method) {
                "nothing" -> CompletableFuture.completedFuture(JsonNull.INSTANCE)
                "fails" -> CompletableFuture.failedFuture(IllegalStateException("why"))
                else -> null
            }

            override fun closed() {
                told.add("closed")
            }
        }
        connection = Connection(PipedInputStream(theirs, 1 shl 16), PipedOutputStream(ours), incoming)
        connection.start()
    }

    @Test
    fun `requests of the server are answered, also with null, an error or as unknown`() {
        send("""{"jsonrpc":"2.0","id":"a","method":"nothing"}""")
        assertEquals("""{"jsonrpc":"2.0","id":"a","result":null}""", readMessage(ours))
        send("""{"jsonrpc":"2.0","id":2,"method":"fails","params":{}}""")
        assertEquals("why", error().get("message").asString)
        send("""{"jsonrpc":"2.0","id":3,"method":"strange","params":{}}""")
        assertEquals(-32601, error().get("code").asInt)
    }

    @Test
    fun `a request that is cancelled is taken back once, and its late answer is ignored`() {
        val asked = connection.request("slow", JsonObject())
        assertEquals("slow", received().get("method").asString)
        asked.cancel(true)
        assertEquals(1, received().also { assertEquals("\$/cancelRequest", it.get("method").asString) }.getAsJsonObject("params").get("id").asInt)
        send("""{"jsonrpc":"2.0","id":1,"result":7}""")
        send("""{"jsonrpc":"2.0","method":"after"}""")
        assertEquals("after", told.poll(60, TimeUnit.SECONDS))
        assertTrue(asked.isCancelled)
    }

    @Test
    fun `progress goes to the request whose token it has, until that is answered`() {
        val values = LinkedBlockingQueue<JsonElement>()
        val asked = connection.request("long", JsonObject()) { values.add(it) }
        val token = received().getAsJsonObject("params").get("partialResultToken").asString
        send("""{"jsonrpc":"2.0","method":"$/progress","params":{"token":"$token","value":1}}""")
        assertEquals(1, assertNotNull(values.poll(60, TimeUnit.SECONDS)).asInt)
        send("""{"jsonrpc":"2.0","id":1,"result":"done"}""")
        assertEquals("done", asked.get(60, TimeUnit.SECONDS).asString)
        send("""{"jsonrpc":"2.0","method":"$/progress","params":{"token":"$token","value":2}}""")
        assertEquals("$/progress", told.poll(60, TimeUnit.SECONDS))
        assertNull(values.poll())
    }

    @Test
    fun `what is no message is passed over, and the end of the stream is told`() {
        send("[1]")
        send("{")
        send("""{"jsonrpc":"2.0","method":"good"}""")
        assertEquals("good", told.poll(60, TimeUnit.SECONDS))
        val waiting = connection.request("never", JsonObject())
        theirs.close()
        assertEquals("closed", told.poll(60, TimeUnit.SECONDS))
        assertTrue(waiting.isCompletedExceptionally)
    }

    private fun send(json: String) {
        theirs.write(frame(json))
        theirs.flush()
    }

    private fun received(): JsonObject = JsonParser.parseString(assertNotNull(readMessage(ours))).asJsonObject

    private fun error(): JsonObject = received().getAsJsonObject("error")
}
