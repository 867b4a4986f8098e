// Several servers: who is asked, what another one gets of a message when one fails, and what the log says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unreachableText } from "../../filters/clamd/errors.ts";
import { AddressError } from "../../lib/net/address.ts";
import { MESSAGE, served, turns, until } from "../server/support.ts";
import { at } from "../support/present.ts";
import { type Reaction, says } from "./scripted_clamd.ts";
import { clamdFilter, CLEAN, withServer, withServers } from "./support.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bodyOf = (bytes: number) => `${"x".repeat(70)}\r\n`.repeat(Math.ceil(bytes / 72));

const CLOSES: Reaction = (heard) => heard.command === "INSTREAM" ? "close" : CLEAN(heard);

/** What the filter logs at the start is not what these tests look at. */
async function started(log: string[], servers: number): Promise<void> {
  await until(() => log.length === servers);
  log.length = 0;
}

test("the log says at the start which clamd answers", () =>
  withServers([CLEAN, says("x")], async ({ log, servers }) => {
    await until(() => log.length === 2);
    assert.deepEqual(log.sort(), servers.map(({ address }) => `info: clamd at ${address}: ClamAV 1.0.0`));
  }));

test("what is no clamd is told of at the start", () =>
  withServer(() => "220 mx.example.org ESMTP", async ({ log, server }) => {
    await until(() => log.length > 0);
    assert.deepEqual(log, [
      `warning: What listens at ${server.address} is no clamd: it says 220 mx.example.org ESMTP; ` +
      "until it answers, --on-error tempfail decides on messages",
    ]);
  }));

test("a server that cannot be reached is told of at the start, with what to look at", async () => {
  const log: string[] = [];
  const filter = await clamdFilter("--server unix:/nowhere/clamd.ctl --server inet:1@127.0.0.1", {
    onLog: ({ text }) => void log.push(text),
  });
  await until(() => log.length === 2);
  await filter.dispose();
  assert.deepEqual(log.sort(), [
    "Cannot connect to inet:1@127.0.0.1: nobody listens there; check that clamd runs, with this address in its clamd.conf; it " +
    "listens once its signatures are loaded; until it answers, mail goes to the others",
    "Cannot connect to unix:/nowhere/clamd.ctl: there is no such file or directory; check that clamd runs, and that this is the " +
    "LocalSocket in its clamd.conf; until it answers, mail goes to the others",
  ]);
});

test("who may not use the socket is told which group to be in", () => {
  const refused = new AddressError(
    "cannot-connect",
    "unix:/x",
    "Cannot connect to unix:/x: permission denied",
    {
      systemCode: "EACCES",
    },
  );
  assert.equal(
    unreachableText(refused),
    "Cannot connect to unix:/x: permission denied; the user of this service needs the group of the socket (LocalSocketGroup " +
      "in clamd.conf)",
  );
});

test("the first server that works is asked; the log tells of its failure and its return once", () =>
  withServers([CLEAN, CLEAN], async ({ servers: [first, second], send, log, filter }) => {
    await started(log, 2);
    for (let i = 0; i < 2; i++) (await send()).assertAccepted();
    assert.deepEqual([first!.streams.length, second!.streams.length], [2, 0]);
    await first!.kill();
    for (let i = 0; i < 3; i++) (await send()).assertAccepted();
    assert.equal(second!.streams.length, 3);
    assert.deepEqual(log, [
      `warning: Cannot connect to ${
        first!.address
      }: there is no such file or directory; check that clamd runs, and that this is the ` +
      "LocalSocket in its clamd.conf",
    ]);
    assert.equal(filter.metrics.count("server_failures_total", { server: first!.address }), 3);
    await first!.listen();
    for (let i = 0; i < 2; i++) (await send()).assertAccepted();
    assert.deepEqual(log.slice(1), [`info: clamd at ${first!.address} scans again`]);
  }));

for (const bytes of [1000, 500_000, 1_000_000]) {
  test(`another server gets all of a message of ${bytes} bytes, wherever the first one fails`, () =>
    withServers([CLEAN, CLEAN], async ({ servers: [first, second], send }) => {
      const body = bodyOf(bytes);
      const points = [0, 30_000, 200_000, 600_000, Infinity].filter((point) =>
        point <= bytes || point === Infinity
      );
      for (const point of points) {
        first!.react = ({ stream, isWhole }) => isWhole || stream.length >= point ? "close" : undefined;
        (await send({ body })).assertHeader("X-Virus-Status", "Clean");
        const stream = text(at(second!.streams, -1));
        assert.equal(stream.slice(stream.indexOf("\r\n\r\n") + 4) === body, true, String(point));
      }
      assert.equal(second!.streams.length, points.length);
    }));
}

test("an error of one server early in a message has another one scan all of it", () =>
  withServers([CLEAN, CLEAN], async ({ servers: [first, second], send }) => {
    first!.react = ({ stream }) =>
      stream.length > 100_000 ? "stream: No space left on device ERROR" : undefined;
    const body = bodyOf(900_000);
    (await send({ body })).assertHeader("X-Virus-Status", "Clean");
    const stream = text(at(second!.streams, 0));
    assert.equal(stream.slice(stream.indexOf("\r\n\r\n") + 4) === body, true);
  }));

test("what another server finds counts", () =>
  withServers([CLOSES, says("stream: Eicar-Test FOUND")], async ({ send }) => {
    (await send()).assertRejected(550, /Eicar-Test/);
  }));

test("a message of which not all is kept is not sent again, not even in part", () =>
  withServers([CLEAN, CLEAN], async ({ servers: [first, second], send }) => {
    first!.react = ({ isWhole }) => isWhole ? "close" : undefined;
    const sent = await send({ body: bodyOf(3_000_000) });
    sent.assertTempfailed();
    assert.equal(second!.commands.filter((command) => command === "INSTREAM").length, 0);
    assert.match(
      String(sent.failures[0]?.error),
      /No clamd scanned the message: clamd at \S+ closed the connection before it answered; not all of it was kept to be sent to the other server$/,
    );
    // It may be sent anew.
    await first!.kill();
    (await send({ body: bodyOf(3_000_000) })).assertAccepted();
  }));

test("if no server works, the error names each", () =>
  withServers([CLOSES, says("nonsense"), CLEAN], async ({ servers, send }) => {
    await servers[2]!.kill();
    const sent = await send();
    sent.assertTempfailed();
    const [{ error } = { error: undefined }] = sent.failures;
    const [a, b, c] = servers.map(({ address }) => address);
    assert.equal(
      (error as Error).message,
      `No clamd scanned the message: clamd at ${a} closed the connection before it answered; clamd at ${b} cannot scan: ` +
        `nonsense; Cannot connect to ${c}: there is no such file or directory; check that clamd runs, and that this is the ` +
        "LocalSocket in its clamd.conf",
    );
  }));

test("servers share --scan-timeout, and one that hangs is passed over afterwards", () =>
  withServers([CLEAN, CLEAN], async ({ servers: [first, second], send, clock }) => {
    first!.react = () => undefined;
    const sent = send();
    await until(() => first!.streams.length === 1 && clock.waited(60_000));
    await clock.pass(60_000);
    (await sent).assertAccepted();
    assert.equal(second!.streams.length, 1);

    const next = send();
    await until(() => clock.waited(3000));
    await clock.pass(3000);
    (await next).assertAccepted();
    (await send()).assertAccepted();
    assert.equal(second!.streams.length, 3);
    assert.equal(first!.streams.length, 1);
    first!.react = CLEAN;
    await clock.pass(5000);
    (await send()).assertAccepted();
    assert.equal(first!.streams.length, 2);
  }));

test("the end of a message ends its scan, and no other server is asked then", () =>
  withServers([(heard) => heard.isWhole ? undefined : CLEAN(heard), CLEAN], async (rig) => {
    const { servers: [first, second], filter, clock } = rig;
    await served([filter], async ({ open }) => {
      const client = await open();
      const sent = client.message(MESSAGE, { from: "a@example.org", to: ["b@example.net"] }).catch(() => {});
      await until(() => first!.streams.length === 1);
      client.destroy();
      await sent;
      await until(() => first!.open === 0);
      await turns();
      assert.equal(second!.streams.length, 0);
    }, { clock });
  }));
