// setText: a filter writes what people read, and the message has what mail may have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import { type EndOfMessage, InvalidChangeError } from "../../lib/filter/end_of_message.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { deliver } from "../../lib/testing.ts";

const ENCODED = "=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=";

/** What is made of a header by a filter that may change it, a line for each field. */
async function changed(
  change: (message: EndOfMessage) => void,
  header: readonly (readonly [string, string])[],
  mta: "postfix" | "sendmail" = "postfix",
): Promise<string[]> {
  const filter = defineFilter({
    name: "changing",
    changes: ["changeHeader"],
    eom: (message) => change(message as EndOfMessage),
  });
  const delivered = (await deliver(filter, { header, mta })).assertAccepted();
  return delivered.fields.filter(({ name }) => !/^(?:From|Received)$/i.test(name))
    .map(({ name, value }) => `${name}: ${value}`);
}

for (const mta of ["postfix", "sendmail"] as const) {
  test(`the first field with a name gets the text, with ${mta}`, async () => {
    const lines = await changed(
      (message) => message.setText("SUBJECT", `[Grüße] ${message.headers.text("Subject")}`),
      [["Subject", ENCODED], ["Subject", "another"]],
      mta,
    );
    assert.deepEqual(lines, [
      "Subject: =?utf-8?q?=5BGr=C3=BC=C3=9Fe=5D?= You won the lottery",
      "Subject: another",
    ]);
  });

  test(`a name that no field has is added once, with ${mta}`, async () => {
    const lines = await changed(
      (message) => {
        message.setText("X-Note", "first");
        message.setText("X-Note", "für alle");
      },
      [["Subject", "a"]],
      mta,
    );
    assert.deepEqual(lines, ["Subject: a", "X-Note: =?utf-8?q?f=C3=BCr?= alle"]);
  });
}

test("a field gets the text that it has", async () => {
  const given = [["Subject", "a"], ["Subject", ENCODED]] as const;
  const again = await changed((message) => {
    for (const field of message.headers.all("Subject")) message.setText(field, `${field.text}!`);
  }, given);
  assert.deepEqual(again, ["Subject: a!", "Subject: You won the lottery!"]);
});

test("a long text is folded, and one with line breaks is one line", async () => {
  const text = "Grüße an alle ".repeat(20).trim();
  const [line = ""] = await changed((message) => message.setText("Subject", `${text}\r\nBcc: x@y.test`), [[
    "Subject",
    "a",
  ]]);
  for (const part of line.split("\n")) assert.ok(part.length <= 78, part);
  assert.equal(HeaderField.of("Subject", line.slice("Subject: ".length)).text, `${text} Bcc: x@y.test`);
});

test("in a field with addresses the addresses stay", async () => {
  const lines = await changed(
    (message) => message.setText("To", '"Müller, Zoë" <zoe@x.test>, joe@x.test'),
    [["To", "a@x.test"]],
  );
  assert.deepEqual(lines, ["To: =?utf-8?q?M=C3=BCller=2C_Zo=C3=AB?= <zoe@x.test>, joe@x.test"]);
});

test("with no text the field stays without a value", async () => {
  const lines = await changed((message) => {
    message.setText("Subject", "");
    message.setText("X-Note", "\0");
  }, [["Subject", "a"]]);
  assert.deepEqual(lines, ["Subject: ", "X-Note: "]);
});

for (
  const [what, change] of [
    ["a name with a colon", (message) => message.setText("X:", "a")],
    ["a field that is not there", (message) => message.setText(undefined as unknown as string, "a")],
    ["something that is no text", (message) => message.setText("X", 1 as unknown as string)],
    ["more than a packet holds", (message) => message.setText("X", "ü".repeat(70_000))],
  ] as readonly (readonly [string, (message: EndOfMessage) => void])[]
) {
  test(`${what} is refused`, async () => {
    const lines = await changed((message) => {
      assert.throws(() => change(message), (error) => error instanceof InvalidChangeError);
    }, [["Subject", "a"]]);
    assert.deepEqual(lines, ["Subject: a"]);
  });
}

test("a filter that does not declare changeHeader may set no text", async () => {
  const filter = defineFilter({
    name: "adding",
    changes: ["addHeader"],
    eom(message) {
      assert.throws(() => (message as EndOfMessage).setText("Subject", "a"), /does not declare/);
    },
  });
  (await deliver(filter, { header: { Subject: "b" } })).assertAccepted().assertUnchanged();
});
