// The pid file: for the time that it serves, one process at a time, and as start-stop-daemon of Debian uses it.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeFolder, newFolder, skipFor, writeShared } from "../support/instance.ts";
import { Milterkit, milterkitBinary, runMilterkit } from "../support/milterkit.ts";
import { type Argv, findCommand, processAlive, run, runOrThrow, sleep } from "../support/process.ts";
import { programCommand } from "../support/runtime.ts";
import { Rsyslog, rsyslogProblem } from "../support/rsyslog.ts";

const folder = newFolder("milterkit-pid-");
after(() => rmSync(folder, { recursive: true }));
const FILTER = ["--filter", "size-limit", "--max", "1MB"];
let serial = 0;

/** A new path, and the arguments of a service that writes its id there. */
function service(...more: string[]): { path: string; args: string[] } {
  const path = join(folder, `${serial++}.pid`);
  const args = ["serve", "--listen", "inet:0@localhost", "--pid-file", path, ...more, ...FILTER];
  return { path, args };
}

/** The end of a process, whatever its id is used for afterwards. */
async function ended(pid: number): Promise<void> {
  for (const end = Date.now() + 30_000; processAlive(pid); await sleep(25)) {
    if (Date.now() > end) throw new Error(`process ${pid} does not end`);
  }
}

describe("the pid file", { timeout: 120_000 }, () => {
  for (const workers of ["1", "2"]) {
    test(`is there while it serves, and keeps a second process away: ${workers} process(es)`, async () => {
      const { path, args } = service("--workers", workers);
      const milterkit = await Milterkit.start(args);
      try {
        assert.equal(readFileSync(path, "utf8"), `${milterkit.pid}\n`);
        const second = await runMilterkit(args);
        assert.equal(second.code, 1);
        assert.equal(
          second.stderr.split("\n").find((line) => line.startsWith("milterkit: ")),
          `milterkit: Cannot use --pid-file ${path}: milterkit already runs as process ${milterkit.pid}; stop that first`,
        );
        assert.equal(readFileSync(path, "utf8"), `${milterkit.pid}\n`, "the second one leaves it alone");
        milterkit.signal("SIGTERM");
        assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
        assert.equal(existsSync(path), false);
      } finally {
        await milterkit.stop();
      }
    });
  }

  test("keeps a second process away that runs the sources, wherever each was started", async () => {
    const { path, args } = service("--workers", "1");
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const first = await Milterkit.startCommand([...programCommand("cli/main.ts"), ...args], { cwd: root });
    try {
      for (const [script, cwd] of [["cli/main.ts", root], ["main.ts", join(root, "cli")]] as const) {
        const { code, stderr } = await run([...programCommand(script), ...args], { cwd, timeoutMs: 20_000 });
        assert.match(stderr, new RegExp(`: milterkit already runs as process ${first.pid};`));
        assert.equal(code, 1);
      }
      assert.equal(readFileSync(path, "utf8"), `${first.pid}\n`);
    } finally {
      await first.stop();
    }
  });

  test("is replaced if its process was killed", async () => {
    const { path, args } = service();
    const killed = await Milterkit.start(args);
    killed.signal("SIGKILL");
    await killed.ended;
    assert.equal(readFileSync(path, "utf8"), `${killed.pid}\n`);
    const next = await Milterkit.start(args);
    assert.equal(readFileSync(path, "utf8"), `${next.pid}\n`);
    assert.match(next.log(), /info +replaced the stale pid file \S+/);
    await next.stop();
  });

  for (
    const [what, text] of [["another program", `${process.pid}\n`], ["nobody", ""], [
      "no process",
      "4194305\n",
    ]]
  ) {
    test(`is replaced if it names ${what}`, async () => {
      const { path, args } = service();
      writeFileSync(path, text!);
      const milterkit = await Milterkit.start(args);
      assert.equal(readFileSync(path, "utf8"), `${milterkit.pid}\n`);
      await milterkit.stop();
    });
  }

  test("of another process that has taken its place is left alone", async () => {
    const { path, args } = service();
    const milterkit = await Milterkit.start(args);
    writeFileSync(path, "1\n");
    milterkit.signal("SIGTERM");
    await milterkit.ended;
    assert.equal(readFileSync(path, "utf8"), "1\n");
  });

  test("goes if the start fails afterwards", async () => {
    const { path, args } = service();
    const taken = await Milterkit.start(["serve", "--listen", "inet:0@localhost", ...FILTER]);
    try {
      for (const workers of ["1", "2"]) {
        const listen = ["--listen", taken.addresses[0]!, "--workers", workers];
        const { code, stderr } = await runMilterkit(["serve", ...listen, ...args.slice(3)]);
        assert.equal(code, 1);
        assert.match(stderr, /address in use/);
        assert.equal(existsSync(path), false);
      }
    } finally {
      await taken.stop();
    }
  });

  test("is refused where it cannot be, with the reason", async () => {
    const { path, args } = service();
    const wrong = async (file: string, prepare: () => void) => {
      prepare();
      const { code, stderr } = await runMilterkit(args.map((arg) => arg === path ? file : arg));
      return [code, stderr.replaceAll(file, "FILE")];
    };
    assert.deepEqual(await wrong(join(folder, "missing", "x.pid"), () => {}), [
      1,
      "milterkit: Cannot use --pid-file FILE: there is no such folder\n",
    ]);
    assert.deepEqual(await wrong(join(folder, "folder"), () => mkdirSync(join(folder, "folder"))), [
      1,
      "milterkit: Cannot use --pid-file FILE: it is a folder\n",
    ]);
    assert.deepEqual(
      await wrong(join(folder, "text"), () => writeFileSync(join(folder, "text"), "dear diary")),
      [
        1,
        "milterkit: Cannot use --pid-file FILE: the file exists but contains no process id; remove it, or choose another path\n",
      ],
    );
    assert.equal(readFileSync(join(folder, "text"), "utf8"), "dear diary");
  });

  const problem = rsyslogProblem() ?? (findCommand("start-stop-daemon") ? undefined : "needs Debian's dpkg");
  test("serves start-stop-daemon, with the log in syslog", { skip: skipFor(problem) }, async () => {
    const rsyslog = new Rsyslog();
    const own = join(folder, "run");
    makeFolder(own);
    await runOrThrow(["chown", "nobody", own]);
    const path = join(own, "milterkit.pid");
    const config = join(folder, "milterkit.toml");
    const listen = `unix:${join(own, "milter.sock")}`;
    const settings = `listen = "${listen}"\npid-file = "${path}"\nlog-to = "syslog"\n`;
    writeShared(config, `${settings}[[filter]]\nname = "size-limit"\nmax = "1MB"\n`);
    const command = (...args: string[]): Argv => ["start-stop-daemon", ...args];
    const start = (pidFile: string) => {
      const found = ["--start", "--background", "--chuid", "nobody", "--pidfile", pidFile];
      const serve = ["--startas", milterkitBinary(), "--", "serve", "--config", config];
      return runOrThrow(rsyslog.wrap(command(...found, ...serve)));
    };
    const running = ["--pidfile", path, "--name", "milterkit", "--user", "nobody"];
    try {
      await rsyslog.start();
      await start(path);
      await rsyslog.waitFor(/ runs size-limit \(max 1MB\)$/);
      assert.equal((await run(command("--status", ...running))).code, 0);
      await runOrThrow(command("--stop", "--signal", "HUP", ...running));
      await rsyslog.waitFor(/SIGHUP: reloaded/);
      const pid = Number(readFileSync(path, "utf8"));
      // A second one says in syslog why it is none, since nobody sees its standard error.
      await start(`${path}.other`);
      await rsyslog.waitFor(new RegExp(`^mail\\.err .*milterkit already runs as process ${pid}`));
      await runOrThrow(command("--stop", "--retry", "TERM/30", ...running));
      await ended(pid);
      assert.equal(existsSync(path), false);
    } finally {
      if (existsSync(path)) process.kill(Number(readFileSync(path, "utf8")), "SIGKILL");
      await rsyslog.remove();
    }
  });
});
