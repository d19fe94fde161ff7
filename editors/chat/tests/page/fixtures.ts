//! The page in Chromium, and its peer: in a browser's place behind a WebSocket, or in VS Code's place behind
//! `acquireVsCodeApi`. Whatever the page asks of another host, and each breach of its own policy, fails the test.

import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import { WebSocketServer } from "ws";
import type {} from "../../src/transport/post_message";
import { Peer } from "./peer";

const DIST = new URL("../../dist/", import.meta.url).pathname;
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** What the local API says of the memory. */
const LOADED = { models: [{ name: "qwen2.5-coder-1.5b", size: 1_460_000_000, context_length: 8192 }] };

export interface Served {
  url: string;
  peer: Peer;
  /** Ends the connection as a crash would. */
  cut: () => void;
}

interface Fixtures {
  served: Served;
  /** The page open in a browser. */
  browserPeer: Peer;
  /** The page open as VS Code would show it. */
  editorPeer: Peer;
}

export const test = base.extend<Fixtures>({
  served: async ({}, use) => {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      if (path === "/api/ps") {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(LOADED));
        return;
      }
      const file = join(DIST, normalize(path === "/" ? "/index.html" : path));
      if (!file.startsWith(DIST) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      // As VS Code does for the files of a web view, which have an origin of their own.
      response.writeHead(200, { "content-type": type, "access-control-allow-origin": "*" });
      createReadStream(file).pipe(response);
    });
    const sockets = new WebSocketServer({ server, path: "/weft/ws" });
    const peer = new Peer((message) => {
      for (const socket of sockets.clients) socket.send(JSON.stringify(message));
    });
    sockets.on("connection", (socket) => {
      socket.on("message", (data) => peer.receive(JSON.parse(String(data)) as object));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const cut = () => sockets.clients.forEach((socket) => socket.terminate());
    await use({ url: `http://127.0.0.1:${port}/`, peer, cut });
    cut();
    await close(server);
  },

  page: async ({ page, served }, use) => {
    const breaches: string[] = [];
    page.on("pageerror", (error) => breaches.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") breaches.push(`console: ${message.text()}`);
    });
    page.on("dialog", (dialog) => {
      breaches.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      const own = request.url().startsWith(served.url) || request.url().startsWith("blob:");
      if (!own) breaches.push(`request: ${request.url()}`);
    });
    await use(page);
    expect(breaches).toEqual([]);
  },

  browserPeer: async ({ page, served }, use) => {
    await page.goto(served.url);
    await use(served.peer);
  },

  editorPeer: async ({ page, served }, use) => {
    const peer = new Peer((message) => {
      // What the page asks while it is closed needs no answer.
      page.evaluate((data) => window.postMessage(data), message).catch(() => undefined);
    });
    await page.exposeFunction("toPeer", (message: object) => peer.receive(message));
    await page.addInitScript(() => {
      let state: unknown;
      const post = (window as unknown as { toPeer: (message: unknown) => void }).toPeer;
      window.acquireVsCodeApi = () => ({
        postMessage: post,
        getState: () => state,
        setState: (value) => (state = value),
      });
    });
    await page.goto(served.url);
    await use(peer);
  },
});

export { expect };

/** Writes a question and sends it with Enter. */
export async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /Your question/ }).fill(text);
  await page.keyboard.press("Enter");
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}
