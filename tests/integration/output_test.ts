// What is printed reaches who reads it, however late, and where nobody reads any more that is no error.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Filter, reject, serve } from "../../mod.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { HEADER, record } from "../replay/support.ts";
import { formatRecord } from "../../cli/traces/trace_format.ts";
import { at } from "../support/present.ts";
import { type Argv, type CommandResult, run, sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

const plain = fileURLToPath(new URL("../messages/1-plain.eml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "milterkit-output-"));
after(() => rmSync(folder, { recursive: true }));

const MESSAGES = 30;
const body = `${"x".repeat(70)}\n`.repeat(500);
const mbox = join(folder, "many.mbox");
writeFileSync(
  mbox,
  Array.from(
    { length: MESSAGES },
    (_, i) => `From a@b Mon Jan  1 00:00:00 2024\nFrom: a@example.org\nSubject: ${i}\n\n${body}\n`,
  ).join(""),
);
const mark = ["--filter", "header-rewrite", "--add", "X-Checked: yes"];

const quoted = (words: readonly string[]) =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");

const gone = join(folder, "gone");
/** Reads nothing, and says so by a file. */
const NOBODY = `exec <&-; : > '${gone}'`;
/** Waits until nobody reads. */
const ONCE_GONE = `while [ ! -e '${gone}' ]; do sleep 0.05; done`;

/** Runs a command whose output nobody reads; its exit code is the last line on standard error. */
function unread(command: Argv): Promise<CommandResult> {
  rmSync(gone, { force: true });
  return run(["sh", "-c", `{ ${ONCE_GONE}; ${quoted(command)}; echo $? >&2; } | { ${NOBODY}; }`], {
    timeoutMs: 30_000,
  });
}

/** Runs a command whose output goes through `behind`; the last line on standard error is its exit code. */
async function piped(command: Argv, behind: string): Promise<CommandResult> {
  const { stdout, stderr } = await run(
    ["sh", "-c", `{ ${quoted(command)}; echo $? >&2; } | { ${behind}; }`],
    { timeoutMs: 30_000 },
  );
  const [, said = "", code] = /^([^]*?)(\d+)\n$/.exec(stderr) ?? [];
  assert.ok(code !== undefined, stderr);
  return { code: Number(code), stdout, stderr: said };
}

const [what, program] = PROGRAM;
const command = (...args: string[]): Argv => [...program, ...args];

describe(`output, ${what}`, () => {
  it("is whole where it is read late", async () => {
    const { code, stdout, stderr } = await piped(command("check", "--json", mbox, ...mark), "sleep 1; cat");
    assert.deepEqual([code, stderr], [0, ""]);
    const names = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).name);
    assert.deepEqual(names, Array.from({ length: MESSAGES }, (_, i) => `${mbox}:${i + 1}`));
  });

  it("is whole where it is one line larger than a pipe", async () => {
    const large = join(folder, "large.eml");
    writeFileSync(large, `Subject: large\n\n${body.repeat(20)}`);
    const { code, stdout } = await piped(command("check", "--json", large, ...mark), "sleep 1; cat");
    assert.equal(code, 0);
    assert.match(JSON.parse(stdout).after.message, /^X-Checked: yes\r\n/m);
  });

  it("of a command that prints all at once is whole where it is read late", async () => {
    const config = join(folder, "large.toml");
    const add = Array.from({ length: 5000 }, (_, i) => `"X-A: ${i}"`).join(", ");
    writeFileSync(
      config,
      `listen = "inet:1@localhost"\n[[filter]]\nname = "header-rewrite"\nadd = [${add}]\n`,
    );
    const { code, stdout } = await piped(command("config", "check", "--defaults", config), "sleep 1; cat");
    assert.equal(code, 0);
    assert.ok(stdout.length > 100_000, String(stdout.length));
    assert.match(stdout, /^add = "X-A: 4999"\n$/m);
  });

  it("that nobody reads is no error", async () => {
    const cut = await piped(command("check", "--json", mbox, ...mark), "head -c 1");
    assert.deepEqual([cut.code, cut.stdout, cut.stderr], [141, "{", ""]);
    const late = await piped(command("check", "--json", mbox, ...mark), "sleep 1; head -c 1");
    assert.deepEqual([late.code, late.stdout, late.stderr], [141, "{", ""]);
  });

  it("that nobody reads from the begin is no error either", async () => {
    for (const args of [["--help"], ["check", "--help"], ["filters"], ["check", plain, ...mark]]) {
      const { stdout, stderr } = await unread(command(...args));
      assert.deepEqual([stdout, stderr], ["", "141\n"], args.join(" "));
    }
  });

  it("of a replay that nobody reads is none", async () => {
    const file = join(folder, "replayed.trace");
    writeFileSync(file, await manyDifferences());
    await serving(async (address) => {
      const replay = command("replay", file, "--milter", address);
      const all = await piped(replay, "sleep 1; cat");
      assert.equal(all.code, 3, all.stderr);
      const lines = all.stdout.split("\n");
      const [, count] = /^(\d+) differences: \d+ connections, /.exec(lines.at(-2)!)!;
      assert.deepEqual([lines.length, lines.at(-1)], [Number(count) + 2, ""]);
      assert.ok(all.stdout.length > 65_536, "more than a pipe holds");
      const cut = await piped(replay, "head -c 1");
      assert.deepEqual([cut.code, cut.stdout, cut.stderr], [141, "c", ""]);
    });
  });

  it("of a bench that nobody reads is none", async () => {
    await serving(async (address) => {
      const args = command("bench", address, "--messages", "1", "--warm-up", "0", "--connections", "1");
      assert.equal((await unread(args)).stderr, "141\n");
    });
  });

  it("to a full disk is one", { skip: !existsSync("/dev/full") }, async () => {
    const { code, stderr } = await run(
      ["sh", "-c", `${quoted(command("check", plain, ...mark))} > /dev/full`],
    );
    assert.deepEqual([code, stderr], [
      1,
      "milterkit: Cannot write to standard output: the disk is full\n",
    ]);
  });

  // Deno's standard output waits for whoever reads it, whatever else there is to do.
  const testUnlessWaiting = "Deno" in globalThis ? () => {} : it;
  testUnlessWaiting(
    "of a trace that is ended is whole where it is read late",
    { timeout: 120_000 },
    async () => {
      await serving(async (milter) => {
        const go = join(folder, "go");
        const behind = `while [ ! -e '${go}' ]; do sleep 0.05; done; cat`;
        // much larger than a pipe
        const text = new TextEncoder().encode(`Subject: x\r\n\r\n${body.repeat(10)}`);
        const begin = async (address: string) => {
          const client = await MtaClient.open(address);
          await client.connect({
            hostname: "client.example",
            family: "inet",
            port: 25,
            address: "192.0.2.1",
          });
          await client.message(text, { from: "a@example.test", to: ["b@example.test"] });
          client.quit();
          setTimeout(() => writeFileSync(go, ""), 500);
        };
        const { stdout, code } = await traced(command, milter, ["--json"], behind, begin);
        assert.equal(code, 0);
        assert.ok(stdout.length > 300_000 && stdout.endsWith("\n"), String(stdout.length));
        const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual([records[0].format, records.at(-1).type], ["milterkit-trace", "close"]);
      });
    },
  );

  it("of a trace that nobody reads, or no disk takes, holds no mail up", { timeout: 120_000 }, async () => {
    await serving(async (milter) => {
      const places = existsSync("/dev/full") ? [NOBODY, "exec cat > /dev/full"] : [NOBODY];
      const unread = /nobody reads standard output any more/g;
      for (const behind of places) {
        const { code, stderr } = await traced(command, milter, [], behind, async (address, said) => {
          // Whoever was to read goes in his own time; one more is sent after that.
          for (let isLast = false; !isLast;) {
            isLast = said().includes("nobody reads");
            const client = await MtaClient.open(address);
            await client.helo("client.example");
            const text = new TextEncoder().encode("Subject: x\r\n\r\nbody\r\n");
            await client.message(text, { from: "a@example.test", to: ["b@example.test"] });
            client.quit();
            await sleep(20);
          }
        });
        assert.equal(code, 0);
        assert.equal(stderr.match(unread)?.length, 1, stderr);
      }
    });
  });
});

const TAKES: Filter = { name: "takes", header: () => {}, body: () => {}, helo: () => {}, eom: () => {} };

/** Serves a filter that takes everything, in this process. */
async function serving(work: (address: string) => Promise<void>): Promise<void> {
  const server = await serve({ listen: "inet:0@127.0.0.1", filters: [TAKES], onEvent: () => {} });
  try {
    await work(at(server.addresses, 0));
  } finally {
    await server.abort();
  }
}

/** A trace of 400 connections to a filter that had much to say at HELO. */
async function manyDifferences(): Promise<string> {
  const refuse = () => reject(550, "5.7.1", "no ".repeat(150));
  const records = await record([{ ...TAKES, data: () => {}, helo: refuse }], async (open) => {
    const client = await open({ bare: true });
    await client.helo("client.example");
    client.quit();
  });
  const copies = Array.from(
    { length: 400 },
    (_, i) => records.map((each) => formatRecord({ ...each, connection: i + 1 })),
  );
  return `${[formatRecord(HEADER), ...copies.flat()].join("\n")}\n`;
}

/** Runs a trace whose output goes through `behind`, and ends it with SIGTERM once that is done which is to be traced. */
async function traced(
  command: (...args: string[]) => Argv,
  milter: string,
  more: string[],
  behind: string,
  work: (address: string, said: () => string) => Promise<void>,
): Promise<CommandResult> {
  const trace = command("trace", "--listen", "inet:0@127.0.0.1", "--milter", milter, ...more);
  const tell = `sh -c 'echo "pid $$" >&2; exec "$@"' sh ${quoted(trace)}`;
  const child = spawn("sh", ["-c", `{ ${tell}; echo "code $?" >&2; } | { ${behind}; }`]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes: Uint8Array) => stdout += new TextDecoder().decode(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => stderr += new TextDecoder().decode(bytes));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const wait = async (pattern: RegExp) => {
    for (const until = Date.now() + 40_000; Date.now() < until; await sleep(20)) {
      const found = pattern.exec(stderr)?.[1];
      if (found !== undefined) return found;
    }
    throw new Error(`no ${pattern} in ${stderr}`);
  };
  const pid = Number(await wait(/^pid (\d+)$/m));
  try {
    await work(await wait(/listening on (\S+)/), () => stderr);
    process.kill(pid, "SIGTERM");
    return { code: Number(await wait(/^code (\d+)$/m)), stderr, stdout: (await ended, stdout) };
  } finally {
    if (!/^code /m.test(stderr)) process.kill(pid, "SIGKILL");
    await ended;
  }
}
