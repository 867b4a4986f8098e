// Rules that look at one header field after the other.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivered } from "../../lib/testing.ts";
import { configured, fate, rulesOf, through, type Words } from "./support.ts";

/** A filter whose rules look at fields, each written `NAME PATTERN` and its actions. */
function fieldRules(...rules: readonly (readonly [pattern: string, ...actions: string[]])[]): Words {
  return [
    "match field",
    ...rules.flatMap(([pattern, ...actions], i) => [`rule r${i + 1}`, `field ${pattern}`, ...actions]),
  ];
}

function lines({ fields }: Delivered): readonly string[] {
  return fields.map(({ name, value }) => `${name}: ${value}`);
}

async function problem(words: Words): Promise<string> {
  return await configured(words).then(() => "", (error: Error) => error.message);
}

describe("rules for fields", () => {
  it("act in the order of the fields, the first one that a field meets", async () => {
    const words = fieldRules(
      ["/^X-B:/", "discard"],
      ["/^X-A: fine/", "next-field"],
      ["/^X-A:/", "reject No"],
    );
    const said = async (header: readonly (readonly [string, string])[]) =>
      fate(await through(words, { header }));
    assert.equal(await said([["X-A", "1"], ["X-B", "1"]]), "reject at eom 550 5.7.1 No");
    assert.equal(await said([["X-B", "1"], ["X-A", "1"]]), "discard at eom");
    assert.equal(await said([["X-A", "fine"], ["X-C", "1"]]), "accept");
    assert.equal(await said([["X-A", "fine"], ["X-A", "1"]]), "reject at eom 550 5.7.1 No");
  });

  it("act for each field until one decides, accepting too", async () => {
    const words = fieldRules(["/^X-Fine:/", "accept"], ["/^X-Hold:/", "quarantine held"], [
      "/^X-No:/",
      "reject No",
    ]);
    const said = async (...names: string[]) =>
      fate(await through(words, { header: names.map((name) => [name, "1"] as const) }));
    assert.equal(await said("X-Hold", "X-No"), "reject at eom 550 5.7.1 No");
    assert.equal(await said("X-Hold", "X-Fine", "X-No"), "held: held");
    assert.equal(await said("X-Fine", "X-Hold"), "accept");
  });

  it("want every expression to be true of one field, and those with ! not to be", async () => {
    const words = fieldRules(["/^Subject:/i /lottery/i !/\\[list\\]/", "reject No"]);
    const said = async (subject: string, more: readonly (readonly [string, string])[] = []) =>
      (await through(words, { header: [["SUBJECT", subject], ...more] })).outcome;
    assert.equal(await said("Lottery"), "reject");
    assert.equal(await said("[list] lottery"), "accept");
    assert.equal(await said("hello", [["X-About", "lottery"]]), "accept");
    // Of a field that is another one's, nothing counts.
    assert.equal(await said("Lottery", [["X-List", "[list]"]]), "reject");
  });

  it("see a field as one line, in UTF-8 or else in latin1", async () => {
    const words = fieldRules(["/^Subject: a b\\u00e9$/", "reject No"]);
    const said = async (subject: string | Uint8Array) =>
      (await through(words, { header: [["Subject", subject]] })).outcome;
    assert.equal(await said("a\n bé"), "reject");
    assert.equal(await said(Uint8Array.from([0x61, 0x20, 0x62, 0xe9])), "reject");
    assert.equal(await said("=?utf-8?Q?a_b=C3=A9?="), "accept");
  });

  it("remove, replace and prepend the field that they are for, and no other of its name", async () => {
    const words = fieldRules(
      ["/^X-A: (\\w+) (?<rest>.*)/", "replace-field X-New: $<rest>, $1, $$, {{x}"],
      ["/^X-B: 2/", "remove-field"],
      ["/^X-B: 3/", "prepend-field X-P: {client_addr}", "prepend-field X-Q: $&"],
    );
    const header = [["X-B", "1"], ["X-A", "one two three"], ["X-B", "2"], ["X-B", "3"], [
      "X-A",
      "one",
    ]] as const;
    assert.deepEqual(lines(await through(words, { header })), [
      "X-B: 1",
      "X-New: two three, one, $, {x}",
      "X-P: 192.0.2.1",
      "X-Q: X-B: 3",
      "X-B: 3",
      "X-A: one",
    ]);
  });

  it("keep the bytes of a value that is not UTF-8", async () => {
    const words = fieldRules(["/^X-A: (.*)/", "replace-field X-B: $1"]);
    const { fields } = await through(words, { header: [["X-A", Uint8Array.from([0xe9, 0x20, 0xff])]] });
    assert.deepEqual([...fields[0]!.valueBytes], [0xe9, 0x20, 0xff]);
  });

  it("change other fields and recipients too, and fill in groups in every text", async () => {
    const words = fieldRules(
      ["/^X-To: (.*)/", "redirect boss@example.net", "add X-Was: {rcpt_to}", "log to $1"],
      ["/^X-Too: (.*)/", "add-recipient too@example.net", "quarantine for $1"],
    );
    const to = await through(words, { header: { "X-To": "x" } });
    assert.deepEqual(to.recipients, ["boss@example.net"]);
    assert.deepEqual(lines(to), ["X-To: x", "X-Was: recipient@example.org"]);
    assert.match(JSON.stringify(to.notes), /r1: to x/);
    const too = await through(words, { header: { "X-Too": "y\tz" } });
    assert.deepEqual(too.recipients, ["recipient@example.org", "too@example.net"]);
    assert.equal(too.held, "for y?z");
  });

  it("log 20 times for a message, then how often they would have", async () => {
    const header = Array.from({ length: 50 }, (_, i) => [i < 23 ? "X-A" : "X-B", `${i}`] as const);
    const words = fieldRules(["/^X-A: (\\d+)/", "log a $1"], ["/^X-B: (4\\d)/", "log b $1"]);
    const { notes, logs } = await through(words, { header });
    const remarks = [
      ...Array.from({ length: 20 }, (_, i) => `r1: a ${i}`),
      ...Array.from({ length: 10 }, (_, i) => `r2: b ${40 + i}`),
      "r1: and 3 more times",
    ];
    assert.deepEqual(notes.flatMap(({ remark = [] }) => remark), remarks);
    assert.deepEqual(logs.map(({ text }) => text), remarks.map((text) => `rule ${text}`));
  });

  it("remove each of thousands of fields, and no other", async () => {
    const header = Array.from({ length: 3000 }, (_, i) => [i % 2 ? "X-A" : "X-B", `${i}`] as const);
    const { fields } = await through(fieldRules(["/^X-A: /", "remove-field"]), { header });
    assert.deepEqual(
      fields.map(({ value }) => value),
      header.filter(([name]) => name === "X-B").map(([, n]) => n),
    );
  });

  it("are asked only if a message meets their other conditions", async () => {
    const words = [
      "match field",
      "rule a",
      "field /^X-A:/",
      "only-client 192.0.2.0/24",
      "not-sender example.net",
      "reject No",
    ];
    const said = async (from: string, address = "192.0.2.1") =>
      (await through(words, { header: { "X-A": "1" }, from, client: { address } })).outcome;
    assert.equal(await said("a@example.org"), "reject");
    assert.equal(await said("a@example.net"), "accept");
    assert.equal(await said("a@example.org", "198.51.100.1"), "accept");
  });
});

describe("the fields of parts", () => {
  const MESSAGE = [
    "Subject: outside",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: application/x; name=a.exe",
    "X-In-Part: 1",
    "",
    "x",
    "--b",
    "Content-Type: message/rfc822",
    "",
    "Subject: inside",
    "MIME-Version: 1.0",
    "",
    "Subject: body",
    "--b--",
    "",
  ].join("\r\n");

  async function matched(pattern: string, ...kinds: string[]): Promise<boolean> {
    const [match, ...rest] = fieldRules([pattern, "reject No"]);
    const words = [match!, ...kinds.map((kind) => `fields ${kind}`), ...rest];
    return (await through(words, { message: MESSAGE })).outcome === "reject";
  }

  it("are looked at if their kind is asked for", async () => {
    const rows: [pattern: string, kinds: readonly string[], found: boolean][] = [
      ["/^Subject: outside/", [], true],
      ["/^Subject: outside/", ["header"], true],
      ["/^Subject: outside/", ["mime", "nested"], false],
      ["/^Content-Type: multipart/", [], true],
      ["/^Content-Type: multipart/", ["header"], false],
      ["/^Content-Type: multipart/", ["mime"], true],
      ["/name=a\\.exe/", [], false],
      ["/name=a\\.exe/", ["header", "nested"], false],
      ["/name=a\\.exe/", ["mime"], true],
      ["/^X-In-Part/", ["mime"], true],
      ["/^X-In-Part/", ["nested"], false],
      ["/^Subject: inside/", ["mime"], false],
      ["/^Subject: inside/", ["nested"], true],
      ["/^MIME-Version/", ["nested"], false],
      ["/^MIME-Version/", ["mime"], true],
      ["/^Subject: body/", ["header", "mime", "nested"], false],
    ];
    for (const [pattern, kinds, found] of rows) {
      assert.equal(
        await matched(pattern, ...kinds),
        found,
        `${pattern} in ${kinds.join(", ") || "the header"}`,
      );
    }
  });

  it("come after those of the message, and cannot be changed", async () => {
    const [match, ...rest] = fieldRules(
      ["/name=a\\.exe/", "remove-field", "log removed"],
      ["/^X-In-Part/", "quarantine in a part"],
      ["/^Subject: inside/", "discard"],
      ["/^Subject:/", "accept"],
    );
    const words = [match!, "fields mime", "fields nested", ...rest];
    const delivered = await through(words, { message: MESSAGE });
    assert.equal(delivered.outcome, "discard");
    // Once, however many there are.
    const twice = { message: MESSAGE.replaceAll("X-In-Part: 1", "X-A: name=a.exe") };
    for (const { notes } of [delivered, await through(words, twice)]) {
      const kept = notes.filter(({ remark }) => remark === "r1: a field of a part stays as it is");
      assert.equal(kept.length, 1);
    }
    assert.equal(
      (await through([match!, "fields header", "fields mime", ...rest], { message: MESSAGE })).held,
      undefined,
    );
  });

  it("that are too many to look at refuse the message, if a rule would keep it out", async () => {
    const message = (count: number) =>
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(count)}--b--\r\n`;
    const said = async (count: number, ...actions: string[]) => {
      const [match, ...rest] = fieldRules(["/^X-A/", ...actions]);
      return fate(await through([match!, "fields mime", ...rest], { message: message(count) }));
    };
    const refused = "reject at eom 552 5.3.4 Message has too many parts or header fields";
    assert.equal(await said(900, "reject No"), "accept");
    for (const action of ["reject No", "discard", "quarantine a", "redirect a@example.org"]) {
      assert.equal(await said(1100, action), refused);
    }
    assert.equal(await said(1100, "remove-field"), "accept");
    assert.equal(await said(1100, "log a"), "accept");
  });

  it("that are nested too deeply to be looked at refuse it too", async () => {
    const message = (depth: number) =>
      Array.from(
        { length: depth },
        (_, i) => `Content-Type: multipart/mixed; boundary=b${i}x\r\n\r\n--b${i}x\r\n`,
      )
        .join("") + "\r\nx\r\n";
    const [match, ...rest] = fieldRules(["/^X-A/", "reject No"]);
    const said = async (depth: number) =>
      fate(await through([match!, "fields mime", ...rest], { message: message(depth) }));
    assert.equal(await said(40), "accept");
    assert.equal(await said(60), "reject at eom 552 5.3.4 Message has too many parts or header fields");
  });

  it("that only a further Content-Type field shows refuse it too", async () => {
    const multipart = "Content-Type: multipart/mixed; boundary=b";
    const message = (...types: string[]) =>
      [...types, "", "--b", "X-B: 1", "", "x", "--b--", ""].join("\r\n");
    const said = async (text: string, action = "reject No") => {
      const [match, ...rest] = fieldRules(["/^X-A/", action]);
      return fate(await through([match!, "fields mime", ...rest], { message: text }));
    };
    const refused = "reject at eom 550 5.6.0 Message has several Content-Type fields";
    assert.equal(await said(message("Content-Type: text/plain", multipart)), refused);
    assert.equal(await said(message(multipart, multipart.replace("=b", "=c"))), refused);
    assert.equal(
      await said(message("Content-Type: text/plain", "content-type:\r\n Message/RFC822")),
      refused,
    );
    const inside = message("Content-Type: text/plain", multipart.replace("=b", "=c"));
    assert.equal(
      await said(`${multipart}\r\n\r\n--b\r\n${inside.replaceAll("--b", "--c")}--b--\r\n`),
      refused,
    );
    assert.equal(await said(message(multipart, multipart)), "accept");
    assert.equal(await said(message(multipart, "Content-Type: text/html")), "accept");
    assert.equal(await said(message("Content-Type: text/plain", multipart), "log a"), "accept");
  });

  it("want the body only if they are looked at", async () => {
    const [match, ...rest] = fieldRules(["/^X-A:/", "reject No"]);
    assert.equal((await rulesOf([match!, ...rest])).content, "none");
    assert.equal((await rulesOf([match!, "fields header", ...rest])).content, "none");
    assert.equal((await rulesOf([match!, "fields mime", ...rest])).content, "mime");
  });
});

describe("what is wrong with rules for fields", () => {
  const rows: [what: string, words: Words, says: RegExp][] = [
    ["no field", ["match field", "rule a", "reject No"], /with --match field it needs --field/],
    ["a field in other rules", ["rule a", "field /x/", "reject No"], /only rules of --match field have it/],
    [
      "an action on a field in other rules",
      ["rule a", "remove-field"],
      /only rules of --match field have it/,
    ],
    ["kinds of fields in other rules", ["fields mime", "rule a", "reject No"], /it needs --match field/],
    ["no expression", fieldRules(["Subject", "reject No"]), /want an expression, or several with !/],
    ["text behind it", fieldRules(["/a/ b", "reject No"]), /want an expression, or several with !/],
    ["nothing", fieldRules(["//", "reject No"]), /want an expression, or several with !/],
    ["a lookahead", fieldRules(["/^(?!x)/", "reject No"]), /looks ahead/],
    ["a flag that does nothing", fieldRules(["/a/g", "reject No"]), /leave out the flag g/],
    ["a group that is not there", fieldRules(["/(a)/", "reject No $2"]), /has no group for "\$2"/],
    ["a group of what must not match", fieldRules(["!/(a)/", "log No $1"]), /has no group for "\$1"/],
    ["two fates of a field", fieldRules(["/a/", "remove-field", "replace-field X: 1"]), /replaces the field/],
    ["going on and doing", fieldRules(["/a/", "next-field", "remove-field"]), /does that too/],
    ["a change of what is refused", fieldRules(["/a/", "reject No", "remove-field"]), /changes nothing/],
    ["no field to write", fieldRules(["/a/", "replace-field hello"]), /there is no colon/],
    ["a name that is none", fieldRules(["/a/", "prepend-field a b: c"]), /is not a header name/],
    ["the same field twice", fieldRules(["/a/", "remove-field"], ["/a/", "reject No"]), /it can never act/],
  ];
  for (const [what, words, says] of rows) {
    it(what, async () => assert.match(await problem(words), says));
  }

  it("nothing is, if the same field comes first with a further condition", async () => {
    const words = [
      "match field",
      "rule a",
      "field /a/",
      "only-tls",
      "reject No",
      "rule b",
      "field /a/",
      "discard",
    ];
    assert.equal(await problem(words), "");
  });
});
