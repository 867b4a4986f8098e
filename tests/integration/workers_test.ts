// Several worker processes behind one address: each has its share, one's death is its own, and all end together.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MtaClient } from "../../lib/client.ts";
import { CLIENT, MESSAGE, until } from "../server/support.ts";
import { Milterkit, milterkitBinary, runMilterkit } from "../support/milterkit.ts";
import { programCommand } from "../support/runtime.ts";

const PROGRAMS = {
  "the executable": () => [milterkitBinary()],
  "the sources": () => programCommand(fileURLToPath(new URL("../../cli/main.ts", import.meta.url))),
};
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
  program: readonly string[],
  address: string,
  count: number,
  use: (pool: Pool) => Promise<void>,
): Promise<void> {
  const milterkit = await Milterkit.startCommand([
    ...program,
    ...["serve", "--listen", address, "--workers", String(count), "--log-level", "debug"],
    ...["--stop-timeout", "1s", "--filter", "size-limit", "--max", "1MB"],
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

for (const [name, program] of Object.entries(PROGRAMS)) {
  for (const transport of ["unix", "TCP"]) {
    test(
      `workers of ${name} have equal shares over ${transport}`,
      inFolder(async (folder) => {
        const address = transport === "unix" ? `unix:${folder}/milter.sock` : "inet:0@127.0.0.1";
        await withPool(program(), address, 3, async ({ open, given }) => {
          const clients = await Promise.all(Array.from({ length: 16 }, open));
          await until(() => [...given().values()].reduce((sum, count) => sum + count, 0) === 16);
          for (const count of given().values()) assert.ok(count <= 1.5 * 16 / 3, `${count} of 16`);
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
      await withPool(program(), `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const clients = [await open(), await open(), await open(), await open()];
        const victim = workers().get("1")!;
        process.kill(victim, "SIGKILL");
        await milterkit.waitForLine((line) => line.includes("ended by SIGKILL, 2 connections with it"));
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
    `a message in a worker of ${name} is finished after SIGTERM`,
    inFolder(async (folder) => {
      await withPool(program(), `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
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
      await withPool(program(), `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
        const client = await open();
        await client.mail("a@example.org");
        milterkit.signal("SIGINT");
        assert.deepEqual(await milterkit.ended, { code: 130, signal: null });
        await until(() => [...workers().values()].every((pid) => !alive(pid)));
      });
    }),
  );

  test(
    `workers of ${name} whose parent was killed finish their messages and end`,
    inFolder(async (folder) => {
      await withPool(program(), `unix:${folder}/milter.sock`, 2, async ({ milterkit, open, workers }) => {
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
