// What somebody does with the pages, in a browser.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { entry, failedMessage, mailLog, reported } from "../../status/mail_sample.ts";
import { SAMPLE_TIME } from "../../status/sample.ts";
import { type PageServer, servePages } from "../../status/serve_pages.ts";
import { STATES } from "../../status/states.ts";
import { Browser, browserProblem } from "../../support/browser.ts";
import type { BrowserPage, PageLook } from "../../support/browser_page.ts";
import { skipFor } from "../../support/instance.ts";

/** How many messages are found, as the heading says. */
const FOUND = "#results-title";
/** What one may point at in a chart. */
const COLUMN = "#traffic .large .column";

describe("the pages in a browser", { skip: skipFor(browserProblem()) }, () => {
  let browser: Browser;
  let server: PageServer;
  const busy = STATES.busy();
  before(async () => {
    browser = await Browser.start();
    server = await servePages(busy);
  });
  after(async () => {
    await browser.stop();
    await server.stop();
  });

  /** Does something with a page, which must not lead to an error in it. */
  async function using(
    path: string,
    act: (page: BrowserPage) => Promise<void>,
    look: Partial<PageLook> = {},
    { url } = server,
  ): Promise<void> {
    const page = await browser.open({ width: 1280, scheme: "light", ...look });
    try {
      await page.goTo(url + path);
      await act(page);
      assert.deepEqual(page.problems, []);
      for (const request of page.requests) {
        assert.ok(/^data:/.test(request) || request.startsWith(url), request);
      }
    } finally {
      await page.close();
    }
  }

  it("search from the overview", () =>
    using("", async (page) => {
      await page.click(".find input");
      await page.write("scans@copier.example");
      await page.leave(() => page.press("Enter"));
      assert.match(await page.value("location.href"), /\/messages\?q=scans%40copier\.example$/);
      assert.match(await page.text(FOUND), /^\d+ messages$/);
      const senders = await page.texts(".messages .who");
      assert.ok(senders.length > 5 && senders.every((each) => each.startsWith("scans@copier.example")));
    }));

  it("search while somebody types, and keep what was searched for in the address", () =>
    using("messages", async (page) => {
      await page.until(`document.querySelector("${FOUND}").innerText.startsWith("100 messages")`);
      await page.click(`[name="q"]`);
      await page.write("4fRk1003");
      await page.until(`document.querySelector("${FOUND}").innerText === "1 message"`);
      assert.match(await page.value("location.href"), /\/messages\?q=4fRk1003$/);
      assert.equal(await page.value(`document.querySelector("#told").textContent`), "1 message");
      // What has the focus keeps it.
      assert.equal(await page.value("document.activeElement.name"), "q");
      await page.write(" nowhere");
      await page.until(`document.querySelector("${FOUND}").innerText === "No message found"`);
    }));

  it("choose an outcome", () =>
    using("messages", async (page) => {
      await page.value(
        `(() => { const e = document.querySelector('[name="outcome"]'); e.value = "discard";` +
          `e.dispatchEvent(new Event("change", { bubbles: true })); })()`,
      );
      await page.until(
        `[...document.querySelectorAll(".messages .outcome")].every((e) => /^discarded/.test(e.innerText))`,
      );
      assert.ok((await page.texts(".messages .outcome")).length > 3);
    }));

  it("say what is wrong with a question", async () => {
    const page = await browser.open({ width: 400, scheme: "dark" });
    await page.goTo(`${server.url}messages?since=1h`);
    await page.click("#search summary");
    await page.click(`[name="client"]`);
    await page.write("10.0.0.0/99");
    await page.until(
      `document.querySelector("${FOUND}").innerText.startsWith("Invalid search: client")`,
    );
    await page.value(`document.querySelector('[name="client"]').select()`);
    await page.write("10.0.0.0/8");
    await page.until(`/^\\d+ messages$/.test(document.querySelector("${FOUND}").innerText)`);
    assert.equal(await page.text("#live"), "live");
    await page.close();
  });

  it("lead from a message to its page, and from there to others like it", () =>
    using("messages?outcome=reject", async (page) => {
      const row = ".messages tbody tr:first-child";
      const sender = (await page.text(`${row} .who bdi`)).trim();
      await page.leave(() => page.click(`${row} .time a`));
      assert.match(await page.value("location.pathname"), /\/message$/);
      assert.match(await page.text(".facts"), new RegExp(`From ${sender.replaceAll(".", "\\.")}`));
      assert.ok((await page.texts(".way tbody th")).length >= 2);
      assert.ok(
        await page.value<number>(`document.querySelector(".bar rect").getBoundingClientRect().width`) >= 0,
      );
      await page.leave(() => page.click(`.facts a[href^="messages?from="]`));
      assert.deepEqual([...new Set(await page.texts(".messages .who > bdi"))], [sender]);
      assert.notEqual(await page.value(`document.querySelector("#search details").open`), false);
    }));

  it("lead from an error to its line in the log", async () => {
    const { message, line } = failedMessage(1, SAMPLE_TIME);
    const other = await servePages({ ...busy, log: mailLog([message], [line]) });
    await using(
      `message?id=${message.queueId}`,
      async (page) => {
        await page.click(`.did a`);
        await page.until(`document.querySelector(".log tr:target")`);
        assert.match(await page.text(".log tr:target .line"), /4fRkE1Tz9: filter milter failed in eom/);
      },
      {},
      other,
    );
    await other.stop();
  });

  it("show the figures of a column where one points, and where one goes with the keys", () =>
    using("", async (page) => {
      await page.pointAt(`${COLUMN}:nth-of-type(90)`);
      await page.until(`!document.querySelector("#tip").hidden`);
      const tip = await page.text("#tip");
      assert.match(tip, /^\d\d:\d\d:\d0 to \d\d:\d\d:\d0 UTC: \d+ accepted, \d+ a minute$/);
      const place = await page.value<{ left: number; right: number; width: number }>(
        `(({ left, right, width }) => ({ left, right, width }))(document.querySelector("#tip").getBoundingClientRect())`,
      );
      assert.ok(place.width > 50 && place.left >= 0 && place.right <= 1280, JSON.stringify(place));
      await page.pointAt("h1");
      await page.until(`document.querySelector("#tip").hidden`);

      await page.value(`document.querySelector("#traffic .large svg").focus()`);
      await page.press("ArrowLeft");
      const last = await page.text("#tip");
      await page.press("ArrowLeft");
      assert.notEqual(await page.text("#tip"), last);
      await page.press("ArrowRight");
      assert.equal(await page.text("#tip"), last);
      await page.press("Escape");
      assert.equal(await page.value(`document.querySelector("#tip").hidden`), true);
    }));

  it("can be used with the keyboard alone", () =>
    using("", async (page) => {
      const reached = new Set<string>();
      for (let i = 0; i < 14; i++) {
        await page.press("Tab");
        reached.add(
          await page.value(
            "document.activeElement.innerText || document.activeElement.name || document.activeElement.tagName",
          ),
        );
        const outline = await page.value("getComputedStyle(document.activeElement).outlineStyle");
        assert.notEqual(outline, "none");
      }
      for (const stop of ["Overview", "Messages", "Log", "q", "15 min", "Pause", "svg"]) {
        assert.ok(reached.has(stop), `${stop} in ${[...reached]}`);
      }
    }));

  it("pause, and go on", async () => {
    let asked = 0;
    const counted = await servePages(busy, () => Promise.resolve(void asked++));
    await using(
      "",
      async (page) => {
        await page.click("#pause");
        assert.equal(await page.text("#live"), "paused");
        const before = asked;
        // It would have asked after three seconds.
        await page.value("new Promise((done) => setTimeout(done, 3500))");
        assert.equal(asked, before);
        await page.click("#pause");
        await page.until(`document.querySelector("#live").innerText === "live"`);
        assert.equal(await page.text("#pause"), "Pause");
        assert.ok(asked > before);
      },
      {},
      counted,
    );
    await counted.stop();
  });

  it("show new messages without being asked, and keep a selection and what is open", async () => {
    const log = mailLog([entry({ id: "a-1", queueId: "OLD1" })]);
    const other = await servePages({ ...busy, log });
    await using(
      "messages",
      async (page) => {
        assert.equal(await page.text(FOUND), "1 message");
        await page.click("#search summary");
        await page.click(`[name="login"]`);
        const added = entry({ id: "a-2", queueId: "NEW2", at: "2026-03-14T09:26:51.000Z" });
        log.add({
          messages: [reported(added)],
          lines: [],
          missed: 0,
        });
        await page.until(`document.querySelector("${FOUND}").innerText === "2 messages"`);
        assert.match(await page.text(".messages tbody tr:first-child .client"), /NEW2/);
        assert.equal(await page.value("document.activeElement.name"), "login");
      },
      {},
      other,
    );
    await other.stop();
  });

  it("say that the server does not answer, and since when", async () => {
    const mortal = await servePages(busy);
    const page = await browser.open({ width: 400, scheme: "dark" });
    await page.goTo(mortal.url);
    await mortal.stop();
    await page.until(
      `/^no answer since [\\d:]+ UTC: figures are old$/.test(document.querySelector("#live").innerText)`,
    );
    await page.close();
  });

  it("work without their script", () =>
    using("", async (page) => {
      assert.equal(await page.value(`document.querySelector("#pause").hidden`), true);
      await page.click(".find input");
      await page.write("bank.example");
      await page.leave(() => page.press("Enter"));
      assert.match(await page.text(FOUND), /^\d+ messages/);
      await page.leave(() => page.click(".messages tbody tr:first-child .time a"));
      assert.match(await page.text(".facts"), /security@bank\.example/);
    }, { scripts: false }));

  it("run no script but their own", async () => {
    const page = await browser.open({ width: 1280, scheme: "light" });
    await page.goTo(server.url);
    await page.value(
      `(() => { for (const [tag, of] of [["script", { textContent: "window.hit = 1" }], ["img", { src: "https://elsewhere.example/x.png" }]]) ` +
        `document.body.append(Object.assign(document.createElement(tag), of)); document.querySelector("h1").setAttribute("onclick", "window.hit = 1"); })()`,
    );
    await page.click("h1");
    assert.equal(await page.value("window.hit ?? 0"), 0);
    assert.ok(
      page.problems.filter((each) => each.includes("Content Security Policy")).length >= 3,
      page.problems.join("\n"),
    );
    await page.close();
  });
});
