// What the client of a milter does for the filter.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type MilterConnectionError, MtaClient } from "../../lib/mta/client.ts";
import { MacroStore } from "../../lib/protocol/macros.ts";
import type { Connection } from "../../lib/net/transport.ts";
import { latin1Text, toBytes } from "../../lib/protocol/text.ts";
import { behindRaw, packet } from "./support.ts";

test("a connection that does not come about in time is given up, and closed when it comes", async () => {
  let late!: (connection: Connection) => void;
  const opening = MtaClient.open(() => new Promise((resolve) => late = resolve), { timeout: 20 });
  await assert.rejects(opening, (error: MilterConnectionError) => {
    assert.deepEqual([error.code, error.value], ["timeout", "connection"]);
    return error.message === "No connection within 20 ms";
  });
  let destroyed = false;
  late({ destroy: () => destroyed = true } as unknown as Connection);
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(destroyed);
});

test("progress before an answer is passed over, at any event", async () => {
  await behindRaw({}, async (raw) => {
    raw.react = ({ letter }) =>
      "CHMR".includes(letter) ? Uint8Array.from([...packet("p"), ...packet("p"), ...packet("r")]) : undefined;
    const client = await MtaClient.open(raw.address);
    assert.equal((await client.connect({ hostname: "h", family: "unknown" })).verdict, "reject");
    assert.equal((await client.helo("h")).verdict, "reject");
    assert.ok(client.idle);
    client.quit();
  });
});

test("every answer is a verdict, with the reply or the hang-up beside it", async () => {
  const answers = [
    packet("t"),
    packet("y", "451 4.7.1 later\0"),
    packet("y", "550 no\0"),
    packet("4"),
    packet("f"),
  ];
  const expected = [
    { verdict: "tempfail" },
    { verdict: "tempfail", reply: { code: 451, enhanced: "4.7.1", lines: ["later"] } },
    { verdict: "reject", reply: { code: 550, lines: ["no"] } },
    { verdict: "tempfail", hangUp: "shutdown" },
    { verdict: "tempfail", hangUp: "connection-fail" },
  ];
  await behindRaw({}, async (raw) => {
    raw.react = ({ letter }) => letter === "H" ? answers.shift() : undefined;
    const client = await MtaClient.open(raw.address);
    for (const answer of expected) assert.deepEqual(await client.helo("h"), { ...answer, modifications: [] });
    client.quit();
  });
});

test("one that said more than it was asked is not idle", async () => {
  await behindRaw({}, async (raw) => {
    raw.react = ({ letter }) =>
      letter === "H" ? Uint8Array.from([...packet("c"), ...packet("c")]) : undefined;
    const client = await MtaClient.open(raw.address);
    assert.ok(client.idle);
    await client.helo("h");
    assert.ok(!client.idle);
    client.destroy();
  });
});

test("a reply is there as it came", async () => {
  await behindRaw({}, async (raw) => {
    raw.react = ({ letter }) => letter === "M" ? packet("y", "550 5.7.1 100%% caf\xe9\0") : undefined;
    const client = await MtaClient.open(raw.address);
    assert.equal(client.encodedReply, undefined);
    assert.equal((await client.mail("a@example.org")).reply?.code, 550);
    assert.equal(latin1Text(client.encodedReply!), "550 5.7.1 100%% caf\u00e9");
    client.quit();
  });
});

test("macros are handed on as they came, those that are to be seen", () => {
  const store = new MacroStore();
  const put = (letter: string, text: string) => {
    const bytes = toBytes(text);
    store.set(letter.charCodeAt(0), bytes, 0, bytes.length);
  };
  put("M", "i\0Q1\0{mail_addr}\0a@example.org\0");
  put("R", "{rcpt_addr}\0b@example.net\0odd\0");
  const shown = (letter: string, names?: string[]) =>
    store.pairs(letter.charCodeAt(0), names && ((_stage, name) => names.includes(name))).map((bytes) =>
      latin1Text(bytes)
    );
  assert.deepEqual(shown("M"), ["i", "Q1", "{mail_addr}", "a@example.org"]);
  assert.deepEqual(shown("M", ["mail_addr"]), ["{mail_addr}", "a@example.org"]);
  assert.deepEqual(shown("R"), ["{rcpt_addr}", "b@example.net", "odd", ""]);
  assert.deepEqual(shown("E"), []);
  assert.deepEqual(shown("A"), []);
  store.endMessage();
  assert.deepEqual(shown("M"), []);
});
