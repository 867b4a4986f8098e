// What MTAs do to a message after all filters, as far as it can be foretold. What they really do is tested in
// tests/integration/dkim_sign.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addedLater, deliveredValue, type Delivery, LINE_LIMITS } from "../../filters/dkim_sign/delivery.ts";
import { LongLines } from "../../filters/dkim_sign/long_lines.ts";
import { sendmailAddresses } from "../../filters/dkim_sign/sendmail_addresses.ts";
import { Random } from "../support/random.ts";
import { bytes, text } from "../auth/dkim/support.ts";

test("Sendmail writes lists of addresses with a comma and a space, and quotes names that need it", () => {
  const rows: [string, string][] = [
    ["a@x.example,b@x.example", " a@x.example, b@x.example"],
    [" a@x.example ,\r\n\tb@x.example ", " a@x.example, b@x.example"],
    [" , a@x.example,, b@x.example,", " a@x.example, b@x.example"],
    [" Joe D. <a@x.example>,'B' <b@x.example>", ' "Joe D." <a@x.example>, "\'B\'" <b@x.example>'],
    [" Joe  D.  <a@x.example>", ' "Joe  D."  <a@x.example>'],
    [' "Doe, Joe" <a@x.example>,b@x.example (B)', ' "Doe, Joe" <a@x.example>, b@x.example (B)'],
    [" Joe (JD) Doe <a@x.example>", " Joe (JD) Doe <a@x.example>"],
    [" =?utf-8?Q?M._M?= <a@x.example>", ' "=?utf-8?Q?M._M?=" <a@x.example>'],
    [" undisclosed-recipients:;", " undisclosed-recipients:;"],
    [' "a b"@x.example', ' "a b"@x.example'],
    [" a@[192.0.2.1]", " a@[192.0.2.1]"],
    ["", " "],
  ];
  for (const [value, written] of rows) assert.equal(sendmailAddresses(value), written, value);
});

test("what Sendmail makes of other addresses is not foretold", () => {
  const values = [
    ...[
      "joe",
      "Joe <joe>",
      "a@x",
      "a@localhost",
      "a@localhost.example",
      "a@x.example.",
      "a!b@x.example",
      "a%b@x.example",
    ],
    ...[
      "<@r.example:a@x.example>",
      "Joe <a@x.example",
      "a@x.example>",
      '"Joe <a@x.example>',
      "(c <a@x.example>",
      "c) a@x.example",
    ],
    ...[
      "team: a@x.example;",
      "a@x.example;b@x.example",
      "a @x.example",
      "Joe < a@x.example >",
      "Joe, Doe <a@x.example>",
    ],
    ...[
      'J. "D" <a@x.example>',
      "Joe D. (x) <a@x.example>",
      "Joe \\ <a@x.example>",
      "a@x.example b@x.example",
      "Joe : D <a@x.example>",
    ],
    `a@x.example (${"c".repeat(200)})`,
    `${"x".repeat(201)}@x.example`,
  ];
  for (const value of values) assert.equal(sendmailAddresses(value), undefined, value);
});

const postfix: Delivery = { mta: "postfix", lineLimit: LINE_LIMITS.postfix, isSimple: false };
const sendmail: Delivery = { mta: "sendmail", lineLimit: LINE_LIMITS.sendmail, isSimple: false };

function delivered(name: string, value: string, delivery: Delivery): string {
  const outcome = deliveredValue(name, bytes(value), delivery);
  return "problem" in outcome ? `! ${outcome.problem}` : text([outcome.value]);
}

test("a field is signed as it will be delivered", () => {
  assert.equal(delivered("To", "a@x.example,b@x.example", postfix), "a@x.example,b@x.example");
  assert.equal(delivered("To", "a@x.example,b@x.example", sendmail), " a@x.example, b@x.example");
  assert.equal(delivered("TO", " joe", sendmail), "! Sendmail may rewrite the addresses in TO");
  assert.equal(delivered("To", " joe", postfix), " joe");
  assert.equal(delivered("Full-Name", " Joe", sendmail), "! Sendmail takes out Full-Name");
  assert.equal(delivered("Full-Name", " Joe", postfix), " Joe");
  assert.equal(delivered("Subject", " a,b", sendmail), " a,b");
});

test("a field with a longer line than the MTA delivers is not signed", () => {
  const line = (length: number) => ` ${"x".repeat(length - "Subject: ".length)}`;
  assert.equal(delivered("Subject", line(998), postfix), line(998));
  assert.equal(
    delivered("Subject", line(999), postfix),
    "! Subject has a line of 999 bytes, and Postfix breaks those of more than 998",
  );
  assert.equal(delivered("Subject", line(990), sendmail), line(990));
  assert.equal(
    delivered("Subject", line(991), sendmail),
    "! Subject has a line of 991 bytes, and Sendmail breaks those of more than 990",
  );
  for (const fold of ["\n ", "\r\n "]) {
    const folded = ` a${fold}${"x".repeat(997)}${fold}b`;
    assert.equal(delivered("Subject", folded, postfix), folded);
    assert.match(
      delivered("Subject", ` a${fold}${"x".repeat(998)}${fold}b`, postfix),
      /^! Subject has a line of 999/,
    );
  }
  assert.equal(delivered("Subject", line(2000), { ...postfix, lineLimit: 2040 }), line(2000));
});

test("with simple, a field is signed only if Sendmail keeps every white space of it", () => {
  const simple = { ...sendmail, isSimple: true };
  for (
    const value of [" a@x.example", "   a@x.example", " a@x.example, b@x.example", " Joe\n Doe <a@x.example>"]
  ) {
    assert.equal(delivered("To", value, simple), value);
  }
  const anew = "! Sendmail writes To anew, which --canonicalization simple does not allow";
  const changed = [
    ...["a@x.example", "\ta@x.example", " a@x.example ", " a@x.example,b@x.example", " Joe D. <a@x.example>"],
    ` ${"a@x.example, ".repeat(6)}b@x.example`,
  ];
  for (const value of changed) assert.equal(delivered("To", value, simple), anew, value);
});

test("the absence of a field that Sendmail adds is not signed", () => {
  const ask = (present: string[], oversigned: string[], mta: "postfix" | "sendmail" = "sendmail") =>
    addedLater(new Set(present), oversigned, mta);
  assert.match(
    ask(["from"], ["from", "date"]) ?? "",
    /^Sendmail adds the missing date, whose absence --oversign would sign$/,
  );
  assert.equal(ask(["from", "date"], ["from", "date"]), undefined);
  assert.equal(ask(["from"], ["from", "date"], "postfix"), undefined);
  assert.equal(ask(["from"], ["from", "resent-from", "subject"]), undefined);
  assert.match(ask(["from", "resent-to"], ["from", "resent-from"]) ?? "", /missing resent-from/);
});

function hasLong(limit: number, chunks: readonly Uint8Array[]): boolean {
  const lines = new LongLines(limit);
  for (const chunk of chunks) lines.push(chunk);
  return lines.found;
}

test("a long line of a body is found, wherever the chunks are split", () => {
  const limit = 10;
  const row = (body: string, isLong: boolean) => {
    for (let cut = 0; cut <= body.length; cut++) {
      for (let next = cut; next <= body.length; next++) {
        const chunks = [body.slice(0, cut), body.slice(cut, next), body.slice(next)].map(bytes);
        assert.equal(hasLong(limit, chunks), isLong, `${JSON.stringify(body)} cut at ${cut} and ${next}`);
      }
    }
  };
  row("x".repeat(10) + "\r\n" + "y".repeat(10) + "\r\n", false);
  row("x".repeat(11) + "\r\n", true);
  row("x\r\n" + "y".repeat(11), true);
  row("x\r\n" + "y".repeat(10), false);
  row("x\r\n" + "y".repeat(10) + "\r", false);
  row("x".repeat(10) + "\n" + "y\n", false);
  row("x".repeat(11) + "\n" + "y\n", true);
  row("\r\n\r\n\r\n\n\n" + "x".repeat(10) + "\r\n", false);
  row("", false);
});

test("long lines are found as by looking at every line", () => {
  const random = new Random(7);
  for (let round = 0; round < 500; round++) {
    const limit = 5 + random.below(20);
    const lines = Array.from(
      { length: random.below(8) },
      () => "x".repeat(random.below(limit + 3)) + (random.below(4) === 0 ? "\n" : "\r\n"),
    );
    const body = lines.join("") + "x".repeat(random.below(limit + 3));
    const isLong = body.split("\n").some((line) => line.replace(/\r$/, "").length > limit);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < body.length;) {
      const size = 1 + random.below(12);
      chunks.push(bytes(body.slice(at, at + size)));
      at += size;
    }
    assert.equal(hasLong(limit, chunks), isLong, JSON.stringify([limit, body]));
  }
});
