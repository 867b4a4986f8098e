// The benchmark's load generator sends messages from files, and sees whether a filter did its work.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { defineFilter, reject, serve, type Server } from "../../mod.ts";
import { newFolder, skipFor } from "../support/instance.ts";
import { findCommand, run, runOrThrow } from "../support/process.ts";

const skip = skipFor(findCommand("gcc") ? undefined : "needs gcc (Debian: gcc, libc6-dev)");
const source = fileURLToPath(new URL("../../scripts/bench/miltbench.c", import.meta.url));

let folder: string;
let server: Server;
const decoder = new TextDecoder();
/** What the filter saw of each message. */
const seen: string[] = [];

const witness = defineFilter({
  name: "witness",
  changes: ["addHeader"],
  messageState: () => ({ text: "" }),
  header(field, { messageState }) {
    messageState.text += `${field.name}:${decoder.decode(field.rawValueBytes)}\n`;
  },
  eoh({ messageState }) {
    messageState.text += "\n";
  },
  body(chunk, { messageState }) {
    messageState.text += decoder.decode(chunk);
  },
  eom(message, { messageState }) {
    seen.push(messageState.text);
    if (messageState.text.includes("refuse me")) return reject();
    if (messageState.text.includes("only once") && seen.length > 1) return;
    message.addHeader("X-Witness", "was here");
  },
});

before(async () => {
  if (skip) return;
  folder = newFolder("milterkit-miltbench-test-");
  await runOrThrow(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", join(folder, "miltbench"), source]);
  server = await serve({ listen: `unix:${folder}/socket`, filters: [witness] });
});

after(async () => {
  if (skip) return;
  await server.abort();
  rmSync(folder, { recursive: true });
});

async function send(message: string, ...args: string[]) {
  const file = join(folder, "message.eml");
  writeFileSync(file, message);
  seen.length = 0;
  const load = ["-c", "1", "-m", "2", "-n", "2", "-F", file, ...args];
  const { code, stdout, stderr } = await run([join(folder, "miltbench"), `unix:${folder}/socket`, ...load]);
  return { code, report: stdout === "" ? undefined : JSON.parse(stdout), stderr };
}

test("a message from a file arrives as it is: folds, empty values, the body", { skip }, async () => {
  const message =
    "Subject: one\r\n\ttwo\r\n  three\r\nX-Empty:\r\nX-Colon:a: b\r\n\r\nbody\r\n\r\nX-No: header\r\n";
  const { code, report, stderr } = await send(message);
  assert.deepEqual([code, stderr], [0, ""]);
  const text = "Subject: one\n\ttwo\n  three\nX-Empty:\nX-Colon:a: b\n\nbody\r\n\r\nX-No: header\r\n";
  assert.deepEqual(seen, [text, text]);
  assert.deepEqual(report.verdicts, { continue: 2 });
});

test("a message without a body, with the line ends of Unix", { skip }, async () => {
  const { code } = await send("Subject: one\nX-Two: 2\n");
  assert.equal(code, 0);
  assert.deepEqual(seen, ["Subject: one\nX-Two: 2\n\n", "Subject: one\nX-Two: 2\n\n"]);
});

test("a large body comes whole, in chunks", { skip }, async () => {
  const body = "0123456789abcde\n".repeat(10_000);
  const { code } = await send(`Subject: large\n\n${body}`);
  assert.equal(code, 0);
  assert.ok(seen[0] === `Subject: large\n\n${body}`);
});

test("a file that is no message is refused before anything is sent", { skip }, async () => {
  const { code, stderr } = await send("Subject: one\nnothing\n\nbody");
  assert.equal(code, 2);
  assert.match(stderr, /message\.eml: a line of the header has no colon: nothing\n$/);
  assert.deepEqual(seen, []);
});

test(
  "--expect is met by a change that has the text, and a message without one is an error",
  { skip },
  async () => {
    assert.deepEqual((await send("Subject: a\n\n", "--expect", "was here")).code, 0);
    const { code, report, stderr } = await send("Subject: a\n\n", "--expect", "was there");
    assert.equal(code, 1);
    assert.ok(report.errors.protocol > 0);
    assert.match(stderr, /no change has "was there" \(stage eom\)/);
  },
);

test("--expect looks at each message by itself, on one connection too", { skip }, async () => {
  const { code, report } = await send("Subject: only once\n\n", "--expect", "was here");
  assert.deepEqual([code, report.verdicts], [1, { continue: 1 }]);
});

test("what a filter refuses is told as such", { skip }, async () => {
  assert.deepEqual((await send("Subject: refuse me\n\n")).report.verdicts, { reject: 2 });
});
