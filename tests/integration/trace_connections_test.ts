// milterkit trace when it ends in the middle of mail, and with connections that are many, broken or not milters.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { newFolder } from "../support/instance.ts";
import { freePort } from "../support/ports.ts";
import { at } from "../support/present.ts";
import { end, recordsOf, replay, serve, trace } from "./trace_support.ts";

const folder = newFolder("milterkit-trace-");

after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${files++}.trace`);

async function inMessage(address: string): Promise<MtaClient> {
  const client = await MtaClient.open(address);
  await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
  await client.helo("client.example");
  await client.mail("a@example.test");
  await client.rcpt("b@example.test");
  return client;
}

test("a trace that is killed leaves a file that can be replayed", { timeout: 120_000 }, async () => {
  const file = newFile();
  const serving = await serve("1MB");
  const tracing = await trace(serving.address, "--write", file, "--quiet");
  try {
    await inMessage(tracing.address);
    tracing.signal("SIGKILL");
    await tracing.ended;
    assert.equal(tracing.output, "");
    const whole = await replay(file, serving.address);
    assert.match(whole.lines.join("\n"), /^equal: 1 connection, 1 message, \d+ events played$/);
    assert.equal(whole.code, 0);
    writeFileSync(file, readFileSync(file, "utf8").slice(0, -10));
    const cut = await replay(file, serving.address);
    assert.equal(cut.code, 0);
    assert.match(cut.stderr, /^milterkit: the last line of .* is incomplete and was left out\n$/);
  } finally {
    await tracing.stop();
    await serving.stop();
  }
});

test("a signal ends a trace once the message at hand is over", { timeout: 120_000 }, async () => {
  const serving = await serve("1MB");
  try {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const tracing = await trace(serving.address);
      const client = await inMessage(tracing.address);
      const idle = await MtaClient.open(tracing.address);
      tracing.signal(signal);
      await tracing.waitForLine((line) => line.includes("ending when the messages in progress are finished"));
      await client.data();
      assert.equal((await client.eom()).verdict, "continue");
      assert.deepEqual(await tracing.ended, { code: 0, signal: null });
      assert.match(tracing.output, /EOM[^]*continue[^]*closed\n$/);
      idle.destroy();
    }
    const tracing = await trace(serving.address);
    await inMessage(tracing.address);
    tracing.signal("SIGINT");
    await tracing.waitForLine((line) => line.includes("a second signal ends at once"));
    tracing.signal("SIGINT");
    assert.deepEqual(await tracing.ended, { code: 0, signal: null });
  } finally {
    await serving.stop();
  }
});

test("many connections at once keep their numbers apart", { timeout: 120_000 }, async () => {
  const file = newFile();
  const serving = await serve("1MB");
  const tracing = await trace(serving.address, "--write", file, "--json");
  try {
    await Promise.all(Array.from({ length: 25 }, async (_, i) => {
      const client = await MtaClient.open(tracing.address);
      await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
      const text = new TextEncoder().encode(`Subject: ${i}\r\n\r\n${"x".repeat(i * 1000)}\r\n`);
      await client.message(text, { from: `${i}@example.test`, to: ["b@example.test"] });
      client.quit();
    }));
    await end(tracing, file, 25);
    // what is printed is what is written
    assert.equal(tracing.output, readFileSync(file, "utf8"));
    const senders = recordsOf(file).filter(({ name }) => name === "mail");
    assert.equal(new Set(senders.map(({ connection }) => connection)).size, 25);
    const same = await replay(file, serving.address);
    assert.match(at(same.lines, 0), /^equal: 25 connections, 25 messages/);
    const one = await replay(file, serving.address, "--connection", "7", "--connection", "9");
    assert.match(at(one.lines, 0), /^equal: 2 connections, 2 messages/);
  } finally {
    await tracing.stop();
    await serving.stop();
  }
});

test("what is no milter goes through as it is, and is written as it is", { timeout: 120_000 }, async () => {
  const file = newFile();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const tracing = await trace(
    `inet:${(server.address() as { port: number }).port}@127.0.0.1`,
    "--write",
    file,
  );
  const sent = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 255);
  try {
    const [, port] = /inet:(\d+)@/.exec(tracing.address)!;
    const socket = connect(Number(port), "127.0.0.1");
    const back: Uint8Array[] = [];
    const done = new Promise<void>((resolve) =>
      socket.on("data", (bytes: Uint8Array) => {
        back.push(bytes);
        if (back.reduce((sum, { length }) => sum + length, 0) === sent.length) resolve();
      })
    );
    socket.write(sent);
    await done;
    socket.end();
    await end(tracing, file, 1);
    const written = (side: string) => {
      const records = recordsOf(file).filter(({ from, bytes }) => from === side && bytes !== undefined);
      return records.flatMap(({ bytes }) => [...atob(bytes!)].map((char) => char.charCodeAt(0)));
    };
    assert.deepEqual(Uint8Array.from(written("mta")), sent);
    assert.deepEqual(Uint8Array.from(written("milter")), sent);
    assert.match(tracing.output, /not the milter protocol/);
    const { code, stderr } = await replay(file, "inet:1@127.0.0.1");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /connection 1 is not played: the MTA sent something that is not a packet[^]*no connection that can be played/,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await tracing.stop();
  }
});

test(
  "a filter that is not there is told, and the MTA's connection is closed",
  { timeout: 120_000 },
  async () => {
    const tracing = await trace(`inet:${await freePort()}@127.0.0.1`, "--quiet");
    try {
      await assert.rejects(MtaClient.open(tracing.address));
      await tracing.waitForLine((line) =>
        /connection 1: milter: Cannot connect to inet:.*nobody listens/.test(line)
      );
    } finally {
      await tracing.stop();
    }
  },
);
