// What the user has set in the IDE. Everything about models and prompts is in Weft's own configuration, not here.
package dev.weft.settings

import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.components.PersistentStateComponent
import com.intellij.openapi.components.State
import com.intellij.openapi.components.Storage

/** Is kept in weft.xml; a member that is missing there has the value here. */
class WeftState {
    /** The program, where it is not `weft` on the PATH. */
    @JvmField
    var program: String = ""

    /** Whether suggestions come at all. */
    @JvmField
    var suggest: Boolean = true

    /** Milliseconds without a key after which a suggestion is asked for. */
    @JvmField
    var delayMs: Int = 200
}

@State(name = "Weft", storages = [Storage("weft.xml")])
class WeftSettings : PersistentStateComponent<WeftState> {
    @Volatile
    private var state = WeftState()

    override fun getState(): WeftState = state

    override fun loadState(loaded: WeftState) {
        state = loaded
    }

    fun program(): String = state.program.trim().ifEmpty { "weft" }

    fun suggests(): Boolean = state.suggest

    fun delayMs(): Int = state.delayMs.coerceIn(0, 10_000)

    companion object {
        fun instance(): WeftSettings = ApplicationManager.getApplication().getService(WeftSettings::class.java)
    }
}
