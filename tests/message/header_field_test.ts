import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { latin1Text, toBytes } from "../../lib/message/text.ts";

/** A field that lies between other bytes, as in a packet. */
function within(name: string | Uint8Array, value: string | Uint8Array, verbatim: boolean): HeaderField {
  const [n, v] = [toBytes(name), toBytes(value)];
  const bytes = new Uint8Array(3 + n.length + 1 + v.length + 4).fill(0x0a);
  bytes.set(n, 3);
  bytes[3 + n.length] = 0;
  bytes.set(v, 4 + n.length);
  return new HeaderField(bytes, 3, 3 + n.length, 4 + n.length + v.length, verbatim);
}

test("name and value are read as text, the bytes as they came", () => {
  const field = within("Subject", " grüße", true);
  assert.deepEqual([field.name, field.value], ["Subject", "grüße"]);
  assert.deepEqual(field.nameBytes, toBytes("Subject"));
  assert.deepEqual(field.valueBytes, toBytes("grüße"));
});

for (
  const [verbatim, given, value, raw] of [
    [true, " v", "v", " v"],
    [true, "v", "v", "v"],
    [true, "  v", " v", "  v"],
    [true, "\tv", "\tv", "\tv"],
    [true, " ", "", " "],
    [true, "", "", ""],
    [false, "v", "v", " v"],
    [false, " v", " v", "  v"],
    [false, "", "", " "],
  ] as const
) {
  const how = verbatim ? "with its leading space" : "without its leading space";
  test(`${JSON.stringify(given)} sent ${how} is ${JSON.stringify(value)}, and ${JSON.stringify(raw)} in the message`, () => {
    const field = within("A", given, verbatim);
    assert.equal(field.value, value);
    assert.deepEqual(field.valueBytes, toBytes(value));
    assert.deepEqual(field.rawValueBytes, toBytes(raw));
    assert.equal(field.size, "A:".length + raw.length + 2);
  });
}

test("eight-bit bytes survive, in text too", () => {
  const bytes = Uint8Array.of(0x20, 0xff, 0x41, 0x80);
  const field = within("X", bytes, true);
  assert.deepEqual(field.rawValueBytes, bytes);
  assert.equal(latin1Text(field.valueBytes), "\xffA\x80");
  assert.equal(field.value, "\udcffA\udc80");
  assert.deepEqual(HeaderField.of("X", field.value).valueBytes, field.valueBytes);
});

for (
  const [value, size] of [
    [" one", "A: one\r\n".length],
    [" one\n\ttwo", "A: one\r\n\ttwo\r\n".length],
    [" one\n\ttwo\n three", "A: one\r\n\ttwo\r\n three\r\n".length],
    [" one\r\n\ttwo", "A: one\r\n\ttwo\r\n".length],
    ["\n one", "A:\r\n one\r\n".length],
    [" \n", "A: \r\n\r\n".length],
  ] as const
) {
  test(`the size of ${JSON.stringify(value)} counts each fold as CRLF`, () => {
    assert.equal(within("A", value, true).size, size);
  });
}

test("the size is the same where the leading space was not sent", () => {
  assert.equal(within("Long-Name", "one\n\ttwo", false).size, "Long-Name: one\r\n\ttwo\r\n".length);
});

test("the size counts bytes, not letters", () => {
  assert.equal(within("A", " ü", true).size, "A: ".length + 2 + 2);
});

test("a name is compared in any spelling, whole", () => {
  const field = within("X-Spam_1", " v", true);
  for (const same of ["X-Spam_1", "x-spam_1", "X-SPAM_1"]) assert.ok(field.is(same), same);
  for (const other of ["X-Spam_", "X-Spam_12", "X-Spam?1", "X-SpamA1", "", "xmspam_1"]) {
    assert.ok(!field.is(other), other);
  }
  assert.ok(!within("[", "", true).is("{"));
  assert.ok(!within("@", "", true).is("`"));
});

test("a field made of a name and a value stands with one space before the value", () => {
  const field = HeaderField.of("A", "b\n\tc");
  assert.deepEqual([field.name, field.value], ["A", "b\n\tc"]);
  assert.deepEqual(field.rawValueBytes, toBytes(" b\n\tc"));
  assert.deepEqual(HeaderField.of(toBytes("A"), Uint8Array.of(0xff)).valueBytes, Uint8Array.of(0xff));
});

for (
  const [given, text] of [
    ["hello", "hello"],
    ["", ""],
    ["  two  spaces ", "two  spaces"],
    ["=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=", "You won the lottery"],
    ["You won\n\tthe =?utf-8?Q?lot?=\r\n =?utf-8?Q?tery?=", "You won the lottery"],
    ["=?utf-8?Q?a=0D=0Ab=00c=09d=E2=80=A8e=1B[2J?=", "a bc d e[2J"],
    ["grüße", "grüße"],
    [Uint8Array.of(0x67, 0xfc), "gü"],
  ] as const
) {
  test(`the text of ${JSON.stringify(typeof given === "string" ? given : [...given])} is ${JSON.stringify(text)}`, () => {
    const field = within("A", given, false);
    assert.equal(field.text, text);
    assert.equal(field.text, text);
  });
}
