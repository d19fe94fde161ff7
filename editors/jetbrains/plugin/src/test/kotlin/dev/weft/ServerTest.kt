package dev.weft

import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import dev.weft.chat.Ends
import dev.weft.chat.Relay
import dev.weft.completion.ghostTexts
import dev.weft.protocol.Connection
import dev.weft.protocol.Incoming
import dev.weft.protocol.ResponseError
import dev.weft.protocol.positionAt
import dev.weft.server.ServerProcess
import dev.weft.server.initializeParams
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.AfterTest
import kotlin.test.BeforeTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

private const val PATIENCE_SECONDS = 120L

private const val CODE = """def add(a, b):
    return a + b


def multiply(a, b):
    return """

/** The plugin's own protocol code with the real server (WEFT_BIN) and the real small model. */
class ServerTest {
    private val told = LinkedBlockingQueue<Pair<String, JsonElement>>()
    private val closed = CountDownLatch(1)
    private lateinit var process: ServerProcess
    private lateinit var server: Connection

    @BeforeTest
    fun start() {
        process = ServerProcess.start(System.getenv("WEFT_BIN"), File(System.getProperty("java.io.tmpdir")))
        server = Connection(process.process.inputStream, process.process.outputStream, object : Incoming {
            override fun notification(method: String, params: JsonElement) {
                told.add(method to params)
            }

            override fun request(method: String, params: JsonElement): CompletableFuture<JsonElement>? =
                CompletableFuture.completedFuture(JsonNull.INSTANCE)

            override fun closed() = closed.countDown()
        })
        server.start()
        val params = initializeParams(ProcessHandle.current().pid(), "JetBrains", null, "test")
        val capabilities = answer(server.request("initialize", params)).asJsonObject.getAsJsonObject("capabilities")
        assertNotNull(capabilities.get("inlineCompletionProvider"))
        assertEquals("utf-16", capabilities.get("positionEncoding").asString)
        server.notify("initialized", JsonObject())
    }

    @AfterTest
    fun end() = process.end()

    @Test
    fun `a suggestion comes, one that is cancelled ends, and the trace tells of it`() {
        open("file:///weft-test/sum.py", CODE)
        val taken = server.request("textDocument/inlineCompletion", place("file:///weft-test/sum.py"))
        taken.cancel(true)
        val answer = answer(server.request("textDocument/inlineCompletion", place("file:///weft-test/sum.py")))
        assertEquals("a * b", ghostTexts(answer, CODE, CODE.length).first())
        val shown = generateSequence { told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS) }
            .first { (method, params) -> method == "weft/trace" && params.asJsonObject.get("outcome").asString == "shown" }
        assertTrue(shown.second.asJsonObject.get("reason_code").isJsonNull)
    }

    @Test
    fun `an unknown method is an error with its message`() {
        val failure = assertFailsWith<ExecutionException> { server.request("weft/nothing", JsonObject()).get(PATIENCE_SECONDS, TimeUnit.SECONDS) }
        assertEquals(-32601, (failure.cause as ResponseError).code)
    }

    @Test
    fun `a server that is killed is noticed, and who waits is told`() {
        val waiting = server.request("weft/index", JsonObject().apply { addProperty("wait", true) })
        process.process.destroyForcibly()
        assertTrue(closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
        assertTrue(waiting.isDone)
        assertFailsWith<ExecutionException> { server.request("weft/models", JsonObject()).get(PATIENCE_SECONDS, TimeUnit.SECONDS) }
    }

    @Test
    fun `the chat page talks to the server through the relay, and what is not its own is refused`() {
        val page = Page()
        val relay = Relay(page)
        relay.receive("""{"jsonrpc":"2.0","id":1,"method":"weft/models","params":{}}""")
        val models = page.answer(1).getAsJsonObject("result").getAsJsonArray("models")
        assertTrue(models.any { it.asJsonObject.get("installed").asBoolean })
        relay.receive("""{"jsonrpc":"2.0","id":2,"method":"workspace/executeCommand","params":{}}""")
        assertEquals(-32601, page.answer(2).getAsJsonObject("error").get("code").asInt)
        relay.receive("""{"jsonrpc":"2.0","id":3,"method":"host/context","params":{}}""")
        assertTrue(page.answer(3).get("result").isJsonNull)
        relay.receive("no JSON")
        relay.receive("[]")

        // An answer streams under the page's own token.
        val question = """{"text":"Reply with the word harbor.","partialResultToken":"page-1"}"""
        relay.receive("""{"jsonrpc":"2.0","id":4,"method":"weft/chat/send","params":$question}""")
        assertEquals("done", page.answer(4).getAsJsonObject("result").get("state").asString)
        val kinds = page.progress.map { it.getAsJsonObject("value").get("kind").asString }
        assertEquals(setOf("page-1"), page.progress.map { it.get("token").asString }.toSet())
        assertTrue("started" in kinds && "text" in kinds, kinds.toString())

        // The page stops the next one.
        val long = """{"text":"Tell a long story about a harbour.","partialResultToken":"page-2"}"""
        relay.receive("""{"jsonrpc":"2.0","id":5,"method":"weft/chat/send","params":$long}""")
        page.waitFor { it.get("params")?.asJsonObject?.getAsJsonObject("value")?.get("kind")?.asString == "text" }
        relay.receive("""{"jsonrpc":"2.0","method":"${'$'}/cancelRequest","params":{"id":5}}""")
        assertEquals(-32800, page.answer(5).getAsJsonObject("error").get("code").asInt)
    }

    private inner class Page : Ends {
        private val sent = LinkedBlockingQueue<JsonObject>()
        val progress = mutableListOf<JsonObject>()

        override fun toPage(json: String) {
            sent.add(JsonParser.parseString(json).asJsonObject)
        }

        override fun server() = server

        override fun host(method: String, params: JsonObject): CompletableFuture<JsonElement>? =
            if (method == "host/context") CompletableFuture.completedFuture(JsonNull.INSTANCE) else null

        fun answer(id: Int) = waitFor { it.get("id")?.asInt == id }

        fun waitFor(wanted: (JsonObject) -> Boolean): JsonObject {
            while (true) {
                val message = assertNotNull(sent.poll(PATIENCE_SECONDS, TimeUnit.SECONDS), "waited in vain")
                if (message.get("method")?.asString == "\$/progress") progress.add(message.getAsJsonObject("params"))
                if (wanted(message)) return message
            }
        }
    }

    private fun open(uri: String, text: String) = server.notify("textDocument/didOpen", JsonObject().apply {
        add("textDocument", JsonObject().apply {
            addProperty("uri", uri)
            addProperty("languageId", "python")
            addProperty("version", 0)
            addProperty("text", text)
        })
    })

    private fun place(uri: String) = JsonObject().apply {
        add("textDocument", JsonObject().apply { addProperty("uri", uri) })
        add("position", positionAt(CODE, CODE.length).toJson())
        add("context", JsonObject().apply { addProperty("triggerKind", 2) })
    }

    private fun answer(future: CompletableFuture<JsonElement>) = future.get(PATIENCE_SECONDS, TimeUnit.SECONDS)
}
