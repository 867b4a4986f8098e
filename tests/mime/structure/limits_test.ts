// Hostile structures: what is read of them is bounded, and what is not read is said.
import assert from "node:assert/strict";
import { test } from "node:test";
import { latin1Bytes } from "../../../lib/message/text.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { concatenated } from "../../../lib/mime/transfer/concatenated.ts";
import { encodeBase64 } from "../../../lib/mime/transfer/encode.ts";
import { checkStructure, lines, read } from "./support.ts";

const MIXED = "Content-Type: multipart/mixed; boundary=b";

test("of 10,000 parts, the first 1000 are read and the rest is one", () => {
  const message = latin1Bytes(`${MIXED}\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(10_000)}--b--\r\n`);
  const structure = read(message);
  checkStructure(message.length, structure);
  assert.equal(structure.parts.length, 1001);
  const last = structure.parts.at(-1)!;
  assert.equal(last.content.type, "application/octet-stream");
  assert.equal(last.bodyEnd, message.length);
  assert.deepEqual(structure.problems.map(({ code, part }) => [code, part]), [["too-many-parts", 1000], [
    "not-closed",
    0,
  ]]);
});

test("10,000 delimiters without parts are none", () => {
  const { parts, problems } = read(latin1Bytes(`${MIXED}\r\n\r\n${"--b\r\n".repeat(10_000)}--b--`));
  assert.equal(parts.length, 1);
  assert.deepEqual(problems.map(({ code }) => code), ["no-parts"]);
});

test("of parts 1000 deep, 50 levels are read, and what follows is seen", () => {
  const open = Array.from(
    { length: 1000 },
    (_, i) => [`--b${i}`, `Content-Type: multipart/mixed; boundary=b${i + 1}`, ""],
  );
  const message = lines(
    "Content-Type: multipart/mixed; boundary=b0",
    "",
    ...open.flat(),
    "--b0",
    "",
    "after",
    "--b0--",
  );
  const structure = read(message);
  checkStructure(message.length, structure);
  const deepest = structure.parts.at(-2)!;
  assert.equal(deepest.depth, 50);
  assert.ok(structure.problems.some(({ code, part }) => code === "too-deep" && part === deepest.index));
  assert.equal(structure.parts.at(-1)!.depth, 1);
});

test("messages inside messages are read 50 deep, and 5 deep if they are encoded", async () => {
  const plain = lines(
    ...Array.from({ length: 1000 }, () => ["Content-Type: message/rfc822", ""]).flat(),
    "x",
  );
  const structure = read(plain);
  assert.equal(structure.parts.length, 51);
  assert.deepEqual(structure.problems.map(({ code, part }) => [code, part]), [["too-deep", 50]]);
  let encoded = lines("", "x");
  for (let i = 0; i < 30; i++) {
    encoded = concatenated([
      lines("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "", ""),
      encodeBase64(encoded),
    ]);
  }
  for (
    const [limits, count] of [[{}, 6], [{ encodedDepth: 20 }, 21], [
      { encodedDepth: 99, depth: 10 },
      11,
    ]] as const
  ) {
    const { parts } = await parseMime(encoded, { limits });
    assert.equal(parts.length, count);
    assert.deepEqual(parts.at(-1)!.problems.map(({ code }) => code), ["too-deep"]);
  }
});

test("of a header of megabytes, the first 64 KiB are read", () => {
  for (
    const long of [["X: y".padEnd(3_000_000, "y")], [
      Array.from({ length: 500_000 }, () => "X:y").join("\r\n"),
    ], [
      "X: y",
      " ".padEnd(3_000_000, "y"),
    ]]
  ) {
    const message = lines(
      MIXED,
      "",
      "--b",
      "A: b",
      ...long,
      "Content-Type: text/html",
      "",
      "body",
      "--b",
      "",
      "after",
      "--b--",
    );
    for (const size of [message.length, 10_007]) {
      const { parts, problems } = read(message, size);
      assert.equal(parts.length, 3);
      const [, part] = parts;
      assert.equal(part!.headers.get("A")?.value, "b");
      assert.ok(part!.headers.length < 1100);
      assert.equal(part!.content.type, "text/plain");
      assert.equal(part!.bodyEnd - part!.bodyStart, 4);
      assert.deepEqual(problems.map(({ code, part }) => [code, part]), [["header-too-long", 1]]);
    }
  }
});

test("of all headers together, 1 MiB is read", () => {
  const part = ["--b", `X: ${"y".repeat(50_000)}`, "Content-Type: text/html", "", "x"];
  const message = lines(MIXED, "", ...Array.from({ length: 100 }, () => part).flat(), "--b--");
  const { parts, problems } = read(message);
  assert.equal(parts.length, 101);
  assert.equal(parts.filter(({ content }) => content.type === "text/html").length, 20);
  assert.equal(problems.filter(({ code }) => code === "header-too-long").length, 80);
});

test("a line that is too long is no delimiter", () => {
  const message = lines(
    MIXED,
    "",
    "--b",
    "",
    "one",
    "--b".padEnd(2000),
    "--b".padEnd(900),
    "",
    "two",
    "--b--",
  );
  assert.equal(read(message).parts.length, 3);
  assert.equal(read(message, 7).parts.length, 3);
});

test("a line without an end in a header is content, however long", () => {
  const message = lines("no field ".repeat(100_000));
  for (const size of [message.length, 1000]) {
    const { parts, problems } = read(message, size);
    assert.equal(parts[0]!.bodyEnd, message.length);
    assert.equal(parts[0]!.bodyStart, 0);
    assert.deepEqual(problems.map(({ code }) => code), ["no-header-end"]);
  }
});

test("a limit may be lower", async () => {
  const message = lines(MIXED, "", "--b", "", "one", "--b", "", "two", "--b", "", "three", "--b--");
  const { parts } = await parseMime(message, { limits: { parts: 2 } });
  assert.equal(parts.length, 3);
  assert.match(await parts[2]!.text(), /^\ntwo\n--b\n\nthree\n--b--$/);
});
