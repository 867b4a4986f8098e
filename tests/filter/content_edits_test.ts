// What a filter changes of the parts of a message, what later filters see of it, and what the MTA is told.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import type { EditResult } from "../../lib/mime/edit/edit_result.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { parseMime } from "../../lib/mime/parse_mime.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { deliver } from "../../lib/testing.ts";
import { openFiles } from "../message/spool_support.ts";
import { type AnyFilter, inFolder, served, until } from "../server/support.ts";

const TO = ["a@example.net"];

const FILE = [
  "--b",
  "Content-Type: application/zip; name=a.zip",
  "Content-Transfer-Encoding: base64",
  "",
  "UEsDBA==",
];
const TEXT = [
  "--b",
  "Content-Type: text/plain",
  "",
  "Hello",
  "--b",
  "Content-Type: text/html",
  "",
  "<p>Hello",
];

/** A message with text, HTML and a file, or other parts. */
function mail(parts: readonly string[] = [...TEXT, ...FILE], type = "multipart/mixed; boundary=b"): string {
  return ["Subject: Hi", `Content-Type: ${type}`, "", ...parts, "--b--", "end", ""].join("\r\n");
}

/** A filter that edits, and keeps the results of its edits. */
function editing(
  edit: (content: Parameters<NonNullable<AnyFilter["eom"]>>[0]["content"]) => Promise<EditResult>,
  settings: Partial<AnyFilter> = {},
): AnyFilter & { results: EditResult[] } {
  const results: EditResult[] = [];
  return {
    name: "editing",
    content: "mime",
    changes: ["editContent"],
    async eom({ content }) {
      results.push(await edit(content));
    },
    ...settings,
    results,
  };
}

/** Writes down body and parts as a filter behind sees them. */
function watching(seen: string[]): AnyFilter {
  return {
    name: "watching",
    content: "mime",
    body: (chunk) => void seen.push(utf8Text(chunk)),
    async eom({ content }) {
      for (const part of await content.parts()) seen.push(`${part.type} ${part.fileName ?? "-"}`);
    },
  };
}

const removing = () =>
  editing(async (content) => {
    const file = (await content.parts()).find(({ fileName }) => fileName === "a.zip")!;
    return await content.remove(file);
  });

test("a part that is removed is gone for the filters behind and for the MTA, and all else is as it was", async () => {
  const seen: string[] = [];
  const filter = removing();
  const delivered = await deliver([filter, watching(seen)], { message: mail() });
  const expected = ["--b", ...TEXT.slice(1), "--b--", "end", ""].join("\r\n");
  delivered.assertAccepted().assertBody(expected);
  assert.deepEqual(seen, [expected, "multipart/mixed -", "text/plain -", "text/html -"]);
  assert.deepEqual((await delivered.parts()).map(({ type }) => type), [
    "multipart/mixed",
    "text/plain",
    "text/html",
  ]);
  assert.deepEqual(filter.results.map(({ done, refused }) => [done, refused.length]), [[true, 0]]);
  assert.deepEqual(delivered.notes.flatMap(({ changes }) => changes ?? []), [
    'edit content (remove "a.zip")',
  ]);
  assert.deepEqual(new Set(delivered.modifications.map(({ type }) => type)), new Set(["replaceBody"]));
});

test("text goes to plain text and HTML, as one change with others", async () => {
  const filter = editing(async (content) => {
    const [, , , file] = await content.parts();
    await content.replace(file!, { text: "removed", fileName: "note.txt" });
    return await content.addText({ text: "Example Ltd" });
  });
  const parts = mail([...TEXT, ...FILE], "multipart/mixed; boundary=b");
  const delivered = await deliver(filter, { message: parts });
  delivered.assertAccepted().assertBody(/<p>Hello[^]*Example Ltd[^]*note\.txt[^]*removed\n--b--\nend\n$/);
  assert.deepEqual(delivered.notes.flatMap(({ changes }) => changes ?? []), [
    'edit content (replace "a.zip", add text at the end)',
  ]);
});

test("where the message is one text, its own header changes with it", async () => {
  const filter = editing((content) => content.addText({ text: "Grüße" }));
  const message = "Subject: Hi\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nHello\r\n";
  for (const mta of ["postfix", "sendmail"] as const) {
    const delivered = await deliver(filter, { message, mta });
    delivered.assertAccepted().assertHeader("Content-Type", /charset="?utf-8/i).assertBody(/^Hello\n/);
    const { root } = await parseMime(toBytes(delivered.message));
    assert.equal(await root.text(), "Hello\n\nGrüße\n");
  }
});

test("the message itself can be replaced: its fields about content are those of the new one", async () => {
  const filter = editing(async (content) =>
    await content.replace((await content.mime()).root, { text: "gone" })
  );
  const delivered = await deliver(filter, { message: mail() });
  delivered.assertAccepted().assertHeader("Content-Type", /^text\/plain/).assertBody("gone\r\n");
  delivered.assertHeader("MIME-Version", "1.0");
});

test("what is signed stays, and the result says why", async () => {
  const filter = removing();
  const message = mail([...TEXT, ...FILE], "multipart/signed; boundary=b");
  const delivered = await deliver(filter, { message });
  delivered.assertAccepted().assertUnchanged();
  assert.deepEqual(filter.results.map(({ done, refused }) => [done, refused.map(({ reason }) => reason)]), [
    [false, ["signed"]],
  ]);
  assert.deepEqual(delivered.notes, []);
});

test("edits hold even if the callback does not wait for them", async () => {
  const filter: AnyFilter = {
    name: "hasty",
    content: "mime",
    changes: ["editContent"],
    eom({ content }) {
      content.addText({ text: "first" });
      content.addText({ text: "second" });
    },
  };
  (await deliver(filter, { body: "Hello\r\n" })).assertAccepted().assertBody(
    /Hello\n[^]*first\n[^]*second\n$/,
  );
});

test("edits are dropped where the callback fails or refuses, and only logged in a dry run", async () => {
  const failing = editing(async (content) => {
    await content.addText({ text: "x" });
    throw new Error("too bad");
  }, { onError: "accept" });
  const failed = await deliver(failing);
  assert.equal(failed.outcome, "accept");
  failed.assertUnchanged();
  const dry = await deliver({ ...removing(), dryRun: true }, { message: mail() });
  dry.assertAccepted().assertUnchanged();
  assert.deepEqual(dry.notes, [
    { filter: "editing", event: "eom", changes: ['edit content (remove "a.zip")'], dryRun: true },
  ]);
  const refusing: AnyFilter = {
    ...removing(),
    async eom({ content }) {
      await content.addText({ text: "x" });
      return reject(550, "5.7.1", "No");
    },
  };
  (await deliver(refusing)).assertRejected(550);
});

test("an edit that cannot be is refused at once", async () => {
  const errors: unknown[] = [];
  const note = (error: unknown) => void errors.push(error instanceof Error && [error.name, error.message]);
  let late: Promise<unknown> | undefined;
  const filter: AnyFilter = {
    name: "wrong",
    content: "mime",
    changes: ["editContent", "replaceBody"],
    async eom(message) {
      const [root] = await message.content.parts();
      await message.content.replace(root!, { text: "x", type: "nonsense" }).catch(note);
      await message.content.addText({ text: "x" });
      try {
        message.replaceBody("y");
      } catch (error) {
        note(error);
      }
      late = Promise.resolve().then(() => new Promise((done) => setTimeout(done, 50))).then(() =>
        message.content.addText({ text: "late" }).catch(note)
      );
    },
  };
  const replacing: AnyFilter = {
    ...filter,
    async eom(message) {
      message.replaceBody("y");
      await message.content.addText({ text: "x" }).catch(note);
    },
  };
  const undeclared: AnyFilter = {
    name: "undeclared",
    content: "mime",
    eom: async ({ content }) => await content.addText({ text: "x" }).then(() => {}, note),
  };
  (await deliver([filter, replacing, undeclared], { body: "Hello\n" })).assertAccepted().assertBody("y\r\n");
  await late;
  assert.deepEqual(errors, [
    [
      "InvalidReplacementError",
      'Cannot replace a part by "nonsense": want a media type other than multipart, such as text/plain',
    ],
    ["InvalidChangeError", "Cannot replaceBody: the content was edited, do one of both"],
    ["InvalidChangeError", "Cannot editContent: replaceBody has replaced the body, do one of both"],
    ["InvalidChangeError", "Cannot editContent: the filter does not declare it in its changes"],
    ["InvalidChangeError", "Cannot editContent: the end of message is over"],
  ]);
});

test("a large message is edited from file to file, and leaves none behind", () =>
  inFolder(async (folder) => {
    const line = "x".repeat(75) + "\r\n";
    const large = line.repeat(60_000);
    const seen: string[] = [];
    const body = mail([...TEXT, ...FILE.slice(0, 3), "", large]);
    await served([removing(), watching(seen)], async ({ open, of }) => {
      const mta = await open();
      const { answer } = await mta.message(toBytes(body), { to: TO });
      assert.deepEqual(of("filter-error"), []);
      assert.equal(answer.verdict, "continue");
      const sent = answer.modifications.map((change) =>
        change.type === "replaceBody" ? utf8Text(change.chunk) : change.type
      );
      assert.equal(sent.join(""), [...TEXT, "--b--", "end", ""].join("\r\n"));
    }, { spool: { memory: 1000, folder } });
    if (existsSync("/proc/self/fd")) await until(() => openFiles(folder).length === 0);
  }));

test("a body from a file that is small enough after an edit is in memory as it was", () =>
  inFolder(async (folder) => {
    const text = Array.from({ length: 20_000 }, (_, i) => `${i}\r\n`).join("");
    const seen: string[] = [];
    const body = mail(["--b", "", text, ...FILE.slice(0, 3), "", "x".repeat(60_000)]);
    await served([removing(), watching(seen)], async ({ open, of }) => {
      await (await open()).message(toBytes(body), { to: TO });
      assert.deepEqual(of("filter-error"), []);
    }, { spool: { memory: 150_000, folder } });
    const shown = seen.filter((line) => !/^\S+\/\S+ -$/.test(line)).join("");
    assert.equal(shown, ["--b", "", text, "--b--", "end", ""].join("\r\n"));
  }));

test("where the new body cannot be kept, the filter fails and nothing changes", async () => {
  const filter = editing((content) => content.addText({ text: "x".repeat(2000) }), { onError: "accept" });
  await served([filter], async ({ open, of }) => {
    const mta = await open();
    const { answer } = await mta.message(toBytes("Subject: Hi\r\n\r\nHello\r\n"), { to: TO });
    assert.deepEqual([answer.verdict, answer.modifications], ["continue", []]);
    assert.match(String(of("filter-error")[0]?.error), /Cannot keep a message in .*ENOENT/);
  }, { spool: { memory: 1000, folder: "/missing" } });
});

test("a definition with options edits as its options say", async () => {
  const footer = defineFilter({
    name: "footer",
    content: "mime",
    changes: ["editContent", "addHeader"],
    verdicts: [],
    options: { text: { kind: "string", default: "Example Ltd", description: "text" } },
    create: ({ text }) => ({
      async eom(message) {
        const { done } = await message.content.addText({ text });
        if (done) message.addHeader("X-Footer", "yes");
      },
    }),
  });
  (await deliver(footer)).assertAccepted().assertHeader("X-Footer", "yes").assertBody(/Example Ltd\n$/);
});
