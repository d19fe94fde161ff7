// When to start the server again after it ended by itself. It must not start anything.
package dev.weft.server

/** Ends within this time count together. */
private const val WINDOW_MS = 3 * 60_000L

/** After so many the server stays down until the user asks for it. */
private const val MOST_ENDS = 5
private const val FIRST_PAUSE_MS = 500L

sealed interface Restart {
    data class After(val ms: Long) : Restart

    data object GiveUp : Restart
}

/** Decides from the times of all ends, the last one included, in milliseconds. The pause doubles. */
fun afterEnd(ends: List<Long>, now: Long): Restart {
    val recent = ends.count { now - it < WINDOW_MS }
    if (recent >= MOST_ENDS) return Restart.GiveUp
    return Restart.After(FIRST_PAUSE_MS shl (recent - 1).coerceAtLeast(0))
}
