// What a service manager is told, and what no other process gets to know.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { sleep, until } from "../../server/support.ts";
import { gatedFilter } from "../../support/gated_filter.ts";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { at } from "../../support/present.ts";
import { type Argv, childrenOf } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { Supervisor, type SupervisorEvent, supervisorProblem } from "../../support/supervisor.ts";

const skip = skipFor(supervisorProblem());
const folder = mkdtempSync(join(tmpdir(), "milterkit-notify-"));
after(() => rmSync(folder, { recursive: true }));

const [title, program] = PROGRAM;
/** A filter that writes down what each process that has loaded it, and what that starts, sees of a service manager. */
const CURIOUS = `import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
const seen = (names) => names.filter((name) => /^(NOTIFY|WATCHDOG|LISTEN)_/.test(name));
const started = execFileSync("env").toString().split("\\n").map((line) => line.split("=")[0]);
writeFileSync(\`\${process.env.SEEN}/\${process.pid}\`, JSON.stringify([seen(Object.keys(process.env)), seen(started)]));
export default { name: "curious", mail() {} };
`;
/** A filter that computes without an end. */
const ENDLESS = `export default {
  name: "endless",
  mail({ address }) {
    if (!address.startsWith("endless")) return;
    console.error("endless begins");
    while (true);
  },
};
`;

/** The name of what is said first, in each notification. */
const word = (text: string) => text.split("\n")[0];

/** What was said, less signs of life. */
const words = ({ notifications }: Supervisor) =>
  notifications.map(word).filter((each) => each !== "WATCHDOG=1");

let serial = 0;

describe(title, () => {
  for (const where of ["a path", "an abstract name"]) {
    test(
      `tells ${where} of its start, reloads and end, in this order`,
      { skip, timeout: 120_000 },
      async () => {
        const number = serial++;
        const config = join(folder, `${number}.toml`);
        const chain = '[[filter]]\nname = "size-limit"\nmax = "1MB"\n';
        writeFileSync(config, `listen = "fd:milter"\nworkers = 2\n${chain}`);
        const supervisor = await Supervisor.open({
          command: [...program, "serve", "--config", config],
          sockets: [["milter", "inet", "127.0.0.1", 0]],
          notify: where === "a path" ? join(folder, `${number}.sock`) : `@milterkit-${number}-${Date.now()}`,
          watchdog: 500_000,
        });
        try {
          const pid = await supervisor.start();
          await supervisor.waitFor(({ notify }) => notify === "WATCHDOG=1", "sign of life");
          await (await MtaClient.open(supervisor.address)).quit();
          const reload = async (): Promise<SupervisorEvent> => {
            const since = supervisor.events.length;
            supervisor.signal("HUP");
            return await supervisor.waitFor(
              ({ notify }) => word(notify ?? "") === "READY=1",
              "READY=1",
              since,
            );
          };
          assert.match((await reload()).notify!, /^STATUS=Serving, reloaded successfully$/m);
          writeFileSync(config, `lisen = "x"\n${chain}`);
          assert.match(
            (await reload()).notify!,
            /^STATUS=Serving the previous version, the reload failed: \S+\.toml:1:1: there is no "lisen"/m,
          );
          await (await MtaClient.open(supervisor.address)).quit();
          assert.equal(await supervisor.stop(), 0);
          assert.deepEqual(words(supervisor), [
            ...["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1"],
            "STOPPING=1",
          ]);
          for (const { notify, at, from } of supervisor.events.filter((event) => event.notify)) {
            assert.equal(from, pid);
            const time = /^MONOTONIC_USEC=(\d+)$/m.exec(notify!)?.[1];
            assert.equal(time !== undefined, notify!.startsWith("RELOADING=1"));
            // systemd takes a READY=1 for that of this reload by this time, which has to be of its own clock.
            if (time) {
              assert.ok(at! - Number(time) >= 0 && at! - Number(time) < 5_000_000, `${time} at ${at}`);
            }
          }
        } finally {
          await supervisor.close();
        }
      },
    );
  }

  for (const workers of [1, 2]) {
    test(`keeps it from filters in ${workers} process(es) and from what they start`, { skip }, async () => {
      const number = serial++;
      const seen = mkdtempSync(join(folder, "seen-"));
      const filter = join(folder, `curious-${number}.ts`);
      writeFileSync(filter, CURIOUS);
      const supervisor = await Supervisor.open({
        command: [
          ...program,
          "serve",
          "--listen",
          "fd:milter",
          "--workers",
          String(workers),
          "--filter",
          filter,
        ],
        sockets: [["milter", "inet", "127.0.0.1", 0]],
        notify: `@milterkit-${number}-${Date.now()}`,
        watchdog: 60_000_000,
        env: { SEEN: seen },
      });
      try {
        await supervisor.start();
        const files = readdirSync(seen);
        assert.equal(files.length, workers);
        for (const file of files) assert.equal(readFileSync(join(seen, file), "utf8"), "[[],[]]");
      } finally {
        await supervisor.close();
      }
    });
  }

  test(
    "kills a worker that does not answer, and gives signs of life",
    { skip, timeout: 120_000 },
    async () => {
      const { supervisor, workers } = await endless(program, "2", 3_000_000);
      try {
        await supervisor.start();
        // On a busy machine one may have been replaced already.
        await until(() => workers().length >= 2);
        const before = workers().length;
        const client = await MtaClient.open(supervisor.address);
        await assert.rejects(client.mail("endless@example.org"));
        await supervisor.waitFor(
          ({ log }) => /has not answered for 3 s and is killed/.test(log ?? ""),
          "a kill",
        );
        await until(() => workers().length > before);
        const other = await MtaClient.open(supervisor.address);
        assert.equal((await other.mail("a@example.org")).verdict, "continue");
        other.quit();
        assert.ok(supervisor.notifications.filter((each) => each === "WATCHDOG=1").length >= 2);
      } finally {
        await supervisor.close();
      }
    },
  );

  test("gives no signs of life where its only process computes on", { skip, timeout: 120_000 }, async () => {
    const { supervisor } = await endless(program, "1", 1_000_000);
    try {
      await supervisor.start();
      const lives = () => supervisor.notifications.filter((each) => each === "WATCHDOG=1").length;
      await until(() => lives() >= 3);
      const client = await MtaClient.open(supervisor.address);
      const answer = client.mail("endless@example.org").catch(() => {});
      await supervisor.waitFor(({ log }) => log?.endsWith("endless begins") === true, "an endless message");
      // What was said before is read meanwhile.
      await sleep(1500);
      const before = lives();
      // Three more would be due.
      await sleep(1500);
      assert.equal(lives(), before);
      client.destroy();
      await answer;
    } finally {
      await supervisor.close();
    }
  });

  test(
    "gives no signs of life while its workers take nothing for twice the time that they have to answer",
    { skip, timeout: 120_000 },
    async () => {
      const { gate, filter } = gatedFilter(folder, `notify-${serial}`);
      const { supervisor, workers } = await serviceOf(filter, program, "2", 500_000, "1s");
      try {
        const pid = await supervisor.start();
        await until(() => workers().length >= 2);
        const lives = () => supervisor.notifications.filter((each) => each === "WATCHDOG=1").length;
        await until(() => lives() >= 2);
        gate.close();
        for (const worker of childrenOf(pid)) process.kill(worker, "SIGKILL");
        const waiting = MtaClient.open(supervisor.address);
        // There is one each 250 ms.
        let before = -1;
        await until(
          () => {
            const now = lives();
            const isSame = now === before;
            before = now;
            return isSame;
          },
          "no more signs of life",
          1000,
        );
        gate.open();
        (await waiting).quit();
        await until(() => lives() > before, "signs of life");
      } finally {
        await supervisor.close();
      }
    },
  );

  test("goes on where nobody listens to it, and says so once", async () => {
    const milterkit = await Milterkit.startCommand(
      [...program, "serve", "--listen", "inet:0@127.0.0.1", "--filter", "size-limit", "--max", "1MB"],
      { env: { NOTIFY_SOCKET: join(folder, "nowhere.sock") } },
    );
    try {
      await (await MtaClient.open(milterkit.address)).quit();
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      const warnings = milterkit.lines.filter((line) => line.includes("service manager"));
      assert.equal(warnings.length, 1);
      assert.match(at(warnings, 0), /warning .*cannot notify the service manager .*: ENOENT$/);
    } finally {
      await milterkit.stop();
    }
  });
});

/** A service of a filter that does not end. */
async function endless(program: Argv, workers: string, watchdog: number): Promise<Service> {
  const filter = join(folder, "endless.ts");
  if (!existsSync(filter)) writeFileSync(filter, ENDLESS);
  return await serviceOf(filter, program, workers, watchdog, "3s");
}

interface Service {
  readonly supervisor: Supervisor;
  /** The lines that tell of workers that are ready. */
  workers(): string[];
}

async function serviceOf(
  filter: string,
  program: Argv,
  workers: string,
  watchdog: number,
  workerTimeout: string,
): Promise<Service> {
  const number = serial++;
  const supervisor = await Supervisor.open({
    command: [
      ...program,
      "serve",
      "--listen",
      "fd:milter",
      "--workers",
      workers,
      "--worker-timeout",
      workerTimeout,
      "--filter",
      filter,
    ],
    sockets: [["milter", "inet", "127.0.0.1", 0]],
    notify: `@milterkit-${number}-${Date.now()}`,
    watchdog,
  });
  return {
    supervisor,
    workers: () => supervisor.log().split("\n").filter((line) => /worker \d .*is ready/.test(line)),
  };
}
