// The mail log of the real program: every message can be found, by whoever asks for it, and its errors lead to the log.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import type { MailEntry } from "../../cli/observe/mail_log/entry.ts";
import type {
  LogAnswer,
  MessageDetail,
  MessagesAnswer,
  RefusalsAnswer,
} from "../../cli/observe/mail_log/routes.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { fetchText } from "../support/http.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { at, present } from "../support/present.ts";
import { PROGRAM } from "../support/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-mail-log-"));
after(() => rmSync(folder, { recursive: true }));

const judge = join(folder, "judge.ts");
writeFileSync(
  judge,
  `import { accept, defineFilter, reject } from "milterkit";
export default defineFilter({
  name: "judge",
  changes: ["addHeader"],
  eom(message, { label, log, sender }) {
    const subject = message.headers.get("Subject")?.value ?? "";
    if (subject.includes("throw")) throw new Error("told to by " + sender?.address);
    if (subject.includes("reject")) return reject(550, "5.7.1", "Wait " + subject.replace(/\\D/g, "") + " days");
    label("fine");
    log.info("looked at it");
    message.addHeader("X-Judge", "fine");
    return subject.includes("accept") ? accept() : undefined;
  },
});
`,
);

/** A running program, with its status page. */
interface Running {
  readonly milterkit: Milterkit;
  readonly config: string;
  /** Sends a message with this subject, on a connection of its own. */
  send(subject: string, from?: string): Promise<void>;
  /** Asks for JSON. */
  ask<T>(path: string): Promise<T>;
  /** Writes the configuration anew, and waits until it is served. */
  reload(options: string): Promise<void>;
}

const [title, command] = PROGRAM;

async function running(options: string, use: (running: Running) => Promise<void>): Promise<void> {
  const [mail, http] = [await freePort(), await freePort()];
  const config = join(folder, `${mail}.toml`);
  const write = (options: string) =>
    writeFileSync(
      config,
      `metrics = "${http}"\nlisten = "inet:${mail}@127.0.0.1"\n${options}\n` +
        `[[filter]]\nname = "size-limit"\nmax = "1MB"\n[[filter]]\nname = "${judge}"\non-error = "accept"\n`,
    );
  write(options);
  const milterkit = await Milterkit.startCommand([...command, "serve", "--config", config], { addresses: 1 });
  try {
    await use({
      milterkit,
      config,
      async send(subject, from = "ann@example.net") {
        const client = await MtaClient.open(`inet:${mail}@127.0.0.1`);
        const bytes = toBytes(`Subject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\nHello\r\n`);
        await client.message(bytes, {
          from,
          to: ["ben@example.org"],
          macros: { mail: { i: `Q${subject}` } },
        });
        client.quit();
      },
      async ask(path) {
        const { status, text } = await fetchText(`http://127.0.0.1:${http}/${path}`);
        assert.equal(status, 200, text);
        return JSON.parse(text);
      },
      async reload(options) {
        write(options);
        const before = milterkit.lines.length;
        process.kill(milterkit.pid!, "SIGHUP");
        const said = /new connections get the new version/;
        await milterkit.waitForLine((line) => milterkit.lines.indexOf(line) >= before && said.test(line));
      },
    });
  } finally {
    await milterkit.stop();
  }
}

const subjects = ({ found }: MessagesAnswer) => found.map(({ messageId }) => messageId?.replace(/@.*/, ""));

describe(`the mail log, ${title}`, () => {
  for (const workers of [1, 2]) {
    test(`finds each message, with ${workers} at work`, () =>
      running(`workers = ${workers}`, async ({ send, ask }) => {
        for (const subject of ["one", "two", "reject7", "accept", "reject8", "throw"]) await send(subject);
        const all = await ask<MessagesAnswer>("messages.json");
        assert.deepEqual(subjects(all), ["throw", "reject8", "accept", "reject7", "two", "one"]);
        assert.deepEqual([all.kept.messages, all.kept.most, all.kept.missed], [6, 10_000, 0]);
        const found = async (query: string) => subjects(await ask<MessagesAnswer>(`messages.json?${query}`));
        assert.deepEqual(await found("outcome=reject"), ["reject8", "reject7"]);
        assert.deepEqual(await found("id=Qtwo"), ["two"]);
        assert.deepEqual(await found("id=one@example.net"), ["one"]);
        assert.deepEqual(await found("from=ann&to=ben&limit=1"), ["throw"]);
        assert.deepEqual(await found("label=fine"), ["accept", "two", "one"]);
        assert.deepEqual(await found("filter=size-limit"), []);
        assert.deepEqual(await found("outcome=error"), ["throw"]);

        const { message, log } = await ask<MessageDetail>("message.json?id=Qone");
        assert.deepEqual([message.outcome, message.labels, message.sender], [
          "accept",
          ["fine"],
          "ann@example.net",
        ]);
        assert.deepEqual(message.filters.map(({ name, changes }) => [name, changes]), [
          ["size-limit", []],
          ["judge", ["add X-Judge"]],
        ]);
        assert.ok(message.filters.every(({ milliseconds }) => milliseconds !== undefined));
        assert.deepEqual(log.map(({ level, text }) => [level, text]), [[
          "info",
          "Qone: filter judge: looked at it",
        ]]);

        const { groups } = await ask<RefusalsAnswer>("refusals.json");
        assert.deepEqual(groups.map(({ reply, count, filter }) => [reply, count, filter]), [
          ["550 5.7.1 Wait … days", 2, "judge"],
        ]);
      }));
  }

  test("leads from an error to its line of the log", () =>
    running("", async ({ milterkit, send, ask }) => {
      await send("throw");
      const { message, log } = await ask<MessageDetail>("message.json?id=Qthrow");
      const judge = present(message.filters.find(({ name }) => name === "judge"), "the filter");
      const { line, ...error } = at(judge.errors, 0);
      assert.deepEqual(error, { event: "eom", error: "told to by ann@example.net", onError: "accept" });
      const logged = present(log.find(({ id }) => id === line), "the line");
      assert.deepEqual([logged.level, logged.queueId, logged.filter], ["error", "Qthrow", "judge"]);
      await milterkit.waitForLine((written) => written.includes(logged.text));
      const { found } = await ask<LogAnswer>("log.json?level=error");
      assert.deepEqual(found.map(({ id }) => id), [line]);
    }));

  test("outlives a reload, shrinks with --status-messages, and forgets what the log may not say any more", () =>
    running("", async ({ send, ask, reload }) => {
      for (const subject of ["one", "two", "three"]) await send(subject);
      const all = () => ask<MessagesAnswer>("messages.json");
      assert.deepEqual(subjects(await all()), ["three", "two", "one"]);
      await reload("status-messages = 2");
      assert.deepEqual(subjects(await all()), ["three", "two"]);
      await send("four");
      const { found, kept } = await all();
      assert.deepEqual([found.map(({ queueId }) => queueId), kept.most], [["Qfour", "Qthree"], 2]);
      await send("reject1");
      await reload('log-redact = ["local-parts"]');
      assert.deepEqual((await all()).found, []);
      assert.deepEqual((await ask<{ refusals: unknown[] }>("status.json")).refusals, []);
      await send("throw");
      const text = JSON.stringify(await ask("message.json?id=Qthrow"));
      assert.match(text, /…@example\.net/);
      assert.doesNotMatch(text, /ann@|ben@/);
      await reload('log-redact = ["local-parts"]\nstatus-messages = 0');
      const { kept: none } = await all();
      assert.deepEqual([none.messages, none.most], [0, 0]);
      await send("five");
      assert.deepEqual((await all()).found, []);
      assert.deepEqual((await ask<LogAnswer>("log.json")).found, []);
    }));

  test("keeps what a worker has reported that was killed", () =>
    running("workers = 2", async ({ milterkit, send, ask }) => {
      for (const subject of ["one", "two", "three", "four"]) await send(subject);
      const messages = async () => (await ask<MessagesAnswer>("messages.json")).found;
      const before: readonly MailEntry[] = await messages();
      assert.equal(before.length, 4);
      const ready = milterkit.lines.length;
      const [, pid] = present(
        /"?worker 1 \(process (\d+)\)/.exec(milterkit.lines.join("\n")),
        "a worker's process",
      );
      process.kill(Number(pid), "SIGKILL");
      await milterkit.waitForLine((line) => milterkit.lines.indexOf(line) >= ready && /worker 1 /.test(line));
      assert.deepEqual(await messages(), before);
      const { found } = await ask<LogAnswer>("log.json?q=worker");
      assert.ok(found.some(({ text }) => text.includes("SIGKILL")), JSON.stringify(found));
    }));
});
