// milterkit trace between a real MTA and filters, and milterkit replay of what it wrote.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit, runMilterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { findCommand, sleep, startDaemon } from "../support/process.ts";
import { SmtpClient } from "../support/smtp_client.ts";
import { message, valuesOf } from "./mta/text.ts";

const noPostfix = skipFor(await postfixProblem());
const opendkim = findCommand("opendkim");
const noOpendkim = noPostfix ?? skipFor(opendkim ? undefined : "needs opendkim (Debian: opendkim)");

const folder = newFolder("milterkit-trace-");
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${files++}.trace`);

function serve(max: string): Promise<Milterkit> {
  const rewrite = ["--filter", "header-rewrite", "--add", "X-Checked: yes", "--remove", "X-Spam*"];
  const limit = ["--filter", "size-limit", "--max", max];
  return Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", ...limit, ...rewrite]);
}

function trace(milter: string, ...more: string[]): Promise<Milterkit> {
  return Milterkit.start(["trace", "--listen", "inet:0@127.0.0.1", "--milter", milter, ...more]);
}

/** Ends a trace once all of its connections are closed; they are closed a moment after the MTA's SMTP session. */
async function end(tracing: Milterkit, file: string, connections: number): Promise<void> {
  const closed = () => recordsOf(file).filter(({ type }) => type === "close").length;
  for (const until = Date.now() + 10_000; closed() < connections && Date.now() < until;) await sleep(20);
  tracing.signal("SIGINT");
  assert.deepEqual(await tracing.ended, { code: 0, signal: null }, tracing.log());
}

interface Line {
  type: string;
  connection: number;
  from?: string;
  name?: string;
  bytes?: string;
  after?: number;
  answers?: string | null;
}

function recordsOf(file: string): Line[] {
  // The last line may not be whole yet.
  return readFileSync(file, "utf8").split("\n").slice(1, -1).map((line) => JSON.parse(line));
}

const mail = (subject: string, body: string) =>
  message(["From: a@example.org", "To: b@example.test", "X-Spam: 1", `Subject: ${subject}`], body);

/** Two messages, and one between them that is given up. */
async function session(postfix: Postfix): Promise<void> {
  const client = await SmtpClient.connect(postfix.port);
  await client.ehlo();
  assert.equal(
    (await client.message("a@example.org", ["b@example.test"], mail("first", "hello\n"))).code,
    250,
  );
  await client.mail("given-up@example.org");
  await client.rcpt("b@example.test");
  await client.rset();
  const large = "the same again\n".repeat(8000);
  const to = ["b@example.test", "c@example.test"];
  assert.equal((await client.message("a@example.org", to, mail("second", large))).code, 250);
  await client.quit();
  const received = await postfix.nextHop.waitFor(2);
  for (const each of received) assert.deepEqual(valuesOf(each, "X-Checked"), ["yes"]);
}

async function replay(file: string, milter: string, ...more: string[]) {
  const { code, stdout, stderr } = await runMilterkit(["replay", file, "--milter", milter, ...more]);
  return { code, lines: stdout.trimEnd().split("\n"), stderr };
}

test(
  "Postfix and built-in filters: traced, and replayed",
  { skip: noPostfix, timeout: 120_000 },
  async () => {
    const file = newFile();
    const serving = await serve("1MB");
    const tracing = await trace(serving.address, "--write", file, "--body", "5");
    const postfix = await startPostfix({ milters: [tracing.address] });
    const queueIds: string[] = [];
    try {
      await session(postfix);
      await end(tracing, file, 1);

      const lines = tracing.output.trimEnd().split("\n");
      const texts = lines.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} +/, ""));
      const placeOf = (pattern: RegExp) => texts.findIndex((line) => pattern.test(line));
      const inOrder = [
        /^1 {2}mta {5}connects from 127\.0\.0\.1:\d+$/,
        /^1 {2}mta {5}OPTIONS version 6; actions: add-headers .*; protocol: no-connect .*header-leading-space$/,
        /^1 {2}milter {2}options version 6; actions: .*change-headers.*; protocol: .* {3}\+\d+\.\d ms$/,
        /^1 {2}mta {5}CONNECT \S+ 127\.0\.0\.1:\d+ {3}\(j=mx\.example\.test, .*v=Postfix/,
        /^1 {2}mta {5}MAIL <a@example\.org> {3}\(.*mail_addr=a@example\.org/,
        /^1 {2}mta {5}HEADER Subject: first {3}\(i=[0-9A-F]+\)$/,
        /^1 {2}mta {5}BODY \d+ bytes "hello…"/,
        /^1 {2}mta {5}EOM {3}\(i=/,
        /^1 {2}milter {2}change-header 1 X-Spam: \(deleted\) {3}\+\d+\.\d ms$/,
        /^1 {2}milter {2}add-header X-Checked: yes {3}\+\d+\.\d ms$/,
        /^1 {2}milter {2}continue {3}\+\d+\.\d ms$/,
        /^1 {2}mta {5}MAIL <given-up@example\.org>/,
        /^1 {2}mta {5}HEADER Subject: second/,
        /^1 {2}mta {5}BODY 65535 bytes/,
        /^1 {2}mta {5}QUIT$/,
        /^1 {10}closed$/,
      ];
      const places = inOrder.map((pattern) => {
        const place = placeOf(pattern);
        assert.ok(place >= 0, `${pattern} is not in\n${texts.join("\n")}`);
        return place;
      });
      // the verdict is one of many
      const sorted = places.filter((_, i) => i !== 10);
      assert.deepEqual(sorted, sorted.toSorted((a, b) => a - b), texts.join("\n"));
      for (const line of texts) queueIds.push(...(/HEADER Subject.*\(i=(\w+)\)/.exec(line)?.slice(1) ?? []));
      assert.equal(queueIds.length, 2);
      // deno-lint-ignore no-control-regex -- no colours where nobody looks
      assert.doesNotMatch(tracing.output, /\x1b/);

      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(JSON.parse(at(readFileSync(file, "utf8").split("\n"), 0)).version, 1);

      const same = await replay(file, serving.address);
      assert.deepEqual(same, { code: 0, lines: [same.lines[0]], stderr: "" });
      assert.match(at(same.lines, 0), /^equal: 1 connection, 3 messages, \d+ events played$/);
    } finally {
      await postfix.stop();
      await tracing.stop();
      await serving.stop();
    }

    const stricter = await serve("100KB");
    try {
      const other = await replay(file, stricter.address);
      assert.equal(other.code, 3, other.stderr);
      const place = `connection 1, message 3 \\(${queueIds[1]}\\), BODY \\d+ bytes`;
      const rejected =
        "continue -> reject 552 5\\.3\\.4 Message too large: .*; the rest of the message is not played";
      assert.equal(other.lines.length, 2, other.lines.join("\n"));
      assert.match(at(other.lines, 0), new RegExp(`^${place}: ${rejected}$`));
      assert.match(at(other.lines, 1), /^1 difference: 1 connection, 3 messages, \d+ events played$/);

      const json = await replay(file, stricter.address, "--json", "--timing", "--connection", "1");
      const objects = json.lines.map((line) => JSON.parse(line));
      const verdict = objects.find(({ about }) => about === "verdict");
      assert.deepEqual([verdict.connection, verdict.message, verdict.queueId], [1, 3, queueIds[1]]);
      assert.match(verdict.now, /^reject 552 5\.3\.4 /);
      const summary = objects.at(-1);
      assert.equal(summary.type, "summary");
      assert.equal(summary.equal, false);
      assert.equal(summary.differences, 1);
      assert.equal(objects.length, 2);
      assert.ok(summary.timing.some(({ event }: { event: string }) => event === "eom"));
    } finally {
      await stricter.stop();
    }
  },
);

test("opendkim: traced, and replayed", { skip: noOpendkim, timeout: 120_000 }, async () => {
  const key = join(folder, "key.pem");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(key, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  const settings = join(folder, "opendkim.conf");
  writeShared(
    settings,
    `Mode sv\nDomain example.org\nSelector sel\nKeyFile ${key}\nRequireSafeKeys no\nInternalHosts 127.0.0.0/8\nSyslog no\n`,
  );
  const port = await freePort();
  const milter = `inet:${port}@127.0.0.1`;
  const file = newFile();
  const env = { PATH: "/usr/sbin:/usr/bin", LC_ALL: "C" };
  const signing = startDaemon(
    [opendkim!, "-f", "-x", settings, "-p", milter],
    env,
    join(folder, "opendkim.log"),
  );
  const tracing = await trace(milter, "--write", file);
  const postfix = await startPostfix({ milters: [tracing.address] });
  try {
    await answers(port);
    const client = await SmtpClient.connect(postfix.port);
    await client.ehlo();
    const sent = await client.message("a@example.org", ["b@example.test"], mail("signed", "hello\n"));
    assert.equal(sent.code, 250, String(sent.lines));
    await client.quit();
    const received = at(await postfix.nextHop.waitFor(1), 0);
    assert.equal(valuesOf(received, "DKIM-Signature").length, 1);
    await end(tracing, file, 1);
    assert.match(
      tracing.output,
      /milter {2}insert-header 0 DKIM-Signature: v=1; a=rsa-sha256;.*\+\d+\.\d ms/,
    );
    // a signature holds the second in which it was made
    await sleep(1100);
    const ignoring = await replay(file, milter, "--ignore-header", "dkim-signature");
    assert.equal(ignoring.code, 0, ignoring.lines.join("\n"));
    const differing = await replay(file, milter);
    assert.equal(differing.code, 3);
    assert.match(
      at(differing.lines, 0),
      /^connection 1, message 1 \(\w+\), EOM: insert-header 0 DKIM-Signature:.* -> insert-header 0 DKIM-Signature:/,
    );
    assert.equal(differing.lines.length, 2);
  } finally {
    await postfix.stop();
    await tracing.stop();
    await signing.stop(1000);
  }
});

/** Waits until somebody listens. */
async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (connected) return;
    await sleep(50);
  }
  throw new Error(`nobody listens on port ${port}`);
}

async function inMessage(address: string): Promise<MtaClient> {
  const client = await MtaClient.open(address);
  await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
  await client.helo("client.example");
  await client.mail("a@example.test");
  await client.rcpt("b@example.test");
  return client;
}

test("a trace that is killed leaves a file that can be replayed", { timeout: 60_000 }, async () => {
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

test("a signal ends a trace once the message at hand is over", { timeout: 60_000 }, async () => {
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

test("many connections at once keep their numbers apart", { timeout: 60_000 }, async () => {
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

test("what is no milter goes through as it is, and is written as it is", { timeout: 60_000 }, async () => {
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
  { timeout: 60_000 },
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

test(
  "a file that is there already stays as it is unless --force says otherwise",
  { timeout: 60_000 },
  async () => {
    const file = newFile();
    const args = ["trace", "--listen", "inet:0@127.0.0.1", "--milter", "inet:1@127.0.0.1", "--write", file];
    writeFileSync(file, "mine", { mode: 0o644 });
    const refused = await runMilterkit(args);
    assert.deepEqual(refused, {
      code: 1,
      stdout: "",
      stderr: `milterkit: Cannot write ${file}: it exists; --force replaces it\n`,
    });
    assert.equal(readFileSync(file, "utf8"), "mine");
    const tracing = await Milterkit.start([...args, "--force"]);
    await tracing.stop();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, "utf8"), /^\{"format":"milterkit-trace","version":1,.*\}\n$/);
    // a trace that never begins makes no file, and replaces none
    const never = newFile();
    const bad = ["trace", "--listen", "unix:/nowhere/x", "--milter", "unix:/x", "--force", "--write"];
    writeFileSync(file, "mine");
    assert.equal((await runMilterkit([...bad, file])).code, 1);
    assert.equal(readFileSync(file, "utf8"), "mine");
    assert.equal((await runMilterkit([...bad, never])).code, 1);
    assert.throws(() => statSync(never));
  },
);

const wrong: [what: string, args: string[], code: number, says: RegExp][] = [
  [
    "no address",
    ["trace", "--milter", "inet:1@a"],
    2,
    /Missing --listen: give it, for example --listen inet:/,
  ],
  ["no milter", ["trace", "--listen", "inet:1@a"], 2, /Missing --milter: /],
  ["a flag", ["trace", "--lissen", "inet:1@a"], 2, /--lissen.*--listen/],
  [
    "a bad address",
    ["trace", "--listen", "inett:1@a", "--milter", "inet:1@a"],
    2,
    /Invalid --listen "inett:1@a": want unix:/,
  ],
  [
    "a descriptor",
    ["trace", "--listen", "inet:1@a", "--milter", "fd:3"],
    2,
    /Invalid --milter "fd:3": want unix:/,
  ],
  [
    "--force alone",
    ["trace", "--listen", "inet:1@a", "--milter", "inet:1@a", "--force"],
    2,
    /--force needs --write FILE/,
  ],
  ["a number", ["trace", "--listen", "inet:1@a", "--milter", "inet:1@a", "--body", "-1"], 2, /--body/],
  ["no file", ["replay", "--milter", "inet:1@a"], 2, /Missing FILE: milterkit trace --write makes one/],
  ["two files", ["replay", "a", "b", "--milter", "inet:1@a"], 2, /want one FILE, not a and b/],
  ["no milter to replay to", ["replay", "a"], 2, /Missing --milter: /],
  [
    "no such file",
    ["replay", "/nowhere/a", "--milter", "inet:1@127.0.0.1"],
    1,
    /Cannot read \/nowhere\/a: there is no such file/,
  ],
  [
    "another file",
    ["replay", "/etc/passwd", "--milter", "inet:1@127.0.0.1"],
    1,
    /\/etc\/passwd: milterkit trace --write did not write it/,
  ],
];

for (const [what, args, code, says] of wrong) {
  test(`wrong: ${what}: ${args.join(" ")}`, { timeout: 30_000 }, async () => {
    const result = await runMilterkit(args);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, says);
    assert.match(result.stderr, /^milterkit[^\n]+\n$/);
    assert.equal(result.stdout, "");
  });
}
