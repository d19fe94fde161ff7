// Carries JSON-RPC messages between the chat page and the server (editors/chat/README.md). What only the IDE can do (`host/…`) goes to
// the host; everything else that is Weft's goes on as it is. It must not know the IDE, or what a method means.
package dev.weft.chat

import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.google.gson.JsonParseException
import dev.weft.protocol.Connection
import dev.weft.protocol.ResponseError
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.ConcurrentHashMap

/** The two ends, and the host. */
interface Ends {
    /** Hands a JSON text to the page. */
    fun toPage(json: String)

    /** The server's connection; null while it does not run. */
    fun server(): Connection?

    /** Answers a `host/…` method; null for one that it does not know. */
    fun host(method: String, params: JsonObject): CompletableFuture<JsonElement>?
}

class Relay(private val ends: Ends) {
    private val pending = ConcurrentHashMap<JsonElement, CompletableFuture<JsonElement>>()

    /** Takes a message of the page. What is no JSON-RPC message is ignored: the page is not trusted. */
    fun receive(text: String) {
        val message = try {
            JsonParser.parseString(text).takeIf { it.isJsonObject }?.asJsonObject ?: return
        } catch (_: JsonParseException) {
            return
        }
        val method = message.get("method")?.takeIf { it.isJsonPrimitive }?.asString ?: return
        val params = message.get("params")?.takeIf { it.isJsonObject }?.asJsonObject ?: JsonObject()
        val id = message.get("id")
        when {
            method == "\$/cancelRequest" -> params.get("id")?.let { pending[it]?.cancel(true) }
            id != null && id.isJsonPrimitive -> answer(id, method, params)
            method.startsWith("host/") -> ends.host(method, params)
        }
    }

    /** Tells the page something of the host's own accord, such as `host/compose`. */
    fun tell(method: String, params: JsonObject = JsonObject()) {
        ends.toPage(JsonObject().apply {
            addProperty("jsonrpc", "2.0")
            addProperty("method", method)
            add("params", params)
        }.toString())
    }

    /** The page is gone: nobody waits for its answers. */
    fun dispose() {
        pending.values.toList().forEach { it.cancel(true) }
        pending.clear()
    }

    private fun answer(id: JsonElement, method: String, params: JsonObject) {
        val answer = call(method, params)
        pending[id] = answer
        answer.whenComplete { result, failure ->
            pending.remove(id)
            val response = JsonObject().apply {
                addProperty("jsonrpc", "2.0")
                add("id", id)
                if (failure == null) add("result", result ?: JsonNull.INSTANCE) else add("error", errorOf(failure))
            }
            ends.toPage(response.toString())
        }
    }

    private fun call(method: String, params: JsonObject): CompletableFuture<JsonElement> {
        if (method.startsWith("host/")) ends.host(method, params)?.let { return it }
        if (!method.startsWith("weft/")) return failed(METHOD_NOT_FOUND, "$method is not for the chat page to call")
        val server = ends.server() ?: return failed(SERVER_NOT_RUNNING, "Weft is not running. Click Weft in the status bar to see why.")
        // The page counts its tokens from 1 after each reload, so the server gets one of ours.
        val token = params.get("partialResultToken")
        val sent = params.deepCopy().apply { remove("partialResultToken") }
        if (token == null) return server.request(method, sent)
        return server.request(method, sent) { value ->
            tell("\$/progress", JsonObject().apply {
                add("token", token)
                add("value", value)
            })
        }
    }

    private fun failed(code: Int, message: String): CompletableFuture<JsonElement> =
        CompletableFuture.failedFuture(ResponseError(code, message))

    private fun errorOf(failure: Throwable): JsonObject {
        val cause = if (failure is CompletionException) failure.cause ?: failure else failure
        return JsonObject().apply {
            addProperty("code", when (cause) {
                is ResponseError -> cause.code
                is CancellationException -> REQUEST_CANCELLED
                else -> INTERNAL_ERROR
            })
            addProperty("message", cause.message ?: "stopped")
        }
    }

    private companion object {
        const val METHOD_NOT_FOUND = -32601
        const val INTERNAL_ERROR = -32603
        const val SERVER_NOT_RUNNING = -32000
        const val REQUEST_CANCELLED = -32800
    }
}
