// The pages of the real program, in a browser: mail goes through, and somebody looks for it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { toBytes } from "../../../lib/message/text.ts";
import { MtaClient } from "../../../lib/mta/client.ts";
import { Browser, browserProblem } from "../../support/browser.ts";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { PROGRAM } from "../../support/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-status-page-"));
after(() => rmSync(folder, { recursive: true }));

/** Refuses, fails and changes where it is told to. */
writeFileSync(
  join(folder, "judge.ts"),
  `import { defineFilter, reject } from "milterkit";
export default defineFilter({
  name: "judge",
  changes: ["addHeader"],
  eom(message) {
    const subject = message.headers.get("Subject")?.value ?? "";
    if (subject.includes("throw")) throw new Error("told to fail");
    if (subject.includes("reject")) return reject(550, "5.7.1", "No: " + subject);
    message.addHeader("X-Judge", "fine");
  },
});
`,
);

const [title, command] = PROGRAM;
describe(`the pages in a browser, ${title}`, { skip: skipFor(browserProblem()) }, () => {
  for (const workers of [1, 2]) {
    test(`show what became of each message, with ${workers} at work`, { timeout: 120_000 }, async () => {
      const [mail, http] = [await freePort(), await freePort()];
      const milterkit = await Milterkit.startCommand([
        ...command,
        ...["serve", "--listen", `inet:${mail}@127.0.0.1`, "--metrics", String(http)],
        ...["--workers", String(workers)],
        ...["--filter", "size-limit", "--max", "1MB", "--filter", join(folder, "judge.ts")],
      ], { addresses: 1 });
      const browser = await Browser.start();
      try {
        const send = async (subject: string, from: string, queueId: string) => {
          const client = await MtaClient.open(`inet:${mail}@127.0.0.1`);
          await client.message(toBytes(`Subject: ${subject}\r\n\r\nHello\r\n`), {
            from,
            to: ["ben@example.org"],
            macros: { mail: { i: queueId } },
          });
          client.quit();
        };
        await send("hello", "ann@example.net", "QUEUE1");
        for (const i of [1, 2, 3]) await send(`reject ${i}`, "eve@example.net", `QUEUE2${i}`);
        await send("throw", "joe@example.net", "QUEUE3");

        const page = await browser.open({ width: 1280, scheme: "light" });
        await page.goTo(`http://127.0.0.1:${http}/`);
        assert.match(await page.text("#headline"), /Messages 5 .* Refused 80 % 3 rejected, 1 deferred /);
        assert.match(
          (await page.texts(".groups tbody tr")).join("\n"),
          /^3 rejected judge at eom 550 5\.7\.1 No: reject …/m,
        );
        assert.match(await page.text("#warnings .line"), /told to fail/);
        // The rest of the period was before the start, which may have taken a while.
        assert.match(
          await page.text(".since"),
          /^(Milterkit was not running before|nothing was counted before about) \d\d:\d\d:\d\d UTC$/,
        );

        await page.click(".find input");
        await page.write("ann@example.net");
        await page.leave(() => page.press("Enter"));
        assert.equal(await page.text("#results-title"), "1 message");
        await page.leave(() => page.click(".messages .time a"));
        assert.match(await page.text("h2"), /^Message QUEUE1$/);
        assert.match((await page.texts(".way tbody tr")).join("\n"), /^judge .*add X-Judge/m);

        await page.goTo(`http://127.0.0.1:${http}/message?id=QUEUE3`);
        assert.match(await page.text(".facts"), /Outcome deferred/);
        await page.click(".did a");
        await page.until(`document.querySelector(".log tr:target")`);
        assert.match(await page.text(".log tr:target"), /told to fail/);
        assert.deepEqual(page.problems, []);
        assert.deepEqual(page.requests.filter((url) => !/^data:|^http:\/\/127\.0\.0\.1:/.test(url)), []);
      } finally {
        await browser.stop();
        await milterkit.stop();
      }
    });
  }
});
