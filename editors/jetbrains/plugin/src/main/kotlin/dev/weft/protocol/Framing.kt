// The frames of LSP's base protocol: a header with a length in bytes, then one JSON text. It must not know what is in them.
package dev.weft.protocol

import java.io.IOException
import java.io.InputStream
import java.nio.charset.StandardCharsets

/** No message of a language server is larger; what says so is broken. */
private const val LARGEST_BYTES = 256 * 1024 * 1024

/** A message as it goes over the pipe. */
fun frame(json: String): ByteArray {
    val body = json.toByteArray(StandardCharsets.UTF_8)
    return "Content-Length: ${body.size}\r\n\r\n".toByteArray(StandardCharsets.US_ASCII) + body
}

/**
 * The next message, or null at the end of the stream. Blocks, so it belongs on a thread of its own.
 *
 * @throws IOException where a frame is cut off or has no usable length
 */
fun readMessage(input: InputStream): String? {
    var length = -1
    while (true) {
        val line = readHeaderLine(input) ?: return if (length == -1) null else throw IOException("cut off in a header")
        if (line.isEmpty()) break
        val colon = line.indexOf(':')
        if (colon > 0 && line.substring(0, colon).equals("content-length", ignoreCase = true)) {
            length = line.substring(colon + 1).trim().toIntOrNull() ?: -1
        }
    }
    if (length !in 0..LARGEST_BYTES) throw IOException("a message without a usable Content-Length")
    val body = input.readNBytes(length)
    if (body.size < length) throw IOException("cut off after ${body.size} of $length bytes")
    return String(body, StandardCharsets.UTF_8)
}

/** A header line without its end; null where the stream ends. */
private fun readHeaderLine(input: InputStream): String? {
    val line = StringBuilder()
    while (true) {
        when (val byte = input.read()) {
            -1 -> return if (line.isEmpty()) null else throw IOException("cut off in a header")
            '\n'.code -> return line.toString().removeSuffix("\r")
            else -> line.append(byte.toChar())
        }
    }
}
