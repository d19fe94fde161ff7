// JSON-RPC 2.0 with a language server over two streams. Nothing waits: writing and reading have a thread each, answers are futures, and
// cancelling one tells the server. It must not know the IDE or what a method means.
package dev.weft.protocol

import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.google.gson.JsonSyntaxException
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicInteger

/** An error that the other side answered with; the message is fit for the user. */
class ResponseError(val code: Int, message: String) : Exception(message)

/** What the server sends of itself. Called on the reading thread, so nothing here may wait. */
interface Incoming {
    fun notification(method: String, params: JsonElement)

    /** The result of a request of the server's; null for a method that is not known. */
    fun request(method: String, params: JsonElement): CompletableFuture<JsonElement>?

    /** The streams have ended. Called once. */
    fun closed()
}

class Connection(private val input: InputStream, private val output: OutputStream, private val incoming: Incoming) {
    private val nextId = AtomicInteger(1)
    private val pending = ConcurrentHashMap<Int, CompletableFuture<JsonElement>>()
    private val progress = ConcurrentHashMap<String, (JsonElement) -> Unit>()
    private val outbox = LinkedBlockingQueue<ByteArray>()

    @Volatile
    private var closed = false

    /** Begins to read and to write. */
    fun start() {
        thread("weft reads", ::read)
        thread("weft writes", ::write)
    }

    fun notify(method: String, params: JsonElement) {
        send(message(method, params))
    }

    /**
     * Asks; the future ends with the result or with [ResponseError]. Cancelling it takes the request back at the server.
     * `onProgress` gets the values of `$/progress` for the request's `partialResultToken`, which is set here.
     */
    fun request(method: String, params: JsonObject, onProgress: ((JsonElement) -> Unit)? = null): CompletableFuture<JsonElement> {
        val id = nextId.getAndIncrement()
        val answer = CompletableFuture<JsonElement>()
        val token = "weft-$id"
        val sent = if (onProgress == null) params else params.deepCopy().apply { addProperty("partialResultToken", token) }
        onProgress?.let { progress[token] = it }
        pending[id] = answer
        answer.whenComplete { _, failure ->
            progress.remove(token)
            if (pending.remove(id) != null && failure is CancellationException) {
                notify("\$/cancelRequest", JsonObject().apply { addProperty("id", id) })
            }
        }
        if (closed) {
            answer.completeExceptionally(IOException("the server has ended"))
        } else {
            send(message(method, sent).apply { addProperty("id", id) })
        }
        return answer
    }

    /** Ends both threads; whoever waits for an answer is told. */
    fun close() {
        closed = true
        outbox.offer(END)
        val ended = IOException("the server has ended")
        pending.values.toList().forEach { it.completeExceptionally(ended) }
        pending.clear()
    }

    private fun message(method: String, params: JsonElement) = JsonObject().apply {
        addProperty("jsonrpc", "2.0")
        addProperty("method", method)
        add("params", params)
    }

    private fun send(message: JsonObject) {
        // Gson's own writer would leave out a result that is null.
        outbox.offer(frame(message.toString()))
    }

    private fun write() {
        try {
            while (true) {
                val next = outbox.take()
                if (next === END) return
                output.write(next)
                if (outbox.isEmpty()) output.flush()
            }
        } catch (_: IOException) {
            // The reading thread sees the end too, and tells it.
        }
    }

    private fun read() {
        try {
            while (true) {
                receive(readMessage(input) ?: break)
            }
        } catch (_: IOException) {
            // A broken frame leaves nothing to go on with.
        }
        close()
        incoming.closed()
    }

    private fun receive(text: String) {
        val message = try {
            JsonParser.parseString(text).asJsonObject
        } catch (_: JsonSyntaxException) {
            return
        } catch (_: IllegalStateException) {
            return
        }
        val method = message.get("method")?.asString
        val id = message.get("id")
        val params = message.get("params") ?: JsonNull.INSTANCE
        when {
            method == null -> answered(message)
            id == null || id.isJsonNull -> notified(method, params)
            else -> asked(id, method, params)
        }
    }

    private fun answered(message: JsonObject) {
        val id = message.get("id")?.takeIf { it.isJsonPrimitive }?.asInt ?: return
        val answer = pending.remove(id) ?: return
        val error = message.get("error")?.takeIf { it.isJsonObject }?.asJsonObject
        if (error == null) {
            answer.complete(message.get("result") ?: JsonNull.INSTANCE)
        } else {
            answer.completeExceptionally(ResponseError(error.get("code").asInt, error.get("message").asString))
        }
    }

    private fun notified(method: String, params: JsonElement) {
        if (method == "\$/progress" && params.isJsonObject) {
            val token = params.asJsonObject.get("token")
            val listener = token?.takeIf { it.isJsonPrimitive }?.let { progress[it.asString] }
            if (listener != null) return listener(params.asJsonObject.get("value") ?: JsonNull.INSTANCE)
        }
        incoming.notification(method, params)
    }

    private fun asked(id: JsonElement, method: String, params: JsonElement) {
        val response = JsonObject().apply {
            addProperty("jsonrpc", "2.0")
            add("id", id)
        }
        val result = incoming.request(method, params)
        if (result == null) {
            response.add("error", error(METHOD_NOT_FOUND, "$method is not known here"))
            send(response)
            return
        }
        result.whenComplete { value, failure ->
            if (failure == null) {
                response.add("result", value ?: JsonNull.INSTANCE)
            } else {
                response.add("error", error(INTERNAL_ERROR, failure.message ?: failure.toString()))
            }
            send(response)
        }
    }

    private fun error(code: Int, message: String) = JsonObject().apply {
        addProperty("code", code)
        addProperty("message", message)
    }

    private fun thread(name: String, work: () -> Unit) {
        Thread(work, name).apply { isDaemon = true }.start()
    }

    private companion object {
        val END = ByteArray(0)
        const val METHOD_NOT_FOUND = -32601
        const val INTERNAL_ERROR = -32603
    }
}
