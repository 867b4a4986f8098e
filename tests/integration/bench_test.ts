// `milterkit bench`, as somebody uses it who wonders how fast a filter is.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as TcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { type Filter, reject, serve, type Server } from "../../mod.ts";
import { gate } from "../server/support.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { type CommandResult, run, sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

const [, program] = PROGRAM;
const folder = mkdtempSync(join(tmpdir(), "milterkit-bench-"));
after(() => rmSync(folder, { recursive: true }));

const bench = (...args: string[]): Promise<CommandResult> =>
  run([...program, "bench", ...args], { timeoutMs: 30_000 });

/** Runs it, and gives its figures. */
async function figures(...args: string[]) {
  const { code, stdout, stderr } = await bench(...args, "--json");
  return { code, stderr, ...JSON.parse(stdout) };
}

/** Serves a filter in this process while something is tried. */
async function serving<T>(filter: Filter, work: (address: string, server: Server) => Promise<T>): Promise<T> {
  const server = await serve({ listen: "inet:0@127.0.0.1", filters: [filter], onEvent: () => {} });
  try {
    return await work(at(server.addresses, 0), server);
  } finally {
    await server.abort();
  }
}

/** Listens as something that is no milter. */
async function pretending(
  answer: (socket: Socket) => void,
  work: (address: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server: TcpServer = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`inet:${(server.address() as { port: number }).port}@127.0.0.1`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const serveSizeLimit = (): Promise<Milterkit> =>
  Milterkit.startCommand(
    [...program, "serve", "--listen", "inet:0@127.0.0.1", "--filter", "size-limit", "--max", "1MB"],
  );

describe("bench of a filter", () => {
  it("reports what it measured, and nothing on standard error", async () => {
    const milterkit = await serveSizeLimit();
    try {
      const { code, stdout, stderr } = await bench(
        milterkit.address,
        "--messages",
        "300",
        "--connections",
        "4",
      );
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.match(stdout, /: 4 connections, 10 messages on each$/m);
      assert.match(stdout, /^messages +300 in [\d.]+ s: [\d.]+ messages\/s, [\d.]+ MB\/s$/m);
      assert.match(stdout, /^verdicts +300 continue at eom$/m);
      assert.match(stdout, /^latency +mean [\d.]+ [mu]?s +p50 .* p90 .* p99 .* max [\d.]+ [mu]?s$/m);
      assert.match(stdout, /^errors +none$/m);
      const rows = [...stdout.matchAll(/^ *\d+ [mu]?s #* +[\d.]+ % +(\d+)$/gm)].map(([, count]) =>
        Number(count)
      );
      assert.equal(rows.reduce((sum, count) => sum + count, 0), 300);
      assert.ok(!stdout.includes("\x1b"));
    } finally {
      await milterkit.stop();
    }
  });

  it("says in numbers how often messages were decided, and where", async () => {
    const milterkit = await serveSizeLimit();
    try {
      const found = await figures(
        ...[milterkit.address, "--size", "2MB", "--messages", "20", "--warm-up", "5", "--connections", "2"],
      );
      assert.equal(found.code, 0);
      assert.equal(found.messages, 20);
      assert.deepEqual(found.verdicts, { "reject 552 at mail": 20 });
      assert.deepEqual(found.errors, {});
      assert.equal(found.latency.count, 20);
      const { p50, p90, p99, max } = found.latency;
      assert.ok(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= max, JSON.stringify(found.latency));
    } finally {
      await milterkit.stop();
    }
  });

  it("lets no control character of an address reach the terminal", async () => {
    const listen = `unix:${join(folder, "\x1b\u009b.sock")}`;
    const server = await serve({ listen, filters: [{ name: "none" }], onEvent: () => {} });
    try {
      const args = [listen, "--messages", "1", "--connections", "1"];
      // deno-lint-ignore no-control-regex -- they are what is looked for
      const controls = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;
      const text = await bench(...args);
      assert.equal(text.code, 0, text.stderr);
      assert.doesNotMatch(text.stdout, controls);
      assert.match(text.stdout, /\/\\x1b\\x9b\.sock: 1 connection, /);
      const json = await bench(...args, "--json");
      assert.doesNotMatch(json.stdout, controls);
      assert.equal(JSON.parse(json.stdout).address, listen);
    } finally {
      await server.abort();
    }
  });

  it("replaces connections, and gives every message an id of its own", async () => {
    const ids = new Set<string | undefined>();
    const messageIds = new Set<string>();
    let connections = 0;
    const filter: Filter = {
      name: "ids",
      verdicts: [],
      connect: () => void connections++,
      header: ({ name, value }) => void (name === "Message-ID" && messageIds.add(value)),
      eom: (_, { macro }) => void ids.add(macro("i")),
    };
    await serving(filter, async (address) => {
      const { code } = await bench(
        ...[
          address,
          "--messages",
          "30",
          "--warm-up",
          "0",
          "--connections",
          "1",
          "--messages-per-connection",
          "7",
        ],
      );
      assert.equal(code, 0);
    });
    assert.equal(ids.size, 30);
    assert.equal(messageIds.size, 30);
    assert.equal(connections, 5);
    assert.ok([...ids].every((id) => /^[0-9A-F]{12}$/.test(id!)));
  });

  it("sends a message of the user's, to as many recipients as wanted", async () => {
    const file = join(folder, "mail.eml");
    writeFileSync(file, "Subject: Own\nX-Folded: a\n b\n\nOne\nTwo\n");
    const seen = new Set<string>();
    let body = "";
    const filter: Filter = {
      name: "own",
      verdicts: [],
      header: ({ name, value }) => void seen.add(`${name}: ${value}`),
      body: (chunk) => void (body = new TextDecoder().decode(chunk)),
      eom: (_, { recipients }) => void seen.add(recipients.map(({ address }) => address).join()),
    };
    await serving(filter, async (address) => {
      const { code } = await bench(address, "--message", file, "--messages", "3", "--recipients", "2");
      assert.equal(code, 0);
    });
    assert.deepEqual([...seen], [
      "Subject: Own",
      "X-Folded: a\n b",
      "recipient1@example.com,recipient2@example.com",
    ]);
    assert.equal(body, "One\r\nTwo\r\n");
  });

  it("reads changes and throws them away", async () => {
    const filter: Filter = {
      name: "changes",
      changes: ["addHeader", "replaceBody"],
      eom: (message) => {
        message.addHeader("X-One", "1");
        message.addHeader("X-Two", "2");
        message.replaceBody("x".repeat(100_000));
      },
    };
    await serving(filter, async (address) => {
      const found = await figures(address, "--messages", "10");
      assert.equal(found.code, 0);
      assert.deepEqual(found.changes, { addHeader: 20, replaceBody: 20 });
    });
  });
});

describe("bench of a filter that refuses", () => {
  it("counts connections that are refused as messages", async () => {
    await serving({ name: "closed", connect: () => reject(554, "5.7.1", "Nobody") }, async (address) => {
      const found = await figures(address, "--messages", "25", "--connections", "3");
      assert.equal(found.code, 0);
      assert.deepEqual(found.verdicts, { "reject 554 at connect": 25 });
    });
  });

  it("goes on with the recipients that are left", async () => {
    const filter: Filter = {
      name: "picky",
      rcpt: ({ address }) => address.startsWith("recipient1@") ? reject(550, "5.1.1", "Unknown") : undefined,
    };
    await serving(filter, async (address) => {
      const two = await figures(address, "--messages", "10", "--recipients", "2");
      assert.deepEqual([two.verdicts, two.refusedRecipients], [{ "continue at eom": 10 }, 10]);
      const one = await figures(address, "--messages", "10");
      assert.deepEqual([one.verdicts, one.refusedRecipients], [{ "reject 550 at rcpt": 10 }, 10]);
    });
  });
});

describe("bench at a rate", () => {
  const slow: Filter = {
    name: "slow",
    verdicts: [],
    eom: () => new Promise((resolve) => setTimeout(resolve, 50)),
  };
  const few = ["--connections", "2", "--messages", "60", "--warm-up", "0"];
  type Timed = { latency: { mean: number; count: number }; seconds: number };
  /** How many messages were under way at a time, on average: a ratio, which a busy machine does not change. */
  const underWay = ({ latency, seconds }: Timed) => latency.mean * latency.count / (1000 * seconds);

  it("counts the time for which a message waited for a slow one", async () => {
    await serving(slow, async (address) => {
      const atWill = await figures(address, ...few);
      // One on each connection, and each from its own start on.
      assert.ok(underWay(atWill) < 2.1, JSON.stringify(atWill));
      // 40 a second are possible: of 60 that are due within 0.6 seconds the last one waits for nearly one.
      const atRate = await figures(address, ...few, "--rate", "100");
      assert.ok(atRate.latency.max > 600, JSON.stringify(atRate.latency));
      assert.ok(underWay(atRate) > 5, JSON.stringify(atRate));
      assert.equal(atRate.messages, 60);
    });
  });

  it("keeps the rate where it can, and says so where it cannot", async () => {
    await serving(slow, async (address) => {
      const warmUp = ["--warm-up", "0"];
      const kept = await figures(address, "--rate", "50", "--time", "1s", ...warmUp);
      // On a busy machine the last ones may come too late for their time.
      assert.equal(kept.messages + kept.behind, 50);
      assert.ok(kept.messages > kept.behind, `${kept.messages}, and ${kept.behind} too late`);
      assert.ok(kept.late.count > 0);
      const { code, stdout } = await bench(
        ...[address, "--rate", "100", "--time", "1s", "--connections", "2", ...warmUp],
      );
      assert.equal(code, 0);
      assert.match(stdout, /^\d+ messages should have started and did not: 100\/s is more than/m);
    });
  });
});

describe("bench where something goes wrong", () => {
  it("ends when the filter is gone, and reports what was measured", async () => {
    const milterkit = await serveSizeLimit();
    const running = bench(
      ...[milterkit.address, "--time", "25s", "--connections", "3", "--rate", "300", "--warm-up", "0"],
    );
    const accepted = () => milterkit.lines.filter((line) => line.includes("accept;")).length;
    // The answers to all of them but one for each connection have been read.
    await milterkit.waitForLine(() => accepted() >= 10, "ten messages");
    milterkit.signal("SIGKILL");
    const { code, stdout, stderr } = await running;
    assert.equal(code, 1);
    assert.match(stdout, /^messages +[1-9]\d* in /m);
    assert.match(
      stdout,
      /^errors +\d+ connection-lost, the first: The milter closed the connection (before|between) /m,
    );
    assert.match(stdout, /^ +\d+ cannot-connect, the first: Cannot connect to .*: nobody listens there$/m);
    assert.match(stdout, /^Ended early: the milter is gone/m);
    assert.match(stderr, /^milterkit: \d+ errors; the figures are for messages without errors$/m);
  });

  it("goes on where only single connections are lost", async () => {
    let count = 0;
    const end = gate();
    await serving({
      name: "late",
      verdicts: [],
      eom: () => ++count === 20 ? end.opened : undefined,
    }, async (address) => {
      const found = await figures(address, "--messages", "200", "--connections", "4", "--timeout", "4s");
      end.open();
      assert.equal(found.code, 1);
      assert.equal(found.errors.timeout.count, 1);
      assert.equal(found.errors.timeout.first, "No answer to eom within 4000 ms");
      // The one that was lost was of the warm-up.
      assert.equal(found.messages, 200);
    });
  });

  it("says that nobody listens", async () => {
    const { code, stdout, stderr } = await bench("inet:1@127.0.0.1");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr, "milterkit: Cannot connect to inet:1@127.0.0.1: nobody listens there\n");
  });

  it("says that it is no milter: another protocol", async () => {
    await pretending((socket) => socket.write("220 mail.example.com ESMTP\r\n"), async (address) => {
      const { code, stdout, stderr } = await bench(address);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        /^milterkit: Cannot measure inet:\d+@127\.0\.0\.1: Malformed packet.*not the milter protocol/,
      );
    });
  });

  it("says that it is no milter: silence", async () => {
    await pretending(() => {}, async (address) => {
      const { code, stderr } = await bench(address, "--timeout", "300ms");
      assert.equal(code, 1);
      assert.match(stderr, /Cannot measure .*: No answer to negotiation within 300 ms\n$/);
    });
  });

  it("says that it is no milter: it hangs up", async () => {
    await pretending((socket) => socket.end(), async (address) => {
      const { code, stderr } = await bench(address);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /Cannot measure .*: The milter closed the connection before it answered negotiation/,
      );
    });
  });

  it("says what is wrong with the command line", async () => {
    const wrong: [string[], RegExp][] = [
      [[], /Missing ADDRESS: give it, for example milterkit bench inet:8825@localhost/],
      [["inet:1@localhost", "other"], /other is one too many/],
      [["inet:8891"], /Invalid ADDRESS "inet:8891"/],
      [["fd:3"], /Invalid ADDRESS "fd:3": want one of unix:, inet:, inet6:/],
      [["inet:1@localhost", "--conections", "3"], /Did you mean --connections\?/],
      [["inet:1@localhost", "--connections", "0"], /must be at least 1/],
      [
        ["inet:1@localhost", "--message", join(folder, "none")],
        /Cannot read --message .*: there is no such file/,
      ],
      [
        ["inet:1@localhost", "--message", "a.eml", "--size", "3"],
        /give --message or --size, not both/,
      ],
    ];
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = await bench(...args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
    }
  });
});

describe("bench that is interrupted", () => {
  it("reports what was measured until then", async () => {
    let count = 0;
    await serving({ name: "counts", verdicts: [], eom: () => void count++ }, async (address) => {
      const [command, ...args] = [...program, "bench", address, "--time", "25s", "--warm-up", "0"];
      const child: ChildProcess = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout!.on("data", (chunk: Uint8Array) => output += new TextDecoder().decode(chunk));
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      for (let i = 0; i < 400 && count < 100; i++) await sleep(50);
      process.kill(child.pid!, "SIGINT");
      assert.equal(await ended, 0);
      assert.match(output, /^messages +[1-9]\d* in /m);
      assert.match(output, /^errors +none$/m);
      assert.match(output, /^Ended by a signal/m);
    });
  });
});
