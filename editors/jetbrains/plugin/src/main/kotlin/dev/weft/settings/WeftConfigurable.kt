// Settings → Tools → Weft.
package dev.weft.settings

import com.intellij.openapi.options.Configurable
import com.intellij.openapi.project.ProjectManager
import dev.weft.server.WeftService
import java.awt.BorderLayout
import java.awt.GridLayout
import javax.swing.JCheckBox
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JSpinner
import javax.swing.JTextField
import javax.swing.SpinnerNumberModel

class WeftConfigurable : Configurable {
    private val program = JTextField()
    private val suggest = JCheckBox("Suggest code while I type")
    private val delay = JSpinner(SpinnerNumberModel(200, 0, 10_000, 50))

    override fun getDisplayName() = "Weft"

    override fun createComponent(): JComponent {
        val fields = JPanel(GridLayout(0, 2, 8, 8)).apply {
            add(JLabel("The weft program (empty: from the PATH)"))
            add(program)
            add(suggest)
            add(JLabel(""))
            add(JLabel("Wait after a key, in milliseconds"))
            add(delay)
        }
        return JPanel(BorderLayout()).apply { add(fields, BorderLayout.NORTH) }
    }

    override fun isModified(): Boolean {
        val state = WeftSettings.instance().getState()
        return program.text != state.program || suggest.isSelected != state.suggest || delay.value != state.delayMs
    }

    override fun apply() {
        val other = program.text != WeftSettings.instance().getState().program
        WeftSettings.instance().loadState(WeftState().also {
            it.program = program.text
            it.suggest = suggest.isSelected
            it.delayMs = delay.value as Int
        })
        if (other) ProjectManager.getInstance().openProjects.forEach { WeftService.of(it).restart() }
    }

    override fun reset() {
        val state = WeftSettings.instance().getState()
        program.text = state.program
        suggest.isSelected = state.suggest
        delay.value = state.delayMs
    }
}
