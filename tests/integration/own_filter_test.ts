// From an empty folder with only the executable to mail through Postfix that one's own filter changes; `check` agrees.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { skipFor } from "../support/instance.ts";
import { Milterkit, milterkitBinary } from "../support/milterkit.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { run } from "../support/process.ts";
import { sendMessage } from "../support/smtp_client.ts";
import { latin1Bytes, message, valuesOf } from "./mta/text.ts";

test(
  "a new filter, one line of it edited, changes mail through Postfix; with --watch another edit does, too",
  { skip: skipFor(await postfixProblem()), timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-own-"));
    const path = join(folder, "no-word");
    const file = join(path, "no-word.ts");
    const edit = (from: string, to: string) => {
      const source = readFileSync(file, "utf8");
      assert.ok(source.includes(from));
      writeFileSync(file, source.replaceAll(from, to));
    };
    let milterkit: Milterkit | undefined;
    try {
      const made = await run([
        "sh",
        "-c",
        `cd '${folder}' && '${milterkitBinary()}' new no-word --with options`,
      ]);
      assert.equal(made.code, 0, made.stderr);
      edit('"X-Checked"', '"X-First"');
      milterkit = await Milterkit.start(
        ["serve", "--listen", "inet:0@127.0.0.1", "--watch", "--filter", file, "--word", "casino"],
        // Nothing but the executable: no Deno, no Bun, no npm.
        { env: { PATH: "/nowhere" } },
      );
      const postfix = await startPostfix({ milters: [milterkit.address] });
      try {
        const send = (subject: string) =>
          sendMessage(
            postfix.port,
            "a@example.test",
            ["b@example.test"],
            latin1Bytes(message([`Subject: ${subject}`])),
          );
        const delivered = (subject: string) =>
          postfix.nextHop.waitForMessage((each) => valuesOf(each, "Subject")[0] === subject);

        assert.equal((await send("one")).code, 250);
        assert.deepEqual(valuesOf(await delivered("one"), "X-First"), ["no-word; client=127.0.0.1"]);
        const refused = await send("the casino");
        assert.deepEqual([refused.code, refused.enhanced], [550, "5.7.1"]);

        edit('"X-First"', '"X-Second"');
        await milterkit.waitForLine((line) => /new connections get the new version/.test(line), "the change");
        assert.equal((await send("two")).code, 250);
        const second = await delivered("two");
        assert.deepEqual([valuesOf(second, "X-First").length, valuesOf(second, "X-Second").length], [0, 1]);

        edit("eom(message", "eom(message]");
        await milterkit.waitForLine(
          (line) =>
            /the previous version stays in use: Cannot load \S*no-word\.ts: syntax error at \S*no-word\.ts:\d+/
              .test(
                line,
              ),
          "the change",
        );
        assert.equal((await send("three")).code, 250);
        assert.equal(valuesOf(await delivered("three"), "X-Second").length, 1);
      } finally {
        await postfix.stop();
      }
    } finally {
      await milterkit?.stop();
      rmSync(folder, { recursive: true });
    }
  },
);
