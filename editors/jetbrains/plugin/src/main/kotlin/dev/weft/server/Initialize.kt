// What is sent as `initialize`: what this plugin can do. It must not know the IDE.
package dev.weft.server

import com.google.gson.JsonObject
import com.google.gson.JsonParser

private const val CAPABILITIES = """{
  "general": { "positionEncodings": ["utf-16"] },
  "textDocument": {
    "synchronization": { "didSave": true },
    "inlineCompletion": { "dynamicRegistration": false }
  },
  "window": { "showDocument": { "support": true }, "workDoneProgress": true },
  "workspace": {
    "applyEdit": true,
    "workspaceEdit": { "documentChanges": true },
    "workspaceFolders": true,
    "executeCommand": { "dynamicRegistration": false }
  }
}"""

/** `folder` is the project's folder as a URI; null where it has none. */
fun initializeParams(processId: Long, product: String, folder: String?, name: String) = JsonObject().apply {
    addProperty("processId", processId)
    add("clientInfo", JsonObject().apply { addProperty("name", product) })
    add("capabilities", JsonParser.parseString(CAPABILITIES))
    addProperty("rootUri", folder)
    if (folder != null) {
        add("workspaceFolders", com.google.gson.JsonArray().apply {
            add(JsonObject().apply {
                addProperty("uri", folder)
                addProperty("name", name)
            })
        })
    }
}

/** LSP's name of a language, by the ending of the file; the ending itself where it has another. */
fun languageId(fileName: String): String {
    val ending = fileName.substringAfterLast('.', "").lowercase()
    return LANGUAGES[ending] ?: ending.ifEmpty { "plaintext" }
}

private val LANGUAGES = mapOf(
    "py" to "python", "pyi" to "python", "rs" to "rust", "go" to "go", "java" to "java",
    "js" to "javascript", "mjs" to "javascript", "cjs" to "javascript", "jsx" to "javascriptreact",
    "ts" to "typescript", "mts" to "typescript", "cts" to "typescript", "tsx" to "typescriptreact",
    "kt" to "kotlin", "kts" to "kotlin", "rb" to "ruby", "cs" to "csharp", "sh" to "shellscript", "md" to "markdown",
    "c" to "c", "h" to "c", "cc" to "cpp", "cpp" to "cpp", "hpp" to "cpp", "php" to "php",
)
