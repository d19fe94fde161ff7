// Weft in the status bar: what it is doing; a click helps. It must not ask the server anything to draw itself.
package dev.weft.status

import com.google.gson.JsonObject
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.wm.StatusBar
import com.intellij.openapi.wm.StatusBarWidget
import com.intellij.openapi.wm.StatusBarWidgetFactory
import com.intellij.util.Consumer
import dev.weft.server.WeftService
import java.awt.Component
import java.awt.event.MouseEvent

class WidgetFactory : StatusBarWidgetFactory {
    override fun getId() = ID

    override fun getDisplayName() = "Weft"

    override fun isAvailable(project: Project) = true

    override fun createWidget(project: Project): StatusBarWidget = Widget(WeftService.of(project))

    override fun disposeWidget(widget: StatusBarWidget) = widget.dispose()

    override fun canBeEnabledOn(statusBar: StatusBar) = true
}

private const val ID = "dev.weft.status"

private class Widget(private val service: WeftService) : StatusBarWidget, StatusBarWidget.TextPresentation {
    @Volatile
    private var bar: StatusBar? = null

    init {
        service.onChange { ApplicationManager.getApplication().invokeLater { bar?.updateWidget(ID) } }
    }

    override fun ID() = ID

    override fun getPresentation(): StatusBarWidget.WidgetPresentation = this

    override fun install(statusBar: StatusBar) {
        bar = statusBar
    }

    override fun dispose() {
        bar = null
    }

    override fun getText() = statusOf(service.facts).text

    override fun getTooltipText() = statusOf(service.facts).detail

    override fun getAlignment() = Component.CENTER_ALIGNMENT

    override fun getClickConsumer() = Consumer<MouseEvent> {
        val facts = service.facts
        when {
            facts.server is ServerFact.Failed -> service.restart()
            facts.off -> toggle(service)
            else -> service.execute("weft.why", JsonObject())
        }
    }
}

/** Suggestions off, or on again, in this window. */
fun toggle(service: WeftService) {
    service.execute("weft.toggle", JsonObject()).whenComplete { answer, _ ->
        val on = answer?.takeIf { it.isJsonObject }?.asJsonObject?.get("on")?.asBoolean ?: return@whenComplete
        service.change { it.copy(off = !on) }
    }
}
