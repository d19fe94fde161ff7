// The actions of plugin.xml. Each hands over to the server and is done; what comes of it is shown when it comes.
package dev.weft.actions

import com.google.gson.JsonObject
import com.intellij.openapi.actionSystem.ActionUpdateThread
import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.CommonDataKeys
import com.intellij.openapi.project.DumbAware
import com.intellij.openapi.ui.Messages
import dev.weft.chat.ChatWindow
import dev.weft.protocol.rangeJson
import dev.weft.server.WeftService
import dev.weft.status.toggle

/** An action on a project, at any time. */
abstract class WeftAction : AnAction(), DumbAware {
    override fun getActionUpdateThread() = ActionUpdateThread.BGT

    override fun update(event: AnActionEvent) {
        event.presentation.isEnabled = event.project != null
    }
}

/** The chat, with the selection mentioned if there is one. */
class OpenChat : WeftAction() {
    override fun actionPerformed(event: AnActionEvent) {
        val project = event.project ?: return
        val selects = event.getData(CommonDataKeys.EDITOR)?.selectionModel?.hasSelection() == true
        ChatWindow.show(project, if (selects) "@selection " else "")
    }
}

/** A change of the selection, or of the definition around the caret, as a diff to be accepted. */
class EditCode : WeftAction() {
    override fun actionPerformed(event: AnActionEvent) {
        val project = event.project ?: return
        val editor = event.getData(CommonDataKeys.EDITOR) ?: return
        val file = event.getData(CommonDataKeys.VIRTUAL_FILE) ?: return
        val service = WeftService.of(project)
        val uri = service.documents.uri(file)
        service.documents.version(uri) ?: return
        val selection = editor.selectionModel
        val range = rangeJson(editor.document.immutableCharSequence, selection.selectionStart, selection.selectionEnd)
        val instruction = Messages.showInputDialog(project, "What is to change?", "Weft", null)
        if (instruction.isNullOrBlank()) return
        service.execute("weft.edit", JsonObject().apply {
            add("textDocument", service.documents.identifier(uri))
            add("range", range)
            addProperty("kind", "edit")
            addProperty("instruction", instruction)
        })
    }
}

class ToggleSuggestions : WeftAction() {
    override fun actionPerformed(event: AnActionEvent) {
        event.project?.let { toggle(WeftService.of(it)) }
    }
}

class WhyNothing : WeftAction() {
    override fun actionPerformed(event: AnActionEvent) {
        event.project?.let { WeftService.of(it).execute("weft.why", JsonObject()) }
    }
}

class RestartServer : WeftAction() {
    override fun actionPerformed(event: AnActionEvent) {
        event.project?.let { WeftService.of(it).restart() }
    }
}

/** Decides on the proposal in the document that is shown. */
abstract class Decide(private val command: String) : WeftAction() {
    override fun actionPerformed(event: AnActionEvent) {
        val project = event.project ?: return
        val id = event.getData(CommonDataKeys.EDITOR)?.let { dev.weft.protocol.proposalId(it.document.immutableCharSequence) } ?: return
        WeftService.of(project).execute(command, JsonObject().apply { addProperty("id", id) })
    }
}

class AcceptProposal : Decide("weft.edit.accept")

class RejectProposal : Decide("weft.edit.reject")
