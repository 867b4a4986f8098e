// Sockets that were passed: by name and number, over reloads, failed starts and ends, and what is said where they are not.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { until } from "../../server/support.ts";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { type Argv, sleep } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { type PassedSocket, Supervisor, supervisorProblem } from "../../support/supervisor.ts";

const skip = skipFor(supervisorProblem());
const folder = mkdtempSync(join(tmpdir(), "milterkit-sockets-"));
after(() => rmSync(folder, { recursive: true }));

const [title, program] = PROGRAM;
const FILTER = ["--filter", "size-limit", "--max", "1MB"];
const CHAIN = '[[filter]]\nname = "size-limit"\nmax = "1MB"\n';
/** A filter that cannot be loaded. */
const NOT_LOADED = 'throw new Error("not loaded");\n';
/** A filter that only the first worker can load, which then waits for the others. */
const ONLY_ONCE = 'import { mkdirSync } from "node:fs";\nmkdirSync(import.meta.filename + ".loaded");\n' +
  'export default { name: "x", mail() {} };\n';

let serial = 0;

/** A service manager with these sockets, and a service that is not started yet. */
async function withSockets(
  command: Argv,
  sockets: readonly PassedSocket[],
  use: (supervisor: Supervisor) => Promise<void>,
): Promise<void> {
  const supervisor = await Supervisor.open({
    command,
    sockets,
    notify: `@milterkit-${process.pid}-${serial++}`,
  });
  try {
    await use(supervisor);
  } catch (error) {
    throw new Error(`${(error as Error).stack}\n${supervisor.log()}`);
  } finally {
    await supervisor.close();
  }
}

const tcp = (name: string): PassedSocket => [name, "inet", "127.0.0.1", 0];

/** A connection over which something was said. */
async function served(address: string): Promise<void> {
  const client = await MtaClient.open(address, { timeout: 120_000 });
  assert.equal((await client.mail("a@example.org")).verdict, "continue");
  client.quit();
}

/** The sockets that a process has open. */
function socketsOf(pid: number): Set<string> {
  return new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    }).filter((link) => link.startsWith("socket:")),
  );
}

describe(title, { skip, timeout: 120_000 }, () => {
  for (const workers of ["1", "2"]) {
    test(`serves all sockets of a name, and one by its number, in ${workers} process(es)`, async () => {
      const path = join(folder, `${serial}.sock`);
      const command: Argv = [
        ...program,
        "serve",
        "--listen",
        "fd:milter",
        "--listen",
        "fd:4",
        "--workers",
        workers,
      ];
      const sockets = [tcp("milter"), tcp("other"), ["milter", "unix", path], tcp("unused")] as const;
      await withSockets([...command, ...FILTER], sockets, async (supervisor) => {
        await supervisor.start();
        const [first = "", other = "", second = ""] = supervisor.addresses;
        for (const address of [first, other, second]) await served(address);
        const before = statSync(path).ino;
        assert.equal(await supervisor.stop(), 0);
        // What comes now waits for the next process.
        const waiting = [first, second].map(served);
        await sleep(100);
        await supervisor.start();
        await Promise.all(waiting);
        assert.equal(statSync(path).ino, before);
      });
    });
  }

  test("keeps a socket open over reloads, and is not given one again that it has closed", async () => {
    const config = join(folder, `${serial}.toml`);
    const configure = (listen: string, filter = CHAIN) =>
      writeFileSync(config, `listen = [${listen}]\n${filter}`);
    configure('"fd:one", "fd:two"');
    const command: Argv = [...program, "serve", "--config", config];
    await withSockets(command, [tcp("one"), tcp("two"), tcp("three")], async (supervisor) => {
      const pid = await supervisor.start();
      const reload = async (said: RegExp) => {
        const since = supervisor.events.length;
        supervisor.signal("HUP");
        await supervisor.waitFor(({ log }) => said.test(log ?? ""), String(said), since);
      };
      const [one = "", two = "", three = ""] = supervisor.addresses;
      const before = socketsOf(pid);
      await reload(/new connections get the new version/);
      const listening = [...before].filter((socket) => socketsOf(pid).has(socket));
      assert.ok(listening.length >= 2, `${listening}`);
      await Promise.all([served(one), served(two)]);

      // A reload that comes to nothing takes nothing of what waits, and does not use up the socket.
      const filter = join(folder, "not-loaded.ts");
      writeFileSync(filter, NOT_LOADED);
      const waiting = served(three);
      configure('"fd:one", "fd:two", "fd:three"', `[[filter]]\nname = "${filter}"\n`);
      await reload(/previous version stays in use: .*not loaded/);
      configure('"fd:one", "fd:three"');
      await reload(/new connections get the new version/);
      await waiting;
      await served(one);

      configure('"fd:one", "fd:two", "fd:three"');
      await reload(
        /previous version stays in use: Cannot listen on fd:two: descriptor 4 was closed, .*; restart/,
      );
      await Promise.all([served(one), served(three)]);
    });
  });

  test("leaves what waits to the next process where its workers do not start", async () => {
    const filter = join(folder, `start-${serial}.ts`);
    writeFileSync(filter, ONLY_ONCE);
    const command: Argv = [
      ...program,
      "serve",
      "--listen",
      "fd:milter",
      "--workers",
      "2",
      "--filter",
      filter,
    ];
    await withSockets(command, [tcp("milter")], async (supervisor) => {
      const waiting = served(supervisor.address);
      await supervisor.startUnready();
      const { ended } = await supervisor.waitFor(({ ended }) => ended !== undefined, "end");
      assert.equal(ended, 1);
      writeFileSync(filter, 'export default { name: "x", mail() {} };\n');
      await supervisor.start();
      await waiting;
    });
  });

  test("serves what it has taken when it is told to stop", async () => {
    const command: Argv = [
      ...program,
      "serve",
      "--listen",
      "fd:milter",
      "--workers",
      "2",
      "--stop-timeout",
      "20s",
    ];
    await withSockets([...command, ...FILTER], [tcp("milter")], async (supervisor) => {
      await supervisor.start();
      const ready = () => [...supervisor.log().matchAll(/worker \d \(process (\d+)\) is ready/g)];
      // The log takes another way than the word that it is ready.
      await until(() => ready().length === 2, "two workers");
      const workers = ready().map(([, pid]) => Number(pid));
      for (const pid of workers) process.kill(pid, "SIGSTOP");
      // Each worker is given one, and the others wait.
      const waiting = Array.from({ length: 6 }, () => served(supervisor.address));
      await sleep(300);
      const since = supervisor.events.length;
      supervisor.signal("TERM");
      await supervisor.waitFor(({ log }) => /stopping/.test(log ?? ""), "stopping", since);
      for (const pid of workers) process.kill(pid, "SIGCONT");
      await supervisor.waitFor(({ ended }) => ended === 0, "end", since);
      // What it has not taken by then is the next one's.
      await supervisor.start();
      await Promise.all(waiting);
      await until(() => supervisor.notifications.length > 0);
    });
  });

  for (const workers of ["1", "2"]) {
    test(`says which sockets there are, in ${workers} process(es)`, async () => {
      const refused: [listen: string[], said: RegExp][] = [
        [
          ["fd:milter"],
          /^milterkit: Cannot listen on fd:milter: systemd passed only fd:smtp \(fd:3\); see FileDescriptorName= in the \.socket unit$/,
        ],
        [["fd:4"], /Cannot listen on fd:4: systemd passed only fd:smtp \(fd:3\)/],
        [["fd:smtp", "fd:3"], /Cannot listen on fd:3: descriptor 3 is listened on already/],
      ];
      for (const [listen, said] of refused) {
        const flags = listen.flatMap((address) => ["--listen", address]);
        const command: Argv = [...program, "serve", ...flags, "--workers", workers, ...FILTER];
        await withSockets(command, [tcp("smtp")], async (supervisor) => {
          await supervisor.startUnready();
          assert.equal((await supervisor.waitFor(({ ended }) => ended !== undefined, "end")).ended, 1);
          assert.match(supervisor.log().split("\n").at(-1)!, said);
        });
      }
    });

    test(`does not take sockets that were passed to another process, in ${workers} process(es)`, async () => {
      const cases: [env: Record<string, string>, address: string, said: RegExp][] = [
        [
          { LISTEN_PID: "1", LISTEN_FDS: "1" },
          "fd:3",
          /passed to process 1, not to this one, \d+; start milterkit/,
        ],
        [
          {},
          "fd:milter",
          /Cannot listen on fd:milter: systemd passed no socket; is the \.socket unit active\?/,
        ],
      ];
      for (const [env, address, said] of cases) {
        const command: Argv = [...program, "serve", "--listen", address, "--workers", workers, ...FILTER];
        const milterkit = await Milterkit.startCommand(command, { addresses: 0, env });
        assert.deepEqual(await milterkit.ended, { code: 1, signal: null });
        assert.match(milterkit.log(), said);
      }
    });
  }
});
