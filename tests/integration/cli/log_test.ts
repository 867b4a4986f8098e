// The log: a line each, JSON where asked for, and nothing in it that strangers can make a terminal act on.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { MtaClient } from "../../../lib/mta/client.ts";
import { toBytes } from "../../../lib/message/text.ts";
import { inFolder, until } from "../../server/support.ts";
import { Milterkit, milterkitBinary, withoutStalls } from "../../support/milterkit.ts";
import { at } from "../../support/present.ts";
import { childrenOf, sleep } from "../../support/process.ts";

const ESCAPE = "\x1b[31mred\x1b[0m";
/** C1 controls as UTF-8, line separators, format characters of loggers, and what ends lines. */
const HOSTILE = `${ESCAPE}\x07\x7f\u0085\u009b31m\u2028\u2029{sender}{*}%s%n\r\n2026 forged line\t"'\\`;

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROLS = { text: /[\x00-\x1f\x7f-\x9f\u2028\u2029]/, json: /[\x00-\x1f\x7f-\x9f]/ };

async function sendHostile(address: string): Promise<void> {
  const client = await MtaClient.open(address);
  client.macros("connect", { j: HOSTILE, "{daemon_name}": HOSTILE });
  await client.connect({ hostname: `host${HOSTILE}`, family: "inet", port: 25, address: `addr${HOSTILE}` });
  await client.helo(`helo${HOSTILE}`);
  const message = toBytes(`Subject: ${ESCAPE}\r\nX-Spam-${ESCAPE}: 1\r\n\r\nbody\r\n`);
  const envelope = {
    from: `from${HOSTILE}`,
    to: [`to${HOSTILE}`, "second", "third"],
    macros: { mail: { i: `queue${HOSTILE}` }, data: { i: `queue${HOSTILE}` } },
  };
  await client.message(message, envelope);
  await client.message(message, { ...envelope, fromArgs: ["SIZE=100000000"] });
  // given up
  client.macros("mail", { i: `queue${HOSTILE}` });
  await client.mail(`given-up${HOSTILE}`);
  client.abort();
  client.quit();
}

const FILTERS = [
  ...["--filter", "size-limit", "--max", "1MB", "--max-recipients", "2"],
  ...["--filter", "header-rewrite", "--add", "X-Helo: {helo}", "--remove", "X-Spam*"],
];

for (const format of ["text", "json"] as const) {
  test(`hostile input does nothing to a ${format} log`, { timeout: 120_000 }, async () => {
    const milterkit = await Milterkit.start([
      "serve",
      ...["--listen", "inet:0@127.0.0.1", "--log-format", format, "--log-level", "debug"],
      ...FILTERS,
    ]);
    try {
      await sendHostile(milterkit.address);
      await milterkit.waitForLine((line) => /connection 1 (closed|lost)/.test(line), "end of connection");
    } finally {
      await milterkit.stop();
    }
    assert.equal(milterkit.output, "");
    for (const line of milterkit.lines) {
      assert.doesNotMatch(line, CONTROLS[format], JSON.stringify(line));
      assert.match(
        line,
        format === "json" ? /^\{"@timestamp":/ : /^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warning) /,
      );
    }
    // they are told of nevertheless, braces as they are
    const sent = withoutStalls(milterkit.lines).filter((line) => line.includes("forged line"));
    assert.equal(sent.length, 3, milterkit.log());
    for (const line of sent) assert.match(line, /\{sender\}\{\*\}%s%n/);
    if (format === "json") {
      const senders = milterkit.records().filter(({ type }) => type === "message").map(({ sender }) =>
        sender
      );
      assert.deepEqual(senders, [`from${HOSTILE}`, `from${HOSTILE}`, `given-up${HOSTILE}`]);
    }
  });
}

test("JSON lines have time, level and what the event is", { timeout: 120_000 }, async () => {
  const milterkit = await Milterkit.start([
    "serve",
    ...["--listen", "inet:0@127.0.0.1", "--log-format", "json"],
    ...FILTERS,
  ]);
  try {
    const client = await MtaClient.open(milterkit.address);
    await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
    const macros = { mail: { i: "QUEUEID" } };
    const message = toBytes("X-Spam-Level: 9\r\n\r\nbody\r\n");
    await client.message(message, { from: "a@example.test", to: ["b@example.test"], macros });
    client.quit();
    await milterkit.waitForLine((line) => line.includes('"message"') && line.includes("QUEUEID"), "message");
    milterkit.signal("SIGTERM");
    await milterkit.ended;
  } finally {
    await milterkit.stop();
  }
  const records = withoutStalls(milterkit.lines).map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ type }) => type), [
    "listening",
    "started",
    "message",
    "stopping",
    "stopped",
  ]);
  for (const record of records) {
    assert.ok(Math.abs(Date.parse(record["@timestamp"] as string) - Date.now()) < 60_000);
    assert.equal(record.level, "INFO");
  }
  const [started] = records[1].listeners as { addresses: string[]; filters: unknown[] }[];
  assert.equal(started?.addresses.length, 1);
  assert.deepEqual(started?.filters, [
    { definition: "size-limit", name: "size-limit", dryRun: false, gist: "max 1MB, max-recipients 2" },
    {
      definition: "header-rewrite",
      name: "header-rewrite",
      dryRun: false,
      gist: "add X-Helo: {helo}, remove X-Spam*",
    },
  ]);
  const { outcome, queueId, sender, recipients, client, notes, filters } = records[2];
  assert.deepEqual((filters as { filter: string }[]).map(({ filter }) => filter), [
    "size-limit",
    "header-rewrite",
  ]);
  for (const { milliseconds } of filters as { milliseconds: number }[]) assert.ok(milliseconds >= 0);
  assert.deepEqual({ outcome, queueId, sender, recipients, client, notes }, {
    outcome: "accept",
    queueId: "QUEUEID",
    sender: "a@example.test",
    recipients: ["b@example.test"],
    client: "192.0.2.1",
    notes: [{ filter: "header-rewrite", event: "eom", changes: ["delete X-Spam-Level", "add X-Helo"] }],
  });
});

test("the level decides what is logged", { timeout: 120_000 }, async () => {
  await inFolder(async (folder) => {
    const socket = join(folder, "s");
    const milterkit = await Milterkit.start(
      ["serve", "--listen", `unix:${socket}`, "--log-level", "warning", ...FILTERS],
      { addresses: 0 },
    );
    try {
      // Its log does not tell that it listens.
      await until(() => existsSync(socket));
      await sendOne(`unix:${socket}`);
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    } finally {
      await milterkit.stop();
    }
    assert.deepEqual(withoutStalls(milterkit.lines), []);
  });
});

test(
  "the format of a file holds from the first line on, however late a worker is heard",
  { timeout: 120_000 },
  async () => {
    await inFolder(async (folder) => {
      const config = join(folder, "milterkit.toml");
      const top = 'listen = "inet:0@127.0.0.1"\nlog-format = "json"\nworkers = 1\n';
      writeFileSync(config, `${top}[[filter]]\nname = "size-limit"\nmax = "1MB"\n`);
      const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: 0 });
      try {
        // It stands still while its worker loads, and then hears at once that this has loaded the file and is ready.
        await until(() => childrenOf(milterkit.pid).length > 0);
        milterkit.signal("SIGSTOP");
        await sleep(3000);
        milterkit.signal("SIGCONT");
        await milterkit.waitForLine((line) => / runs /.test(line));
        const [first] = milterkit.records();
        assert.match(String(first?.message), /worker 1 .* is ready|listening on /);
      } finally {
        await milterkit.stop();
      }
    });
  },
);

test("JSON lines about a filter that fails say the same as text lines", { timeout: 120_000 }, async () => {
  const messages: string[] = [];
  for (const format of ["text", "json"]) {
    const milterkit = await Milterkit.start([
      "serve",
      ...[
        "--listen",
        "inet:0@127.0.0.1",
        "--log-format",
        format,
        "--filter",
        "header-rewrite",
        "--add",
        "X-A: 1",
      ],
    ]);
    try {
      // an MTA that lets no filter change anything
      const client = await MtaClient.open(milterkit.address, { offer: { actions: 0 } });
      client.quit();
      const line = await milterkit.waitForLine((line) => /does not let a filter/.test(line), "the failure");
      messages.push(format === "json" ? JSON.parse(line).message : line);
    } finally {
      await milterkit.stop();
    }
  }
  assert.match(at(messages, 0), /filter header-rewrite failed at negotiate \(tempfail\): The MTA does not/);
  assert.match(
    at(messages, 1),
    /^connection 1: filter header-rewrite failed at negotiate \(tempfail\): The MTA does not/,
  );
});

async function sendOne(address: string): Promise<void> {
  const client = await MtaClient.open(address);
  await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
  const message = toBytes("Subject: a\r\n\r\nbody\r\n");
  await client.message(message, { from: "ann@example.test", to: ["bob@example.test"] });
  client.quit();
}

test("a line for people says what each filter took", { timeout: 120_000 }, async () => {
  const milterkit = await Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", ...FILTERS]);
  try {
    await sendOne(milterkit.address);
    const line = await milterkit.waitForLine((line) => line.includes("client="), "message");
    assert.match(line, /; \d+ ms \(size-limit \d+\.\d, header-rewrite \d+\.\d\)$/);
  } finally {
    await milterkit.stop();
  }
});

test("a refused connection has a line of its own", { timeout: 120_000 }, async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "no.ts");
    writeFileSync(
      file,
      'import { reject } from "milterkit";\n' +
        'export default { name: "no", connect: () => reject(554, "5.7.1", "Not you") };\n',
    );
    const milterkit = await Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", "--filter", file]);
    try {
      await sendOne(milterkit.address);
      await milterkit.waitForLine((line) =>
        line.endsWith("client 192.0.2.1: reject by no at connect; 554 5.7.1 Not you")
      );
    } finally {
      await milterkit.stop();
    }
  });
});

test("what is not to be said of people is not", { timeout: 120_000 }, async () => {
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--log-level", "debug", "--workers", "2"],
    ...["--log-redact", "local-parts", "--log-redact", "clients", ...FILTERS],
  ]);
  try {
    await sendOne(milterkit.address);
    const line = await milterkit.waitForLine((line) => line.includes("client="), "message");
    assert.match(line, /from=<…@example\.test> to=<…@example\.test> client=192\.0\.2\.0\/24 size=\d+;/);
  } finally {
    await milterkit.stop();
  }
  assert.doesNotMatch(milterkit.log(), /ann@|bob@|192\.0\.2\.1\b/);
});

for (const format of ["text", "json"]) {
  test(
    `nor is it in a ${format} line of an error that a filter leaves behind`,
    { timeout: 120_000 },
    async () => {
      await inFolder(async (folder) => {
        const file = join(folder, "leaves.ts");
        writeFileSync(
          file,
          `export default {
          name: "leaves",
          verdicts: [],
          mail: ({ address }) => void setTimeout(() => { throw new Error("left by " + address); }),
          rcpt: ({ address }) => void Promise.reject("not waited for " + address + " of 192.0.2.1:25"),
        };`,
        );
        const milterkit = await Milterkit.start([
          ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", format],
          ...["--log-redact", "local-parts", "--log-redact", "clients", "--filter", file],
        ]);
        try {
          await sendOne(milterkit.address);
          await milterkit.waitForLine((line) => /uncaught error .*: left by …@example\.test/.test(line));
          const wanted = /uncaught error .*: not waited for …@example\.test of 192\.0\.2\.0\/24:25/;
          await milterkit.waitForLine((line) => wanted.test(line));
        } finally {
          await milterkit.stop();
        }
        assert.doesNotMatch(milterkit.log(), /ann@|bob@|192\.0\.2\.1\b/);
      });
    },
  );
}

test(
  "the journal gets priorities, and neither times nor levels, where it is the reader",
  { timeout: 120_000 },
  async () => {
    await inFolder(async (folder) => {
      const log = join(folder, "log");
      const file = openSync(log, "w");
      const { dev, ino } = fstatSync(file);
      const socket = join(folder, "s");
      const child = spawn(milterkitBinary(), ["serve", "--listen", `unix:${socket}`, ...FILTERS], {
        stdio: ["ignore", "ignore", file],
        env: { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` },
      });
      const ended = new Promise((resolve) => child.on("exit", resolve));
      try {
        await until(() => existsSync(socket));
        // What is no milter protocol is a warning.
        await new Promise((resolve) => createConnection(socket).on("close", resolve).end("HELO x\r\n\r\n"));
      } finally {
        child.kill("SIGTERM");
        await ended;
        closeSync(file);
      }
      const lines = readFileSync(log, "utf8").trimEnd().split("\n");
      assert.match(at(lines, 0), /^<6>listening on unix:/);
      assert.ok(lines.some((line) => /^<4>connection 1 from unix ended: /.test(line)), lines.join("\n"));
      for (const line of lines) assert.match(line, /^<[46]>/);
    });
  },
);

test("--log-format journal says priorities to whoever reads", { timeout: 120_000 }, async () => {
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "journal", ...FILTERS],
  ]);
  await milterkit.stop();
  for (const line of milterkit.lines) assert.match(line, /^<6>/);
});
