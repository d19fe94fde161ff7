// The process of `weft lsp`: found and started, its messages for people kept short. It must not speak its protocol.
package dev.weft.server

import java.io.File
import java.io.IOException
import java.util.concurrent.ConcurrentLinkedDeque

/** How many of the last lines of its standard error are kept. */
private const val LINES_KEPT = 40

class ServerProcess private constructor(val process: Process) {
    private val lines = ConcurrentLinkedDeque<String>()

    /** What it said last, for people. */
    fun lastLines(): String = lines.joinToString("\n")

    /** Ends it: politely by the end of its input, at once where it is still there. */
    fun end() {
        try {
            process.outputStream.close()
        } catch (_: IOException) {
            // It has ended already.
        }
        process.destroy()
    }

    private fun drain() {
        process.errorStream.bufferedReader().use { reader ->
            while (true) {
                lines.addLast(reader.readLine() ?: return)
                while (lines.size > LINES_KEPT) lines.pollFirst()
            }
        }
    }

    companion object {
        /** @throws IOException where the program cannot be started */
        fun start(program: String, folder: File?): ServerProcess {
            val process = ProcessBuilder(program, "lsp").directory(folder).start()
            val started = ServerProcess(process)
            val drain = {
                try {
                    started.drain()
                } catch (_: IOException) {
                    // Closed under the reader: it has ended.
                }
            }
            Thread(drain, "weft's messages").apply { isDaemon = true }.start()
            return started
        }
    }
}
