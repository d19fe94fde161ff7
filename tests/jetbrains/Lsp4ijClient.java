// What LSP4IJ sends to a language server, by LSP4IJ's own protocol library (LSP4J), to the real `weft lsp` with the real model.
// The capabilities, the order of messages and what is done with an answer follow LSP4IJ's sources: ClientCapabilitiesFactory,
// LSPInlineCompletionSupport, DocumentContentSynchronizer. It must not know what the model answers: the test gives the expected texts.
//
// java -cp LSP4J:GSON Lsp4ijClient.java WEFT FOLDER FILE TYPED SUGGESTED EDITED BEFORE AFTER
// Prints a line `ok: …` for each step; the first step that fails ends it with an exception.

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.lsp4j.*;
import org.eclipse.lsp4j.jsonrpc.Launcher;
import org.eclipse.lsp4j.jsonrpc.messages.Either;
import org.eclipse.lsp4j.jsonrpc.services.JsonNotification;
import org.eclipse.lsp4j.jsonrpc.services.JsonRequest;
import org.eclipse.lsp4j.launch.LSPLauncher;
import org.eclipse.lsp4j.services.LanguageClient;
import org.eclipse.lsp4j.services.LanguageServer;

public final class Lsp4ijClient {
    private static final int PATIENCE_SECONDS = 120;

    /** The method is younger than this LSP4J; LSP4IJ's has it. */
    public interface Server extends LanguageServer {
        @JsonRequest("textDocument/inlineCompletion")
        CompletableFuture<JsonElement> inlineCompletion(InlineCompletionParams params);
    }

    public static final class InlineCompletionParams {
        TextDocumentIdentifier textDocument;
        Position position;
        JsonObject context = new JsonObject();
    }

    /** With the capability that LSP4IJ adds since 0.20. */
    public static final class Capabilities extends TextDocumentClientCapabilities {
        DynamicRegistrationCapabilities inlineCompletion = new DynamicRegistrationCapabilities(true);
    }

    /** A file in the editor, and what the server asks of the editor. */
    public static final class Client implements LanguageClient {
        final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        final BlockingQueue<String> shown = new LinkedBlockingQueue<>();
        String uri;
        String text;
        int version;

        @Override
        public CompletableFuture<ApplyWorkspaceEditResponse> applyEdit(ApplyWorkspaceEditParams params) {
            boolean applied = true;
            for (Either<TextDocumentEdit, ResourceOperation> change : params.getEdit().getDocumentChanges()) {
                TextDocumentEdit edit = change.getLeft();
                boolean mine = edit.getTextDocument().getUri().equals(uri);
                // As LSP4IJ: an edit for another version than the document's is refused.
                if (!mine || edit.getTextDocument().getVersion() != version) {
                    applied = false;
                    continue;
                }
                List<TextEdit> edits = new ArrayList<>(edit.getEdits());
                edits.sort((a, b) -> offset(b.getRange().getStart()) - offset(a.getRange().getStart()));
                for (TextEdit it : edits) {
                    text = text.substring(0, offset(it.getRange().getStart())) + it.getNewText()
                            + text.substring(offset(it.getRange().getEnd()));
                }
            }
            return CompletableFuture.completedFuture(new ApplyWorkspaceEditResponse(applied));
        }

        @Override
        public CompletableFuture<ShowDocumentResult> showDocument(ShowDocumentParams params) {
            shown.add(params.getUri());
            return CompletableFuture.completedFuture(new ShowDocumentResult(true));
        }

        @Override
        public void showMessage(MessageParams message) {
            messages.add(message.getMessage());
        }

        @Override
        public CompletableFuture<MessageActionItem> showMessageRequest(ShowMessageRequestParams params) {
            messages.add(params.getMessage());
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<List<Object>> configuration(ConfigurationParams params) {
            return CompletableFuture.completedFuture(new ArrayList<>(java.util.Collections.nCopies(params.getItems().size(), null)));
        }

        @Override
        public CompletableFuture<List<WorkspaceFolder>> workspaceFolders() {
            return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletableFuture<Void> registerCapability(RegistrationParams params) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> createProgress(WorkDoneProgressCreateParams params) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void notifyProgress(ProgressParams params) {}

        @Override
        public void telemetryEvent(Object object) {}

        @Override
        public void publishDiagnostics(PublishDiagnosticsParams diagnostics) {}

        @Override
        public void logMessage(MessageParams message) {}

        /** Weft's own; LSP4IJ logs what it does not know. */
        @JsonNotification("weft/trace")
        public void trace(JsonElement trace) {}

        int offset(Position position) {
            int start = 0;
            for (int line = 0; line < position.getLine(); line++) {
                start = text.indexOf('\n', start) + 1;
            }
            return start + position.getCharacter();
        }

        Position position(int offset) {
            String before = text.substring(0, offset);
            int line = (int) before.chars().filter(it -> it == '\n').count();
            return new Position(line, offset - (before.lastIndexOf('\n') + 1));
        }
    }

    /** What the server wrote, as it is: this LSP4J drops members that are younger than itself. */
    private static final ByteArrayOutputStream RAW = new ByteArrayOutputStream();

    private static final class Recorded extends FilterInputStream {
        Recorded(InputStream input) {
            super(input);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            if (value >= 0) {
                RAW.write(value);
            }
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = super.read(target, offset, length);
            if (count > 0) {
                RAW.write(target, offset, count);
            }
            return count;
        }
    }

    public static void main(String[] arguments) throws Exception {
        String weft = arguments[0];
        Path folder = Path.of(arguments[1]);
        Path file = folder.resolve(arguments[2]);
        Process process = new ProcessBuilder(weft, "lsp")
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Client client = new Client();
            Launcher<Server> launcher = new LSPLauncher.Builder<Server>()
                    .setLocalService(client)
                    .setRemoteInterface(Server.class)
                    .setInput(new Recorded(process.getInputStream()))
                    .setOutput(process.getOutputStream())
                    .setExecutorService(Executors.newCachedThreadPool(Lsp4ijClient::daemon))
                    .create();
            launcher.startListening();
            Server server = launcher.getRemoteProxy();
            initialize(server, folder);
            type(server, client, file, arguments[3], arguments[4]);
            features(server, client);
            edit(server, client, folder.resolve(arguments[5]), arguments[6], arguments[7]);
            why(server, client);
            answer(server.shutdown());
            server.exit();
            check(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the server ends after `exit`");
            check(process.exitValue() == 0, "the server's exit code is 0");
            System.out.println("ok: shutdown and exit");
        } finally {
            process.destroyForcibly();
        }
    }

    private static void initialize(Server server, Path folder) throws Exception {
        InitializeParams params = new InitializeParams();
        params.setProcessId((int) ProcessHandle.current().pid());
        params.setClientInfo(new ClientInfo("IntelliJ IDEA", "2025.2"));
        params.setRootUri(folder.toUri().toString());
        params.setWorkspaceFolders(List.of(new WorkspaceFolder(folder.toUri().toString(), folder.getFileName().toString())));
        params.setTrace("off");
        params.setInitializationOptions(new JsonObject());
        params.setCapabilities(capabilities());
        InitializeResult result = answer(server.initialize(params));
        check("utf-16".equals(result.getCapabilities().getPositionEncoding()), "positions count UTF-16 units");
        check(RAW.toString(StandardCharsets.UTF_8).contains("\"inlineCompletionProvider\""), "inline completion is offered");
        check(result.getCapabilities().getExecuteCommandProvider().getCommands().contains("weft.chat.open"), "commands are offered");
        server.initialized(new InitializedParams());
        server.getWorkspaceService().didChangeConfiguration(new DidChangeConfigurationParams(new JsonObject()));
        System.out.println("ok: initialize with LSP4IJ's capabilities");
    }

    private static ClientCapabilities capabilities() {
        WorkspaceClientCapabilities workspace = new WorkspaceClientCapabilities();
        workspace.setApplyEdit(true);
        workspace.setConfiguration(true);
        workspace.setExecuteCommand(new ExecuteCommandCapabilities(true));
        workspace.setWorkspaceFolders(true);
        WorkspaceEditCapabilities edits = new WorkspaceEditCapabilities();
        edits.setDocumentChanges(true);
        edits.setResourceOperations(List.of("create", "delete", "rename"));
        workspace.setWorkspaceEdit(edits);
        workspace.setDidChangeWatchedFiles(new DidChangeWatchedFilesCapabilities(true));
        workspace.setDidChangeConfiguration(new DidChangeConfigurationCapabilities(true));
        workspace.setSymbol(new SymbolCapabilities());
        Capabilities document = new Capabilities();
        CompletionItemCapabilities item = new CompletionItemCapabilities(true);
        item.setLabelDetailsSupport(true);
        item.setDeprecatedSupport(true);
        item.setResolveSupport(new CompletionItemResolveSupportCapabilities(List.of("documentation", "detail", "additionalTextEdits")));
        document.setCompletion(new CompletionCapabilities(item));
        CodeActionCapabilities actions = new CodeActionCapabilities(
                new CodeActionLiteralSupportCapabilities(new CodeActionKindCapabilities(List.of("quickfix", "refactor", "refactor.rewrite", "source"))), true);
        actions.setDataSupport(true);
        actions.setResolveSupport(new CodeActionResolveSupportCapabilities(List.of("edit")));
        document.setCodeAction(actions);
        SynchronizationCapabilities synchronization = new SynchronizationCapabilities(true, true, true);
        document.setSynchronization(synchronization);
        WindowClientCapabilities window = new WindowClientCapabilities();
        window.setShowDocument(new ShowDocumentCapabilities(true));
        window.setWorkDoneProgress(true);
        window.setShowMessage(new WindowShowMessageRequestCapabilities());
        GeneralClientCapabilities general = new GeneralClientCapabilities();
        general.setPositionEncodings(List.of("utf-16"));
        StaleRequestCapabilities stale = new StaleRequestCapabilities();
        stale.setCancel(true);
        general.setStaleRequestSupport(stale);
        ClientCapabilities all = new ClientCapabilities(workspace, document, window, null);
        all.setGeneral(general);
        return all;
    }

    /** Types letter by letter. LSP4IJ waits 300 ms without a key, and takes back the request of another offset. */
    private static void type(Server server, Client client, Path file, String typed, String suggested) throws Exception {
        open(server, client, file);
        int cursor = client.text.indexOf("<cursor>");
        check(cursor >= 0, "the file has a cursor");
        change(server, client, cursor, cursor + "<cursor>".length(), "");
        CompletableFuture<JsonElement> superseded = null;
        for (int at = 0; at < typed.length(); at++) {
            change(server, client, cursor + at, cursor + at, typed.substring(at, at + 1));
            if (at == typed.length() / 2) {
                superseded = ask(server, client, cursor + at + 1);
            }
        }
        // In the midst of typing the pause was long enough once; the next key takes that request back.
        superseded.cancel(true);
        int end = cursor + typed.length();
        JsonObject answer = answer(ask(server, client, end)).getAsJsonObject();
        check(!answer.getAsJsonArray("items").isEmpty(), "a suggestion comes");
        JsonObject item = answer.getAsJsonArray("items").get(0).getAsJsonObject();
        String text = item.get("insertText").getAsString();
        // LSP4IJ shows what is behind the text that stands before the cursor, and never runs an item's command.
        int start = end;
        if (item.has("range")) {
            JsonObject from = item.getAsJsonObject("range").getAsJsonObject("start");
            start = client.offset(new Position(from.get("line").getAsInt(), from.get("character").getAsInt()));
        }
        String before = client.text.substring(start, end);
        check(text.startsWith(before), "the suggestion begins with what stands before the cursor");
        check(!item.has("command"), "no command that nobody would run");
        String ghost = text.substring(before.length());
        check(ghost.equals(suggested), "suggested: " + ghost);
        change(server, client, end, end, ghost);
        check(client.text.contains(typed + suggested), "Tab makes it text");
        System.out.println("ok: typed, suggested and taken: " + typed + ghost);
    }

    private static void features(Server server, Client client) throws Exception {
        Position place = client.position(client.text.indexOf("def "));
        TextDocumentIdentifier document = new TextDocumentIdentifier(client.uri);
        Either<List<CompletionItem>, CompletionList> menu =
                answer(server.getTextDocumentService().completion(new CompletionParams(document, place)));
        List<CompletionItem> entries = menu == null ? List.of() : menu.isLeft() ? menu.getLeft() : menu.getRight().getItems();
        check(entries.isEmpty(), "who shows ghost text has no entry of Weft's in the menu");
        CodeActionParams params = new CodeActionParams(document, new Range(place, place), new CodeActionContext(List.of()));
        List<String> titles = new ArrayList<>();
        for (Either<Command, CodeAction> action : answer(server.getTextDocumentService().codeAction(params))) {
            titles.add(action.isLeft() ? action.getLeft().getTitle() : action.getRight().getTitle());
        }
        check(titles.contains("Weft: explain") && titles.contains("Weft: edit…"), "code actions: " + titles);
        System.out.println("ok: no entry in the menu; code actions " + titles);
    }

    /** An edit by instruction: proposed in a document of its own, accepted by a command, made by `workspace/applyEdit`. */
    private static void edit(Server server, Client client, Path file, String before, String after) throws Exception {
        open(server, client, file);
        Position line = client.position(client.text.indexOf(before));
        Map<String, Object> argument = Map.of(
                "textDocument", Map.of("uri", client.uri),
                "range", new Range(line, new Position(line.getLine() + 1, 0)),
                "kind", "edit",
                "instruction", "Change the line `" + before + "` to `" + after + "`. Change nothing else.");
        run(server, "weft.edit", argument);
        String shown = client.shown.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        check(shown != null, "the proposal is shown");
        String head = Files.readString(Path.of(URI.create(shown))).lines().findFirst().orElse("");
        check(head.startsWith("<!-- weft: proposal "), "the document is a proposal: " + head);
        check(client.text.contains(before), "nothing is touched before it is accepted");
        run(server, "weft.edit.accept", Map.of("id", head.split(" ")[3]));
        check(client.text.contains(after) && !client.text.contains(before), "the accepted edit is made");
        System.out.println("ok: an edit proposed, shown, accepted and made");
    }

    private static void why(Server server, Client client) throws Exception {
        client.messages.clear();
        run(server, "weft.why", Map.of());
        String message = client.messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        check(message != null && message.contains("showed a suggestion"), "why: " + message);
        System.out.println("ok: the reason of the last request");
    }

    private static void run(Server server, String command, Map<String, Object> argument) throws Exception {
        answer(server.getWorkspaceService().executeCommand(new ExecuteCommandParams(command, List.of(argument))));
    }

    private static void open(Server server, Client client, Path file) throws Exception {
        client.uri = file.toUri().toString().replace("file:/", "file:///").replace("file://///", "file:///");
        client.text = Files.readString(file);
        client.version = 0;
        server.getTextDocumentService().didOpen(
                new DidOpenTextDocumentParams(new TextDocumentItem(client.uri, "python", client.version, client.text)));
    }

    private static void change(Server server, Client client, int start, int end, String text) {
        TextDocumentContentChangeEvent event = new TextDocumentContentChangeEvent(text);
        event.setRange(new Range(client.position(start), client.position(end)));
        client.text = client.text.substring(0, start) + text + client.text.substring(end);
        client.version++;
        server.getTextDocumentService().didChange(new DidChangeTextDocumentParams(
                new VersionedTextDocumentIdentifier(client.uri, client.version), List.of(event)));
    }

    private static CompletableFuture<JsonElement> ask(Server server, Client client, int offset) {
        InlineCompletionParams params = new InlineCompletionParams();
        params.textDocument = new TextDocumentIdentifier(client.uri);
        params.position = client.position(offset);
        params.context.add("triggerKind", new JsonPrimitive(2));
        return server.inlineCompletion(params);
    }

    private static <T> T answer(CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }
}
