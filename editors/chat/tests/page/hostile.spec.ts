//! Answers, questions and names that try to run script, load something, or cover the page. The fixture fails the test
//! for each dialog, each request to another host, and each breach of the policy, even where the policy stopped it.

import { ask, expect, test } from "./fixtures";
import { message, STATS } from "./peer";
import { HOSTILE } from "./texts";

interface Found {
  hacked: unknown;
  elements: string[];
  handlers: number;
  links: string[];
}

function inspect(): Found {
  const found = document.querySelectorAll(
    "main :is(script, iframe, img, object, embed, form, input, base, meta, link, style, animate, math)",
  );
  const all = [...document.querySelectorAll("main *")];
  return {
    hacked: (window as unknown as { hacked: unknown }).hacked,
    elements: [...found].map((one) => one.outerHTML),
    handlers: all.filter((one) => one.getAttributeNames().some((name) => name.startsWith("on") || name === "srcdoc"))
      .length,
    links: all.filter((one) => one instanceof HTMLAnchorElement).map((one) => (one as HTMLAnchorElement).protocol),
  };
}

test("nothing of a hostile answer runs, loads or covers", async ({ page, browserPeer }) => {
  await ask(page, HOSTILE);
  const turn = (await browserPeer.nextTurn()).started([HOSTILE]);
  turn.thinking(HOSTILE);
  // In pieces: what is harmless in the end may not be so on the way.
  for (let at = 0; at < HOSTILE.length; at += 7) turn.text(HOSTILE.slice(at, at + 7));
  turn.end("done", STATS);
  await expect(page.getByLabel("Figures of the answer")).toBeVisible();
  await page.getByText("Thoughts").click();
  await page.getByText("1 note").click();

  const found = await page.evaluate(inspect);
  expect(found.hacked).toBeUndefined();
  expect(found.elements).toEqual([]);
  expect(found.handlers).toBe(0);
  expect([...new Set(found.links)]).toEqual(["https:"]);
  // It is all there to be read, and what is harmless is shown as meant.
  const answer = page.locator(".answer").last();
  await expect(answer).toContainText("<script>window.hacked = 1; alert(1)</script>");
  await expect(answer).toContainText("window.hacked=18");
  await expect(
    answer.locator("details:not(:has(details)) summary").filter({ hasText: "harmless" }).first(),
  ).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Your question" })).toBeVisible();
});

test("nor of hostile names and errors", async ({ page, browserPeer }) => {
  const bad = '<img src=x onerror="window.hacked=1">';
  browserPeer.addSession(bad, [message("user", bad), message("assistant", bad, { state: "failed", error: bad })]);
  browserPeer.models = browserPeer.models.map((model) => ({ ...model, name: `${bad}${model.name}` }));
  await page.reload();
  await page.getByRole("list", { name: "Sessions, newest first" }).getByText(bad).click();
  await expect(page.getByRole("alert")).toHaveText(bad);
  await page.getByRole("button", { name: "Models" }).click();
  await expect(page.getByText(`${bad}qwen2.5-coder-7b`, { exact: true })).toBeVisible();
  const found = await page.evaluate(inspect);
  expect(found).toMatchObject({ hacked: undefined, elements: [], handlers: 0 });
});

test("the policy holds: no inline script, no eval, no HTML from text, no other host", async ({ page, served }) => {
  // Not the fixture's page: here breaches are what is looked for.
  const context = await page.context().browser()?.newContext();
  const bare = await context?.newPage();
  if (!bare) throw new Error("no browser");
  await bare.goto(served.url);
  await expect(bare.getByText("Ask about your code")).toBeVisible();
  const attempts = await bare.evaluate(async () => {
    const outcome = async (action: () => unknown) => {
      try {
        return String(await action());
      } catch (error) {
        return (error as Error).name;
      }
    };
    const script = document.createElement("script");
    return {
      html: await outcome(() => (document.body.innerHTML = "<b>x</b>")),
      // A task of its own: what the test tool itself calls is exempt.
      eval: await outcome(
        () =>
          new Promise((resolve, reject) => {
            setTimeout(() => {
              try {
                resolve((0, eval)("1 + 1"));
              } catch (error) {
                reject(error as Error);
              }
            });
          }),
      ),
      inline: await outcome(() => {
        script.textContent = "window.inline = 1";
        document.head.append(script);
        return (window as unknown as { inline: unknown }).inline;
      }),
      fetch: await outcome(() => fetch("http://127.0.0.1:9/")),
    };
  });
  expect(attempts).toEqual({ html: "TypeError", eval: "EvalError", inline: "TypeError", fetch: "TypeError" });
  await context?.close();
});
