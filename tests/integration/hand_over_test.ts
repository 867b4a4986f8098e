// Connections on their way to a worker, with the real program: what a worker cannot take goes to another one or waits,
// whatever the client does meanwhile, and nothing is left open.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { parseAddress } from "../../lib/net/address.ts";
import type { MtaClient } from "../../mod.ts";
import { MESSAGE, settled, sleep, until } from "../server/support.ts";
import { Milterkit } from "../support/milterkit.ts";
import { fetchText } from "../support/http.ts";
import { freePort } from "../support/ports.ts";
import { at, captured } from "../support/present.ts";
import { type Argv, childrenOf } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { open, sendAlone, withFiles } from "./user_filter/support.ts";

const skip = process.platform === "linux" ? undefined : "needs Linux's /proc";
const TO = ["b@example.net"];
const DESCRIPTORS = 100;

/**
 * Takes all descriptors that its process has left at a message from take@, and gives them back at one from give@; from
 * keep@ on it takes what becomes free, too.
 */
const HOG = `import { closeSync, openSync } from "node:fs";
  const taken = [];
  const take = () => {
    try {
      while (true) taken.push(openSync("/dev/null", "r"));
    } catch {
      // There are no more.
    }
  };
  export default {
    name: "hog",
    verdicts: [],
    mail({ address }) {
      if (address.startsWith("take")) take();
      if (address.startsWith("keep")) setInterval(take, 1);
      if (address.startsWith("give")) for (const fd of taken.splice(0)) closeSync(fd);
    },
  };`;

interface Hogged {
  readonly milterkit: Milterkit;
  /** A connection to each worker. */
  readonly clients: readonly MtaClient[];
  workers(): number[];
  /** Has the worker of a connection take all descriptors that are left, or give them back. */
  take(client: MtaClient): Promise<void>;
  give(client: MtaClient): Promise<void>;
  /** Has it never give them back. */
  keep(client: MtaClient): Promise<void>;
  /** Waits until the parent knows of no connections. */
  areGone(): Promise<void>;
  /** Asserts that mail is served, and that nothing is open but what was at the start. */
  isIdle(): Promise<void>;
}

/** Runs two workers with a filter that can take their descriptors away. */
async function hogged(program: Argv, use: (hogged: Hogged) => Promise<void>): Promise<void> {
  await withFiles({ "hog.ts": HOG }, async (folder) => {
    const port = await freePort();
    const limited: Argv = ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh", ...program];
    const milterkit = await Milterkit.startCommand(
      [
        ...limited,
        "serve",
        "--listen",
        "inet:0@127.0.0.1",
        "--workers",
        "2",
        "--metrics",
        String(port),
        "--filter",
        "./hog.ts",
      ],
      { cwd: folder },
    );
    const workers = () => childrenOf(milterkit.pid).sort((a, b) => a - b);
    const descriptors = () => [milterkit.pid, ...workers()].map(descriptorsOf);
    const areGone = async () => {
      for (const end = performance.now() + 40_000; await held(port) > 0; await sleep(5)) {
        assert.ok(performance.now() < end, `there are connections:\n${milterkit.log()}`);
      }
    };
    const from = async (client: MtaClient, address: string) =>
      void assert.equal(
        (await client.message(MESSAGE, { from: address, to: TO })).answer.verdict,
        "continue",
      );
    try {
      await milterkit.waitForLine((line) => line.includes("runs hog"));
      await sendAlone(milterkit);
      await sendAlone(milterkit);
      const [parent = 0, ...each] = await settled(descriptors);
      const idle = [parent, Math.max(...each)];
      const clients = [await open(milterkit), await open(milterkit)];
      await use({
        milterkit,
        clients,
        workers,
        take: (client) => from(client, "take@example.org"),
        give: (client) => from(client, "give@example.org"),
        keep: (client) => from(client, "keep@example.org"),
        areGone,
        async isIdle() {
          for (const client of clients) client.destroy();
          assert.equal((await sendAlone(milterkit)).verdict, "continue");
          await areGone();
          // A new worker has opened less than one that has served.
          const isBack = () => descriptors().every((count, i) => count <= at(idle, Math.min(i, 1)));
          await until(isBack, `${idle} descriptors, not ${descriptors()}`);
        },
      });
    } finally {
      for (const worker of workers()) process.kill(worker, "SIGCONT");
      await milterkit.stop();
    }
    assert.doesNotMatch(milterkit.log(), /SentHandleNotReceivedWarning/);
  });
}

/** How many connections there are, to the parent's knowledge. */
async function held(port: number): Promise<number> {
  const { text } = await fetchText(`http://127.0.0.1:${port}/metrics`);
  return Number(captured(text, /^milterkit_connections_open (\d+)$/m));
}

const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

function knock(address: string, count: number): Socket[] {
  const target = parseAddress(address) as { host: string; port: number };
  return Array.from({ length: count }, () => connect(target).on("error", () => {}));
}

const isOpen = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once("connect", resolve).once("close", () => resolve()));

const [name, program] = PROGRAM;
const options = { skip, timeout: 120_000 };

test(
  `a connection that no worker of ${name} has a descriptor for waits until one has`,
  options,
  async () => {
    await hogged(program, async ({ milterkit, clients, take, give, isIdle }) => {
      for (const client of clients) await take(client);
      const waiting = [open(milterkit), open(milterkit), open(milterkit)];
      await milterkit.waitForLine((line) => /worker \d .* could not take a connection/.test(line));
      await give(at(clients, 1));
      // Where a runtime's channel is of no use any more, another worker comes once this one is idle.
      at(clients, 1).quit();
      for (const client of waiting) (await client).quit();
      await give(at(clients, 0));
      await isIdle();
    });
  },
);

test(
  `a connection that one worker of ${name} has no descriptor for is served by the other`,
  options,
  async () => {
    await hogged(program, async ({ clients, milterkit, take, give, isIdle }) => {
      await take(at(clients, 0));
      for (let i = 0; i < 5; i++) assert.equal((await sendAlone(milterkit)).verdict, "continue");
      await give(at(clients, 0));
      await isIdle();
    });
  },
);

// Deno opens and closes descriptors of its own, and one that missed once is replaced there.
if (process.versions.bun) {
  test(`an idle worker of ${name} that can take nothing is replaced`, options, async () => {
    await hogged(program, async ({ milterkit, clients, workers, keep, areGone, isIdle }) => {
      const before = workers();
      for (const client of clients) await keep(client);
      for (const client of clients) client.quit();
      await areGone();
      await until(() => before.every((pid) => descriptorsOf(pid) === DESCRIPTORS), "no free descriptor");
      // Nobody gives them back: without a new worker this one waits for good.
      (await open(milterkit)).quit();
      await milterkit.waitForLine((line) =>
        /worker \d .* has no connections but cannot take any; it is killed/.test(line)
      );
      for (let i = 0; workers().some((pid) => before.includes(pid)); i++) {
        assert.ok(i < 1000, milterkit.log());
        assert.equal((await sendAlone(milterkit)).verdict, "continue");
        await sleep(10);
      }
      await isIdle();
    });
  });
}

test(`a worker of ${name} is killed while it misses what it is handed`, options, async () => {
  await hogged(program, async ({ milterkit, clients, workers, take, give, isIdle }) => {
    for (const client of clients) await take(client);
    const waiting = open(milterkit);
    await milterkit.waitForLine((line) => /worker \d .* could not take a connection/.test(line));
    process.kill(at(workers(), 0), "SIGKILL");
    (await waiting).quit();
    await Promise.allSettled(clients.map(give));
    await milterkit.waitForLine((line) => /ended by SIGKILL, with 1 connections lost/.test(line));
    await isIdle();
  });
});

const RESETS: [what: string, isHogged: boolean, count: number][] = [
  ["on their way to workers that do not answer", false, 2],
  ["on their way to workers that do not answer and have no descriptors", true, 2],
  ["while they wait for such workers", true, 20],
];
for (const [what, isHogged, count] of RESETS) {
  test(`connections to ${name} that are reset ${what} leave nothing behind`, options, async () => {
    await hogged(program, async ({ milterkit, clients, workers, take, give, isIdle }) => {
      for (let round = 0; round < 3; round++) {
        if (isHogged) { for (const client of clients) await take(client); }
        for (const pid of workers()) process.kill(pid, "SIGSTOP");
        const sockets = knock(milterkit.address, count);
        await Promise.all(sockets.map(isOpen));
        for (const socket of sockets) socket.resetAndDestroy();
        for (const pid of workers()) process.kill(pid, "SIGCONT");
        if (isHogged) { for (const client of clients) await give(client); }
      }
      await isIdle();
    });
  });
}

test(`connections to ${name} that are reset at once leave nothing behind`, options, async () => {
  await hogged(program, async ({ milterkit, isIdle }) => {
    for (let round = 0; round < 5; round++) {
      const sockets = knock(milterkit.address, 40);
      for (const [i, socket] of sockets.entries()) {
        if (i % 4 === 0) socket.resetAndDestroy();
        else if (i % 4 === 1) socket.once("connect", () => socket.resetAndDestroy());
        else if (i % 4 === 2) {
          socket.once("connect", () => setTimeout(() => socket.resetAndDestroy(), i % 5));
        } else socket.once("connect", () => socket.end());
      }
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    }
    await isIdle();
  });
});
