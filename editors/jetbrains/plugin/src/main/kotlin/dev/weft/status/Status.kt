// What the status bar says, from what is known: a function from facts to text. It must not know the IDE.
package dev.weft.status

sealed interface ServerFact {
    data object Starting : ServerFact

    data object Running : ServerFact

    data class Restarting(val inMs: Long) : ServerFact

    data class Failed(val message: String) : ServerFact
}

data class Facts(
    val server: ServerFact = ServerFact.Starting,
    /** Whether suggestions are turned off in this window. */
    val off: Boolean = false,
    /** The share of the model that is in memory, in percent, while it is being loaded. */
    val loading: Int? = null,
    /** What went wrong with the last request that got to the engine. */
    val problem: String? = null,
)

/** What the widget shows: a few words, and a sentence or two that say what to do. */
data class Status(val text: String, val detail: String)

/** What keeps Weft from working comes first. */
fun statusOf(facts: Facts): Status = when (val server = facts.server) {
    is ServerFact.Failed -> Status("Weft: stopped", "${sentence(server.message)} Click to start it again.")
    is ServerFact.Restarting -> Status("Weft: restarting", "The server ended by itself and is started again.")
    ServerFact.Starting -> Status("Weft …", "Weft is starting.")
    ServerFact.Running -> when {
        facts.loading != null -> Status("Weft: loading ${facts.loading}%", "The model is being loaded into memory.")
        facts.off -> Status("Weft: off", "Suggestions are off in this window. Click to turn them on.")
        facts.problem != null -> Status("Weft: problem", "${sentence(facts.problem)} Click to see what the last requests did.")
        else -> Status("Weft", "Ready. Click to see what the last requests did.")
    }
}

/** The problem that the trace of a request tells; null where none is. Requests that were passed over tell nothing, and `known` stays. */
fun problemOf(reasonCode: String?, reason: String?, known: String?): String? = when (reasonCode) {
    "superseded", "cancelled", "outdated" -> known
    "no_model", "no_fim", "error" -> reason ?: reasonCode
    else -> null
}

/** Begins with a capital and ends with a full stop. */
fun sentence(text: String): String {
    val trimmed = text.trim().replaceFirstChar { it.uppercase() }
    return if (trimmed.isEmpty() || trimmed.last() in ".!?") trimmed else "$trimmed."
}
