// What a milter answers and asks for that no filter should: taken as the MTA at hand takes it.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import { latin1Text, toBytes } from "../../lib/protocol/text.ts";
import { until } from "../server/support.ts";
import { behindRaw, packet, type RawMilter } from "./support.ts";
import { at } from "../support/present.ts";

const MESSAGE = toBytes("Subject: one\r\nX-Two: two\r\n\r\nbody\r\n");
const ENVELOPE = { from: "s@example.org", to: ["a@example.net", "b@example.net", "c@example.net"] };

/** A message through a chain with one raw milter, of Postfix or of Sendmail. */
async function through(
  mta: "postfix" | "sendmail",
  react: RawMilter["react"],
  use: (client: MtaClient, raw: RawMilter) => Promise<void>,
): Promise<void> {
  await behindRaw({}, async (raw, { open }) => {
    raw.react = react;
    const client = await open({ bare: true });
    if (mta === "postfix") client.macros("connect", { v: "Postfix 3.7" });
    await client.connect({ hostname: "h", family: "unknown" });
    await client.helo("h");
    await use(client, raw);
  });
}

for (
  const [mta, letter, verdict, letters] of [
    ["postfix", "C", "continue", "OCHMRRRTLLNBE"],
    ["postfix", "H", "continue", "OCHMRRRTLLNBE"],
    ["postfix", "M", "continue", "OCHMRRRTLLNBE"],
    ["postfix", "R", "continue", "OCHMRTLLNBE"],
    ["postfix", "T", "continue", "OCHMRRRTLLNBE"],
    ["postfix", "L", "continue", "OCHMRRRTLNBE"],
    ["postfix", "N", "continue", "OCHMRRRTLLNBE"],
    ["postfix", "E", "continue", "OCHMRRRTLLNBE"],
    ["sendmail", "C", "tempfail", "OCOC"],
    ["sendmail", "H", "tempfail", "OCHOCH"],
    ["sendmail", "M", "tempfail", "OCHM"],
    ["sendmail", "R", "tempfail", "OCHMR"],
    ["sendmail", "T", "tempfail", "OCHMRRRT"],
    ["sendmail", "L", "continue", "OCHMRRRTLLNE"],
    ["sendmail", "N", "continue", "OCHMRRRTLLNE"],
    ["sendmail", "E", "tempfail", "OCHMRRRTLLNBE"],
  ] as const
) {
  test(`${mta}: skip in answer to ${letter} gives ${verdict}`, async () => {
    const react = (given: { letter: string }) => given.letter === letter ? packet("s") : undefined;
    await through(mta, react, async (client, raw) => {
      const { answer, refused } = await client.message(MESSAGE, ENVELOPE);
      // A refused recipient is not the message, which ends with the last of them.
      assert.equal(refused[0]?.answer.verdict ?? answer.verdict, verdict);
      assert.equal(raw.letters().replaceAll("A", "").slice(0, letters.length + 1), letters);
    });
  });
}

test("postfix: skip holds until another event comes, and for one message", async () => {
  const react = ({ letter }: { letter: string }) => letter === "L" ? packet("s") : undefined;
  await through("postfix", react, async (client, raw) => {
    for (let message = 0; message < 2; message++) await client.message(MESSAGE, ENVELOPE);
    assert.equal(raw.letters(), "OCHMRRRTLNBEMRRRTLNBE");
  });
});

test("sendmail: a body that is passed over is that of one message", async () => {
  let headers = 0;
  const react = ({ letter }: { letter: string }) =>
    letter === "L" && headers++ === 0 ? packet("s") : undefined;
  await through("sendmail", react, async (client, raw) => {
    for (let message = 0; message < 2; message++) await client.message(MESSAGE, ENVELOPE);
    assert.equal(raw.letters(), "OCHMRRRTLLNEMRRRTLLNBE");
  });
});

const index = (number: number, rest: string): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(number);
  return Buffer.concat([head, Buffer.from(rest, "latin1")]);
};

for (
  const [what, asked, got] of [
    ["a name with a colon", packet("h", "X-Co:lon:\0v\0"), "addHeader X-Co:lon:  v"],
    ["a name with blanks", packet("h", "X \tA \0v\0"), "addHeader X \tA   v"],
    ["a name with a line end, folded,", packet("h", "X-A: 1\nX-B\0v\0"), "addHeader X-A: 1\n\tX-B  v"],
    ["a name beyond ASCII", packet("i", index(1, "caf\xe9\0\xff\0")), "insertHeader 1 caf\xe9  \xff"],
    ["a changed name with a colon", packet("m", index(1, "Subject:\0v\0")), "addHeader Subject:  v"],
    ["the null recipient, deleted", packet("-", "<>\0"), "deleteRcpt <>"],
    ["the null recipient, added", packet("+", "<>\0"), "addRcpt <>"],
    ["the null recipient with arguments", packet("2", "<>\0NOTIFY=NEVER\0"), "addRcpt <> NOTIFY=NEVER"],
    ["no recipient at all", packet("-", "\0"), "deleteRcpt "],
    ["a recipient with a control character", packet("+", "<a\x01b@c>\0"), "addRcpt <a\x01b@c>"],
    ["a recipient in latin1", packet("+", "<caf\xe9@c>\0"), "addRcpt <caf\xe9@c>"],
    ["a recipient in latin1, deleted", packet("-", "<\xff@c>\0"), "deleteRcpt <\xff@c>"],
    ["a sender in latin1", packet("e", "<\xe9>\0X=\xff\0"), "changeFrom <\xe9> X=\xff"],
    ["a reason in latin1, in one line,", packet("q", "caf\xe9\r\n\xff\x01\0"), "quarantine caf\xe9 \xff\x01"],
  ] as [string, Uint8Array, string][]
) {
  test(`${what} reaches the MTA byte for byte`, async () => {
    const react = ({ letter }: { letter: string }) =>
      letter === "E" ? Buffer.concat([asked, packet("c")]) : undefined;
    await through("postfix", react, async (client) => {
      const { answer } = await client.message(MESSAGE, ENVELOPE);
      assert.equal(answer.verdict, "continue");
      const { type, ...rest } = at(answer.modifications, 0);
      const parts = Object.values(rest).map((part) =>
        typeof part === "number" ? part : latin1Text(toBytes(part as string | Uint8Array))
      );
      assert.equal([type, ...parts].join(" "), got);
    });
  });
}

test("a field that fills its packet loses what the space before its value needs", async () => {
  const value = "v".repeat(65535 - "X-Full\0\0".length);
  const react = ({ letter }: { letter: string }) =>
    letter === "E" ? Buffer.concat([packet("h", `X-Full\0${value}\0`), packet("c")]) : undefined;
  await through("postfix", react, async (client) => {
    const { answer } = await client.message(MESSAGE, ENVELOPE);
    assert.equal(answer.verdict, "continue");
    const change = at(answer.modifications, 0);
    assert.ok(change.type === "addHeader");
    assert.match(latin1Text(change.value), /^ v{65000,}$/);
  });
});

for (
  const text of ["550 5.7.1 caf\xe9 \xff", "550-5.7.1 caf\xe9\r\n550 5.7.1 \xff", "451 4.7.1 a\xe2\x80\xa8b"]
) {
  test(`the reply ${JSON.stringify(text)} reaches the MTA byte for byte`, async () => {
    const react = ({ letter }: { letter: string }) => letter === "M" ? packet("y", `${text}\0`) : undefined;
    await through("postfix", react, async (client) => {
      const { verdict, reply } = await client.mail("s@example.org");
      assert.equal(verdict, text.startsWith("5") ? "reject" : "tempfail");
      assert.equal(latin1Text(client.encodedReply!), text);
      assert.equal(
        latin1Text(toBytes(reply!.lines.join("\n"))),
        text.replace(/\d{3}[ -]\d\.7\.1 /g, "").replace("\r", ""),
      );
    });
  });
}

test("commands that are not UTF-8 reach the milter byte for byte", async () => {
  await through("sendmail", () => undefined, async (client, raw) => {
    await client.helo("caf\udce9");
    await client.unknown("FROB \udcff");
    await until(() => raw.letters().endsWith("U"));
    const told = raw.packets.filter(({ letter }) => letter === "H" || letter === "U");
    assert.deepEqual(told.map(({ payload }) => latin1Text(payload)).slice(-2), ["caf\xe9\0", "FROB \xff\0"]);
  });
});
