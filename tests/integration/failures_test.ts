// Failures around the filters, each with the real program: nobody reads its log, a filter ends the process or leaves an
// error behind, no worker takes connections.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { parseAddress } from "../../lib/net/address.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, MESSAGE, sleep, until } from "../server/support.ts";
import { Milterkit, milterkitBinary } from "../support/milterkit.ts";
import { childrenOf, run } from "../support/process.ts";
import { freePort } from "../support/ports.ts";
import { PROGRAM } from "../support/programs.ts";
import { findBun } from "../support/runtime.ts";
import { open, send, sendAlone, serving, withFiles } from "./user_filter/support.ts";

const TO = ["b@example.net"];

/** How a log is lost: its reader goes away, its disk is full. */
const LOST_LOGS: [what: string, spawn: (path: string, args: string[]) => ChildProcess][] = [
  ["nobody reads", (path, args) => {
    const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr!.destroy();
    return child;
  }],
  ["no disk takes", (path, args) => {
    const full = openSync("/dev/full", "w");
    const child = spawn(path, args, { stdio: ["ignore", "ignore", full] });
    closeSync(full);
    return child;
  }],
];

const [name, program] = PROGRAM;
for (const [what, breakOff] of LOST_LOGS) {
  test(`a log that ${what} holds no mail up: ${name}`, {
    skip: existsSync("/dev/full") ? false : "needs /dev/full",
    timeout: 120_000,
  }, async () => {
    const address = `inet:${await freePort()}@127.0.0.1`;
    const filter = ["--filter", "size-limit", "--max", "1MB", "--max-recipients", "1"];
    const [path, ...args] = [...program, "serve", "--listen", address, ...filter];
    const child = breakOff(path, args);
    try {
      const client = await openSoon(address);
      await client.connect(CLIENT);
      await client.helo("client.example");
      // A line each, more than a pipe takes.
      for (let i = 0; i < 1000; i++) {
        const { answer, refused } = await client.message(MESSAGE, { to: [...TO, "c@example.net"] });
        assert.deepEqual([answer.verdict, refused.length], ["continue", 1]);
      }
      client.quit();
      const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
      process.kill(child.pid!, "SIGTERM");
      assert.equal(await ended, 0);
    } finally {
      child.kill("SIGKILL");
    }
  });
}

test(
  `an error that a filter leaves behind is logged, and mail goes on: ${name}`,
  { timeout: 120_000 },
  async () => {
    const filter = `export default {
      name: "leaves",
      verdicts: [],
      mail() { setTimeout(() => { throw new Error("left behind"); }); },
      eom() { void Promise.reject(new Error("not waited for")); },
    };`;
    await withFiles(
      { "leaves.ts": filter },
      (folder) =>
        serving(folder, program, ["--filter", "./leaves.ts"], async (milterkit) => {
          const client = await open(milterkit);
          assert.equal((await send(client)).verdict, "continue");
          await milterkit.waitForLine((line) =>
            /uncaught error outside any callback: left behind/.test(line)
          );
          await milterkit.waitForLine((line) => /uncaught error .*: not waited for/.test(line));
          assert.equal((await send(client)).verdict, "continue");
          client.quit();
        }),
    );
  },
);

test(`a filter that ends the process ends its worker alone, which is started again: ${name}`, {
  timeout: 120_000,
}, async () => {
  const filter = `import process from "node:process";
      export default { name: "ends", mail: ({ address }) => address.startsWith("end") ? process.exit(3) : undefined };`;
  await withFiles(
    { "ends.ts": filter },
    (folder) =>
      serving(folder, program, ["--workers", "2", "--filter", "./ends.ts"], async (milterkit) => {
        const [one, two] = [await open(milterkit), await open(milterkit)];
        await assert.rejects(one.message(MESSAGE, { from: "end@example.org", to: TO }));
        await milterkit.waitForLine((line) =>
          /worker \d .* ended with exit code 1 \(did a filter call process\.exit\(\)\?\), with 1 connections lost; starting/
            .test(line)
        );
        assert.equal((await send(two)).verdict, "continue");
        assert.equal((await sendAlone(milterkit)).verdict, "continue");
        two.quit();
      }),
  );
});

test(`a worker in which a filter computes on is killed and replaced: ${name}`, {
  timeout: 120_000,
}, async () => {
  const filter =
    `export default { name: "endless", mail({ address }) { while (address.startsWith("on")); } };`;
  const args = ["--workers", "2", "--worker-timeout", "2s", "--filter", "./endless.ts"];
  await withFiles(
    { "endless.ts": filter },
    (folder) =>
      serving(folder, program, args, async (milterkit) => {
        const [one, two] = [await open(milterkit), await open(milterkit)];
        await assert.rejects(one.message(MESSAGE, { from: "on@example.org", to: TO }));
        await milterkit.waitForLine((line) =>
          /worker \d .* has not answered for 2 s and is killed/.test(line)
        );
        await milterkit.waitForLine((line) =>
          /ended by SIGKILL, with 1 connections lost; starting/.test(line)
        );
        // The other one was asked as often, and answered.
        assert.equal((await send(two)).verdict, "continue");
        assert.equal((await sendAlone(milterkit)).verdict, "continue");
        two.quit();
        await milterkit.stop();
        assert.equal(milterkit.lines.filter((line) => line.includes("is killed")).length, 1);
      }),
  );
});

test("connections wait for a worker up to a number, and those above it are closed at once", {
  timeout: 120_000,
}, async () => {
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--workers", "2", "--filter", "size-limit", "--max", "1MB"],
  ]);
  const sockets: Socket[] = [];
  await milterkit.waitForLine((line) => line.includes("runs size-limit"));
  const workers = childrenOf(milterkit.pid);
  try {
    for (const worker of workers) process.kill(worker, "SIGSTOP");
    let closed = 0;
    const more = 20;
    // Each worker is given one and does not take it; as many wait as may, and the rest is closed.
    const count = workers.length + 1024 + more;
    const target = parseAddress(milterkit.address) as { host: string; port: number };
    for (let i = 0; i < count; i++) {
      const socket = connect(target);
      socket.on("error", () => {});
      socket.on("close", () => closed++);
      sockets.push(socket);
    }
    await until(() => closed === more, `${more} closed`);
    await milterkit.waitForLine((line) => line.includes("no worker takes connections: 1024 wait"));
    for (const worker of workers) process.kill(worker, "SIGCONT");
    for (const socket of sockets) socket.destroy();
    assert.equal((await sendAlone(milterkit)).verdict, "continue");
  } finally {
    for (const worker of workers) process.kill(worker, "SIGCONT");
    for (const socket of sockets) socket.destroy();
    await milterkit.stop();
  }
});

test("an expression of a rule finds what the runtime's own gives up on, in the executable", async () => {
  // What Bun does is what the executable would do; Deno would try on for minutes.
  const code = 'console.log(/(a+)+$|!$/.test("a".repeat(40) + "!"))';
  const { stdout } = await run([findBun()!, "-e", code]);
  assert.equal(stdout.trim(), "false");
  await withFiles({ "mail.eml": `Subject: ${"a".repeat(10_000)}!\n\nbody\n` }, async (folder) => {
    const rule = ["--filter", "header-rewrite", "--replace", "Subject /(a+)+$|!$/ found"];
    const checked = await run([milterkitBinary(), "check", join(folder, "mail.eml"), ...rule]);
    assert.equal(checked.code, 0, checked.stderr);
    assert.match(checked.stdout, /found/);
  });
});

/** Connects once somebody listens. */
async function openSoon(address: string): Promise<MtaClient> {
  for (const end = performance.now() + 40_000;; await sleep(50)) {
    try {
      return await MtaClient.open(address);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
