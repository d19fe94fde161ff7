// A project was opened: its server is started, and told which files are in editors. It must not wait for anything.
package dev.weft.server

import com.intellij.openapi.fileEditor.FileDocumentManager
import com.intellij.openapi.fileEditor.FileEditorManager
import com.intellij.openapi.fileEditor.FileEditorManagerEvent
import com.intellij.openapi.fileEditor.FileEditorManagerListener
import com.intellij.openapi.application.ApplicationManager
import com.intellij.openapi.project.Project
import com.intellij.openapi.startup.ProjectActivity
import com.intellij.openapi.vfs.VirtualFile

class Startup : ProjectActivity {
    override suspend fun execute(project: Project) {
        val service = WeftService.of(project)
        project.messageBus.connect(service).subscribe(FileEditorManagerListener.FILE_EDITOR_MANAGER, Editors(service))
        ApplicationManager.getApplication().invokeLater {
            if (!project.isDisposed) FileEditorManager.getInstance(project).openFiles.forEach { opened(service, it) }
        }
        service.start()
    }
}

private class Editors(private val service: WeftService) : FileEditorManagerListener {
    override fun fileOpened(source: FileEditorManager, file: VirtualFile) = opened(service, file)

    override fun fileClosed(source: FileEditorManager, file: VirtualFile) = service.documents.closed(file)

    override fun selectionChanged(event: FileEditorManagerEvent) {
        event.newFile?.let(service.documents::focused)
    }
}

private fun opened(service: WeftService, file: VirtualFile) {
    // A file in an editor has its document in memory already.
    FileDocumentManager.getInstance().getCachedDocument(file)?.let { service.documents.opened(file, it) }
}
