// The server of a project: started, told of documents, asked, started again when it ends. Everything happens on one background thread, in
// order; the UI thread only hands things over and never waits.
package dev.weft.server

import com.google.gson.JsonArray
import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.intellij.openapi.Disposable
import com.intellij.openapi.components.Service
import com.intellij.openapi.diagnostic.Logger
import com.intellij.openapi.project.Project
import com.intellij.util.concurrency.AppExecutorUtil
import dev.weft.protocol.Connection
import dev.weft.protocol.Incoming
import dev.weft.settings.WeftSettings
import dev.weft.status.Facts
import dev.weft.status.ServerFact
import dev.weft.status.problemOf
import java.io.File
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit

@Service(Service.Level.PROJECT)
class WeftService(private val project: Project) : Disposable {
    private val queue = AppExecutorUtil.createBoundedApplicationPoolExecutor("Weft", 1)
    private val listeners = CopyOnWriteArrayList<() -> Unit>()
    private val editor = EditorSide(project, this)
    private val ends = mutableListOf<Long>()
    private var server: ServerProcess? = null
    private var connection: Connection? = null
    private var disposed = false

    /** What is known, for the status bar and for whether to ask at all. */
    @Volatile
    var facts = Facts()
        private set

    @Volatile
    private var ready: Connection? = null

    /** Documents that the server is told of. */
    val documents = Documents(this)

    /** Starts the server, unless it runs. */
    fun start() = queue.execute {
        if (connection == null && !disposed) startNow()
    }

    /** Ends the server and starts it again; what was wrong before counts no more. */
    fun restart() = queue.execute {
        ends.clear()
        stopNow()
        startNow()
    }

    /** The connection, once `initialize` is answered. */
    fun connection(): Connection? = ready

    /** Tells the server something, behind all that was told before. Nothing is sent while it does not run. */
    fun tell(method: String, params: () -> JsonElement?) = queue.execute {
        val to = ready ?: return@execute
        params()?.let { to.notify(method, it) }
    }

    /** Asks the server, behind all that was told before. Cancelling the future takes the question back. */
    fun ask(method: String, params: JsonObject): CompletableFuture<JsonElement> {
        val answer = CompletableFuture<JsonElement>()
        queue.execute {
            val to = ready
            when {
                answer.isDone -> return@execute
                to == null -> answer.completeExceptionally(IOException("Weft is not running: see the status bar"))
                else -> {
                    val asked = to.request(method, params)
                    asked.whenComplete { value, failure ->
                        if (failure == null) answer.complete(value) else answer.completeExceptionally(failure)
                    }
                    answer.whenComplete { _, _ -> if (answer.isCancelled) asked.cancel(true) }
                }
            }
        }
        return answer
    }

    /** Runs one of the server's commands. */
    fun execute(command: String, argument: JsonObject): CompletableFuture<JsonElement> =
        ask("workspace/executeCommand", JsonObject().apply {
            addProperty("command", command)
            add("arguments", JsonArray().apply { add(argument) })
        })

    /** Is called after each change of [facts], on any thread. */
    fun onChange(listener: () -> Unit) {
        listeners.add(listener)
    }

    fun change(change: (Facts) -> Facts) {
        synchronized(this) { facts = change(facts) }
        listeners.forEach { it() }
    }

    override fun dispose() {
        queue.execute {
            disposed = true
            stopNow()
        }
    }

    private fun startNow() {
        change { it.copy(server = ServerFact.Starting, problem = null, loading = null) }
        val program = WeftSettings.instance().program()
        val started = try {
            ServerProcess.start(program, project.basePath?.let(::File))
        } catch (failure: IOException) {
            LOG.info("cannot start $program", failure)
            change { it.copy(server = ServerFact.Failed("There is no program `$program`: install Weft, or name it in the settings.")) }
            return
        }
        val connected = Connection(started.process.inputStream, started.process.outputStream, Side(started))
        server = started
        connection = connected
        connected.start()
        val folder = project.basePath?.let { File(it).toPath().toUri().toString() }
        val params = initializeParams(ProcessHandle.current().pid(), "JetBrains", folder, project.name)
        connected.request("initialize", params).whenComplete { _, failure ->
            queue.execute { if (connection === connected) initialized(connected, failure) }
        }
    }

    private fun initialized(connected: Connection, failure: Throwable?) {
        if (failure != null) {
            change { it.copy(server = ServerFact.Failed(failure.message ?: "The server did not answer.")) }
            return
        }
        connected.notify("initialized", JsonObject())
        ready = connected
        change { it.copy(server = ServerFact.Running) }
        documents.openAll()
    }

    private fun stopNow() {
        ready = null
        val (leaving, process) = Pair(connection, server)
        connection = null
        server = null
        leaving?.request("shutdown", JsonObject())?.whenComplete { _, _ ->
            leaving.notify("exit", JsonObject())
            leaving.close()
        }
        // A server that hangs is not waited for.
        process?.let { AppExecutorUtil.getAppScheduledExecutorService().schedule(it::end, 2, TimeUnit.SECONDS) }
    }

    private fun ended(process: ServerProcess) {
        if (server !== process || disposed) return
        LOG.info("the server ended by itself: ${process.lastLines()}")
        ready = null
        connection = null
        server = null
        val now = System.currentTimeMillis()
        ends.add(now)
        when (val decision = afterEnd(ends, now)) {
            Restart.GiveUp -> change { it.copy(server = ServerFact.Failed("The server ended ${ends.size} times in a short time.")) }
            is Restart.After -> {
                change { it.copy(server = ServerFact.Restarting(decision.ms)) }
                AppExecutorUtil.getAppScheduledExecutorService().schedule(::start, decision.ms, TimeUnit.MILLISECONDS)
            }
        }
    }

    /** What the server sends. */
    private inner class Side(private val process: ServerProcess) : Incoming {
        override fun notification(method: String, params: JsonElement) {
            when (method) {
                "weft/trace" -> traced(params.asJsonObject)
                "window/showMessage" -> editor.show(params.asJsonObject)
                "\$/progress" -> progressed(params.asJsonObject.getAsJsonObject("value"))
            }
        }

        override fun request(method: String, params: JsonElement): CompletableFuture<JsonElement>? = when (method) {
            "workspace/applyEdit" -> editor.apply(params)
            "window/showDocument" -> editor.open(params.asJsonObject)
            "window/workDoneProgress/create", "client/registerCapability" -> CompletableFuture.completedFuture(JsonNull.INSTANCE)
            "workspace/configuration" -> CompletableFuture.completedFuture(nulls(params.asJsonObject.getAsJsonArray("items")))
            else -> null
        }

        override fun closed() = queue.execute { ended(process) }

        private fun nulls(items: JsonArray) = JsonArray().apply { repeat(items.size()) { add(JsonNull.INSTANCE) } }

        private fun text(element: JsonElement?) = element?.takeIf { it.isJsonPrimitive }?.asString

        private fun traced(trace: JsonObject) = change {
            it.copy(problem = problemOf(text(trace.get("reason_code")), text(trace.get("reason")), it.problem))
        }

        private fun progressed(value: JsonObject) = change {
            val ended = text(value.get("kind")) == "end"
            it.copy(loading = if (ended) null else value.get("percentage")?.takeIf { it.isJsonPrimitive }?.asInt ?: it.loading ?: 0)
        }
    }

    companion object {
        private val LOG = Logger.getInstance(WeftService::class.java)

        fun of(project: Project): WeftService = project.getService(WeftService::class.java)
    }
}
