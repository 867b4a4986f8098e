// How a message is sent: every byte of it, while it comes, and no longer than somebody reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClamdConnection, MAX_UNSENT } from "../../filters/clamd/connection.ts";
import { TestSession } from "../../lib/testing.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { atRest, inFolder, turns, until } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at } from "../support/present.ts";
import { type Reaction, says, ScriptedClamd } from "./scripted_clamd.ts";
import { CLEAN, withServer } from "./support.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A body of about so many bytes, no two of its lines the same. */
function bodyOf(bytes: number): string {
  let body = "";
  for (let i = 0; body.length < bytes; i++) body += `${i} ${"x".repeat(60)}\r\n`;
  return body;
}

test("clamd gets the message as it is, behind a field by which it knows that it is mail", () =>
  withServer(CLEAN, async ({ server, send }) => {
    await send({ header: [["Subject", "a\r\n b"], ["Foo", "bar"]], body: "one\r\n\r\nFrom two\r\n" });
    assert.equal(
      text(at(server.streams, 0)),
      "Received: by milterkit\r\nSubject: a\r\n b\r\nFoo: bar\r\n\r\none\r\n\r\nFrom two\r\n",
    );
    await send({ header: [], body: "" });
    assert.equal(text(at(server.streams, 1)), "Received: by milterkit\r\n\r\n");
  }));

for (const bytes of [10_000, 65_000, 300_000, 3_000_000]) {
  test(`every byte of ${bytes} arrives in order`, () =>
    withServer(CLEAN, async ({ server, send }) => {
      const body = bodyOf(bytes);
      (await send({ body })).assertHeader("X-Virus-Status", "Clean");
      const stream = text(at(server.streams, 0));
      assert.equal(stream.slice(stream.indexOf("\r\n\r\n") + 4) === body, true);
      assert.equal(server.begun, 1);
    }));
}

test("a large message is sent while it comes, a small one at its end; then the connection closes", () =>
  withServer(CLEAN, async ({ server, filter, clock }) => {
    const session = await TestSession.open(filter, { clock });
    await session.begin({ body: bodyOf(10_000) });
    await turns();
    assert.equal(server.begun, 0);
    await session.deliver({ body: bodyOf(10_000) });
    assert.equal(server.begun, 1);
    await session.begin({ body: bodyOf(200_000) });
    await until(() => server.begun === 2);
    assert.equal(server.streams.length, 1);
    await session.close();
    await until(() => server.open === 0);
    assert.equal(server.streams.length, 1, "who leaves in the middle has nothing scanned");
  }));

test("a message that ends without the filter leaves nothing behind", () =>
  withServer(CLEAN, async ({ server, filter, clock }) => {
    const refuses = { name: "refuses", changes: [], eom: () => ({ kind: "reject" as const }) };
    const session = await TestSession.open([refuses, filter], { clock });
    for (let i = 0; i < 3; i++) (await session.deliver({ body: bodyOf(300_000) })).assertRejected();
    await session.close();
    await until(() => server.open === 0);
    assert.equal(server.streams.length, 0);
  }));

test("no more is taken from the MTA than clamd takes, up to a bound", () =>
  inFolder(async (folder) => {
    const server = await ScriptedClamd.start(`${folder}/socket`);
    server.reads = false;
    const clock = new ManualClock();
    const connection = await ClamdConnection.open(parseAddress(server.address), 1000, clock);
    connection.command("INSTREAM");
    const piece = new Uint8Array(64 * 1024);
    while (connection.unsent <= MAX_UNSENT) connection.chunk(piece);
    await atRest(() => connection.unsent);
    let isDrained = false;
    const drained = connection.drained(1000).then(() => isDrained = true);
    await turns();
    assert.ok(!isDrained);
    const isLate = assert.rejects(
      drained,
      /ClamdError: clamd at unix:\S+ took no more of the message for 1000 ms/,
    );
    clock.advance(1000);
    await isLate;
    connection.destroy();
    await server.kill();
  }));

test("one that takes nothing is waited for --timeout, not longer", () =>
  withServer(CLEAN, async ({ server, send, clock, log }) => {
    await until(() => log.length === 1);
    server.reads = false;
    const sent = send({ body: bodyOf(3_000_000) });
    let isOver = false;
    void sent.finally(() => isOver = true);
    await until(() => server.connections === 2 && clock.waited(3000));
    // At first the system takes a little for it.
    for (let i = 0; i < 3 && !isOver; i++) {
      await turns();
      await clock.pass(3000);
    }
    (await sent).assertTempfailed();
    assert.match(String((await sent).failures[0]?.error), /took no more of the message for 3000 ms/);
  }));

/** Answers as soon as so much has come. */
const early = (answer: string, after: number): Reaction => (heard) =>
  heard.stream.length >= after && !heard.isWhole ? answer : CLEAN(heard);

test("what clamd says before the end counts: too much", () =>
  withServer(early("INSTREAM size limit exceeded. ERROR", 100_000), async ({ server, send }) => {
    const sent = await send({ body: bodyOf(8_000_000) });
    sent.assertTempfailed(452);
    assert.equal(server.streams.length, 0);
  }));

test("what clamd says before the end counts: found", () =>
  withServer(early("stream: Eicar-Test FOUND", 100_000), async ({ send }) => {
    (await send({ body: bodyOf(3_000_000) })).assertRejected(550, /Eicar-Test/);
  }));

test("OK before the end is no answer", () =>
  withServer(early("stream: OK", 100_000), async ({ send }) => {
    const sent = await send({ body: bodyOf(3_000_000) });
    sent.assertTempfailed();
    assert.match(String(sent.failures[0]?.error), /answered before the end of the message/);
  }));

for (
  const [what, react] of [
    ["closes at once", () => "close"],
    ["closes in the stream", ({ stream }) => stream.length > 50_000 ? "close" : undefined],
    ["closes at the end", ({ isWhole }) => isWhole ? "close" : undefined],
  ] as const satisfies readonly (readonly [string, Reaction])[]
) {
  for (const bytes of what === "closes in the stream" ? [3_000_000] : [1000, 3_000_000]) {
    test(`a server that ${what} of ${bytes} bytes lets nothing pass`, () =>
      withServer((heard) => heard.command === "INSTREAM" ? react(heard) : CLEAN(heard), async ({ send }) => {
        const sent = await send({ body: bodyOf(bytes) });
        sent.assertTempfailed();
        assert.match(String(sent.failures[0]?.error), /closed the connection before it answered/);
      }));
  }
}

test("an endless answer is cut off", () =>
  withServer(({ isWhole }) => isWhole ? new Uint8Array(100_000).fill(0x41) : undefined, async ({ send }) => {
    const sent = await send();
    sent.assertTempfailed();
    assert.match(String(sent.failures[0]?.error), /cannot scan: A{200}$/);
  }));

test("one that does not answer at the end is waited for --scan-timeout, and then no longer than a PING", () =>
  withServer((heard) => heard.isWhole ? undefined : CLEAN(heard), async ({ send, server, clock }) => {
    const first = send();
    await until(() => server.streams.length === 1 && clock.waited(120_000));
    await clock.pass(120_000);
    (await first).assertTempfailed();
    assert.match(String((await first).failures[0]?.error), /did not answer within 120000 ms/);

    // It answers PING, so it was the message that took long.
    const second = send();
    await until(() => server.streams.length === 2 && clock.waited(120_000));
    assert.deepEqual(server.commands.slice(-2), ["PING", "INSTREAM"]);
    await clock.pass(120_000);
    (await second).assertTempfailed();

    // It does not answer PING either.
    server.react = () => undefined;
    const third = send();
    await until(() => server.commands.at(-1) === "PING" && clock.waited(3000));
    await clock.pass(3000);
    (await third).assertTempfailed();
    const { connections } = server;
    (await send()).assertTempfailed();
    assert.equal(server.connections, connections, "not asked again so soon");

    server.react = says("stream: OK");
    await clock.pass(5000);
    (await send()).assertAccepted();
  }));
