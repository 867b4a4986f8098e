// Several worker processes behind one address: each has its share, one's death is its own, and all end together.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, MESSAGE, until } from "../server/support.ts";
import { Milterkit, milterkitBinary, runMilterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { type Argv, childrenOf, findCommand, hasEnvironment, run } from "../support/process.ts";
import { PROGRAMS } from "../support/programs.ts";

const WORKER = /worker (\d+) \(process (\d+)\) is ready/;

interface Pool {
  readonly milterkit: Milterkit;
  open(): Promise<MtaClient>;
  /** Process ids by the workers' numbers, the newest of each. */
  workers(): Map<string, number>;
  /** How many connections each worker was given so far, by number. */
  given(): Map<string, number>;
}

async function withPool(
  program: Argv,
  address: string,
  count: number,
  use: (pool: Pool) => Promise<void>,
  options: readonly string[] = [],
): Promise<void> {
  const milterkit = await Milterkit.startCommand([
    ...program,
    ...["serve", "--listen", address, "--workers", String(count), "--log-level", "debug"],
    ...["--stop-timeout", "1s", ...options, "--filter", "size-limit", "--max", "1MB"],
  ]);
  const clients: MtaClient[] = [];
  try {
    await milterkit.waitForLine((line) => line.includes("runs size-limit"));
    await use({
      milterkit,
      async open() {
        const client = await MtaClient.open(milterkit.address);
        clients.push(client);
        await client.connect(CLIENT);
        await client.helo("client.example");
        return client;
      },
      workers: () =>
        new Map(
          milterkit.lines.flatMap((line) => {
            const [, number, pid] = WORKER.exec(line) ?? [];
            return number ? [[number, Number(pid)] as const] : [];
          }),
        ),
      given() {
        const counts = new Map<string, number>();
        for (const line of milterkit.lines) {
          const number = /\[(\d+)\] connection .* opened/.exec(line)?.[1];
          if (number) counts.set(number, (counts.get(number) ?? 0) + 1);
        }
        return counts;
      },
    });
  } finally {
    for (const client of clients) client.destroy();
    await milterkit.stop();
  }
}

function inFolder(use: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-workers-"));
    try {
      await use(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Opens connections one after the other: of many at once those that answer first may get more, and rightly so. */
async function openInTurn(open: Pool["open"], count: number): Promise<MtaClient[]> {
  const clients: MtaClient[] = [];
  while (clients.length < count) clients.push(await open());
  return clients;
}

/** How many connections each worker was given, the fewest first, once there are `count` in all. */
async function sharesOf(given: Pool["given"], count: number): Promise<number[]> {
  const shares = () => [...given().values()].sort((a, b) => a - b);
  await until(() => shares().reduce((sum, share) => sum + share, 0) === count);
  return shares();
}

for (const [name, program] of PROGRAMS) {
  for (const transport of ["unix", "TCP"]) {
    test(
      `workers of ${name} have equal shares over ${transport}`,
      inFolder(async (folder) => {
        const address = transport === "unix" ? `unix:${folder}/milter.sock` : "inet:0@127.0.0.1";
        await withPool(program, address, 3, async ({ open, given }) => {
          const clients = await openInTurn(open, 16);
          assert.deepEqual(await sharesOf(given, 16), [5, 5, 6]);
          for (const client of clients) {
            assert.equal((await client.message(MESSAGE, { to: ["b@example.net"] })).event, "eom");
          }
        });
      }),
    );
  }

  test(
    `a worker of ${name} that dies takes its own connections alone, and is started again`,
    inFolder(async (folder) => {
      await withPool(program, `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const clients = [await open(), await open(), await open(), await open()];
        const victim = workers().get("1")!;
        process.kill(victim, "SIGKILL");
        await milterkit.waitForLine((line) => line.includes("ended by SIGKILL, with 2 connections lost"));
        await until(() => workers().get("1") !== victim);
        const outcomes = await Promise.allSettled(
          clients.map((client) => client.message(MESSAGE, { to: ["b@example.net"] })),
        );
        assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 2);
        const late = await open();
        assert.equal((await late.message(MESSAGE, { to: ["b@example.net"] })).event, "eom");
      });
    }),
  );

  test(
    `workers of ${name} together have no more connections than they may, also when one of them dies`,
    inFolder(async (folder) => {
      const limit = ["--limit-connections", "4"];
      await withPool(program, `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const clients = [await open(), await open(), await open(), await open()];
        await assert.rejects(open());
        await milterkit.waitForLine((line) => line.includes("closed, too many connections (limit 4)"));
        const victim = workers().get("1")!;
        process.kill(victim, "SIGKILL");
        await until(() => workers().get("1") !== victim);
        // Two went with it, and one is ended.
        const answers = await Promise.allSettled(
          clients.map((client) => client.message(MESSAGE, { to: ["b@example.net"] })),
        );
        const left = clients.filter((_, i) => at(answers, i).status === "fulfilled");
        assert.equal(left.length, 2);
        at(left, 0).quit();
        await milterkit.waitForLine((line) => /connection \d+ closed/.test(line), "end of connection");
        for (let more = 0; more < 3;) {
          // The parent may not have heard of the end yet.
          more += await open().then(() => 1, () => 0);
        }
        await assert.rejects(open());
      }, limit);
    }),
  );

  test(
    `a message in a worker of ${name} is finished after SIGTERM`,
    inFolder(async (folder) => {
      await withPool(program, `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const client = await open();
        await client.mail("a@example.org");
        milterkit.signal("SIGTERM");
        await milterkit.waitForLine((line) => line.includes("stopping: 1 connections"));
        await client.rcpt("b@example.net");
        assert.equal((await client.eom()).verdict, "continue");
        assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
        assert.deepEqual([...workers().values()].filter(alive), []);
      });
    }),
  );

  test(
    `SIGINT ends all workers of ${name}`,
    inFolder(async (folder) => {
      await withPool(program, `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const client = await open();
        await client.mail("a@example.org");
        milterkit.signal("SIGINT");
        assert.deepEqual(await milterkit.ended, { code: 130, signal: null });
        // They ended it themselves: who is killed logs nothing.
        assert.equal(milterkit.lines.filter((line) => /\[\d\] connection 1 closed/.test(line)).length, 1);
        await until(() => [...workers().values()].every((pid) => !alive(pid)));
      });
    }),
  );

  test(
    `workers of ${name} whose parent was killed finish their messages and end`,
    inFolder(async (folder) => {
      await withPool(program, `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const client = await open();
        await client.mail("a@example.org");
        process.kill(milterkit.pid, "SIGKILL");
        await client.rcpt("b@example.net");
        assert.equal((await client.eom()).verdict, "continue");
        client.destroy();
        await until(() => [...workers().values()].every((pid) => !alive(pid)));
      });
    }),
  );
}

/** Puts a listening TCP socket at descriptor 3, then runs a command. Where it listens is told first. */
const INHERIT = `import os, socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(64)
print("listening on inet:%d@127.0.0.1" % s.getsockname()[1], file=sys.stderr, flush=True)
high = os.dup(s.fileno()); os.dup2(high, 40); os.dup2(40, 3); os.set_inheritable(3, True)
os.execv(sys.argv[1], sys.argv[1:])`;
const python = findCommand("python3");

for (const [name, program] of PROGRAMS) {
  for (const workers of [2, 3]) {
    test(`${workers} workers of ${name} hold 64 connections in equal shares, and let go of lost ones`, async () => {
      await withPool(program, "inet:0@127.0.0.1", workers, async ({ milterkit, open, given }) => {
        const clients = await openInTurn(open, 64);
        assert.deepEqual(await sharesOf(given, 64), workers === 2 ? [32, 32] : [21, 21, 22]);
        for (const client of clients) client.destroy();
        await until(() => milterkit.lines.filter((line) => /connection \d+ lost/.test(line)).length === 64);
      });
    });
  }

  test(
    `what waits until the workers of ${name} are up is shared by all of them`,
    inFolder(async (folder) => {
      const milterkit = await Milterkit.startCommand([
        ...program,
        ...["serve", "--listen", `unix:${folder}/milter.sock`, "--workers", "2", "--log-level", "debug"],
        ...["--filter", "size-limit", "--max", "1MB"],
      ]);
      try {
        // Whoever stops a child before it has become another program may stop its parent, which waits for that.
        // The first one has loaded the version by then, and may be ready.
        const isWorker = (pid: number) => hasEnvironment(pid, "MILTERKIT_WORKER=2");
        await until(() => childrenOf(milterkit.pid).some(isWorker));
        const late = at(childrenOf(milterkit.pid).filter(isWorker), 0);
        process.kill(late, "SIGSTOP");
        const opening = Array.from({ length: 16 }, () => MtaClient.open(milterkit.address));
        await milterkit.waitForLine((line) => WORKER.test(line) && !line.includes(`process ${late}`));
        process.kill(late, "SIGCONT");
        const clients = await Promise.all(opening);
        const opened = (worker: number) =>
          milterkit.lines.filter((line) => line.includes(`[${worker}] connection`)).length;
        await until(() => opened(1) + opened(2) === 16);
        // The first that was up did not get all. Equal shares they have only where both answer quickly.
        assert.ok(opened(1) > 0 && opened(2) > 0, `${opened(1)} and ${opened(2)}`);
        for (const client of clients) client.destroy();
      } finally {
        await milterkit.stop();
      }
    }),
  );

  test(`a stuck worker of ${name} keeps one connection waiting and no more`, async () => {
    await withPool(program, "inet:0@127.0.0.1", 2, async ({ open, workers }) => {
      const stuck = workers().get("1")!;
      process.kill(stuck, "SIGSTOP");
      let served = 0;
      const opening = Array.from({ length: 8 }, () => open().then(() => served++));
      await until(() => served === 7);
      process.kill(stuck, "SIGCONT");
      await Promise.all(opening);
    });
  });

  test(`what a stuck worker of ${name} was given and did not take is served by another when it dies`, async () => {
    await withPool(program, "inet:0@127.0.0.1", 2, async ({ open, workers }) => {
      const stuck = workers().get("1")!;
      process.kill(stuck, "SIGSTOP");
      let served = 0;
      const opening = Array.from({ length: 8 }, () => open().then(() => served++));
      await until(() => served === 7);
      process.kill(stuck, "SIGKILL");
      await Promise.all(opening);
    });
  });

  test(`a second SIGTERM aborts the workers of ${name}`, async () => {
    await withPool(program, "inet:0@127.0.0.1", 2, async ({ milterkit, open, workers }) => {
      const client = await open();
      await client.mail("a@example.org");
      milterkit.signal("SIGTERM");
      await milterkit.waitForLine((line) => line.includes("stopping"));
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 143, signal: null });
      await until(() => [...workers().values()].every((pid) => !alive(pid)));
    });
  });

  test(`workers of ${name} serve an inherited socket`, { skip: python === undefined }, async () => {
    await withPool([python!, "-c", INHERIT, ...program], "fd:3", 2, async ({ milterkit, open }) => {
      const client = await open();
      assert.equal((await client.message(MESSAGE, { to: ["b@example.net"] })).event, "eom");
      await milterkit.waitForLine((line) => /connection 1 from 127\.0\.0\.1:\d+ opened/.test(line));
    });
  });
}

test("what is for workers alone is refused elsewhere", async () => {
  const filter = ["--filter", "size-limit", "--max", "1MB"];
  for (const workers of ["1", "2"]) {
    const { code, stderr } = await runMilterkit([
      ...["serve", "--listen", "parent:", "--workers", workers],
      ...filter,
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /Invalid --listen "parent:": parent: is only for workers/);
  }
  const { code, stderr } = await run(
    [milterkitBinary(), "serve", "--listen", "inet:0@127.0.0.1", ...filter],
    {
      env: { MILTERKIT_WORKER: "1" },
    },
  );
  assert.equal(code, 2);
  assert.match(stderr, /MILTERKIT_WORKER is set, which is reserved for workers; unset it/);
});

for (const count of ["0", "-1", "257", "many"]) {
  test(`--workers ${count} is refused`, async () => {
    const { code, stderr } = await runMilterkit([
      ...["serve", "--listen", "inet:0@127.0.0.1", `--workers=${count}`],
      ...["--filter", "size-limit", "--max", "1MB"],
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /Invalid --workers ".*": want a number from 1 to 256, or auto/);
  });
}
