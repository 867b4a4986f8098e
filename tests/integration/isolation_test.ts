// Filters run in workers alone: whatever a new version does while it is loaded, mail goes on with the previous one.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { sleep, until } from "../server/support.ts";
import { complaints, Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { childrenOf } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { added, runIn, send, withFiles, write } from "./user_filter/support.ts";

const [name, program] = PROGRAM;

const TAKEN = "new connections get the new version";
const NOT_TAKEN = "the previous version stays in use";

/** A definition that marks messages. `top` runs when the file is loaded, `create` when the filter is made. */
const filterFile = (mark: string, { top = "", create = "", options = "" } = {}) =>
  `import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import process from "node:process";
${top}
export default {
  name: "marker",
  summary: "Marks messages",
  options: {${options}},
  changes: ["addHeader"],
  create({ more = "" }) {
    ${create}
    return { eom: (m) => m.addHeader("X-Mark", "${mark}" + more) };
  },
};
`;
const MORE = 'more: { kind: "string", description: "More of it" }';
const config = (folder: string, { options = "", top = "" } = {}) =>
  `listen = "unix:${folder}/milter.sock"\n${top}[[filter]]\nname = "./a.ts"\n${options}`;

/** What a version does, and what the log says then. */
interface BadVersion {
  readonly file: string;
  readonly options?: string;
  readonly says: RegExp;
}

const flood = `for (let i = 0; i < 400; i++) {
  console.error("flood ".repeat(500));
  console.log("flood ".repeat(500));
}
throw new Error("after the flood");`;
const keepsOutput = `const child = spawn("sleep", ["600"], { stdio: "inherit", detached: true });
writeFileSync("child", String(child.pid));
throw new Error("the child has its output");`;

const BAD: Readonly<Record<string, BadVersion>> = {
  "a throw": {
    file: filterFile("bad", { top: 'throw new Error("no luck");' }),
    says: /milterkit\.toml:4:8: cannot load \S+a\.ts: it threw at \.\/a\.ts:4:\d+: no luck$/,
  },
  "a syntax error": { file: "export default ;\n", says: /a\.ts: syntax error at \.\/a\.ts:1:16: / },
  "process.exit": {
    file: filterFile("bad", { top: "process.exit(0);" }),
    says:
      /: Cannot start a worker: it ended with exit code 1 \(did a filter call process\.exit\(\)\?\) before it could serve$/,
  },
  "process.exit in create": {
    file: filterFile("bad", { create: "process.exit(3);" }),
    says:
      /: Cannot start a worker: it ended with exit code 1 \(did a filter call process\.exit\(\)\?\) before it could serve$/,
  },
  "a create that throws": {
    file: filterFile("bad", { create: 'throw new Error("cannot be made");' }),
    says:
      /milterkit\.toml:4:8: cannot load \S+a\.ts: its create\(\) threw at \.\/a\.ts:11:\d+: cannot be made$/,
  },
  "an option that is no more": {
    file: filterFile("bad"),
    options: 'more = "x"\n',
    says: /milterkit\.toml:5:1: there is no "more"; did you mean /,
  },
  "much output": { file: filterFile("bad", { top: flood }), says: /: after the flood$/ },
  "a child that keeps its output": {
    file: filterFile("bad", { top: keepsOutput }),
    says: /: the child has its output$/,
  },
};

/** A version that never ends to load; it says so with a file. */
const endless = (what: string) => filterFile("bad", { top: `writeFileSync("begun", "");\n${what}` });

/** Between messages, in milliseconds. */
const PAUSE = 5;

/** Sends mail all the time, on new connections and on one that lasts. */
class Mail {
  readonly marks: string[] = [];
  #on = true;
  readonly #ended: Promise<unknown>;

  constructor(address: string) {
    this.#ended = Promise.all([this.#alone(address), this.#lasting(address)]);
    // Only end() tells of it.
    this.#ended.catch(() => {});
  }

  async #alone(address: string): Promise<void> {
    for (; this.#on; await sleep(PAUSE)) this.marks.push(await markOf(address));
  }

  async #lasting(address: string): Promise<void> {
    const client = await MtaClient.open(address);
    for (; this.#on; await sleep(PAUSE)) assert.deepEqual(added(await send(client)), ["X-Mark: first"]);
    client.quit();
  }

  /** Settles when another message has been handled that was sent after now. */
  async more(): Promise<void> {
    const before = this.marks.length;
    await until(() => this.marks.length >= before + 2, "more mail");
  }

  async end(): Promise<void> {
    this.#on = false;
    await this.#ended;
  }
}

async function markOf(address: string): Promise<string> {
  const client = await MtaClient.open(address);
  const [mark = "none"] = added(await send(client));
  client.quit();
  return mark.replace("X-Mark: ", "");
}

interface Service {
  readonly milterkit: Milterkit;
  readonly folder: string;
  readonly mail: Mail;
  /** Has a version taken, by a signal or because files are watched. */
  change(file: string, options?: string): void;
  /** The warnings and errors that are new, once there is an answer to the change. */
  answered(): Promise<string[]>;
}

async function withService(watch: boolean, use: (service: Service) => Promise<void>): Promise<void> {
  const top = `watch = ${watch}\n`;
  await withFiles({ "a.ts": filterFile("first") }, async (folder) => {
    const path = join(folder, "milterkit.toml");
    write(folder, "milterkit.toml", config(folder, { top }));
    const milterkit = await Milterkit.startCommand([...program, "serve", "--config", path], { cwd: folder });
    try {
      await milterkit.waitForLine((line) => / runs /.test(line));
      const mail = new Mail(milterkit.address);
      let from = 0;
      await use({
        milterkit,
        folder,
        mail,
        change(file, options = "") {
          from = milterkit.lines.length;
          write(folder, "milterkit.toml", config(folder, { top, options }));
          write(folder, "a.ts", file);
          if (!watch) milterkit.signal("SIGHUP");
        },
        async answered() {
          const isAnswer = (line: string) => line.includes(TAKEN) || line.includes(NOT_TAKEN);
          await until(() => milterkit.lines.slice(from).some(isAnswer), "an answer", 20);
          const isConsole = (line: string) => / console: /.test(line);
          return complaints(milterkit.lines.slice(from).filter((line) => !isConsole(line)));
        },
      });
      await mail.end();
    } finally {
      await milterkit.stop();
    }
  });
}

/** Takes a good version, and checks that new connections get it. */
async function takesGood(
  { milterkit, change, answered }: Service,
  mark: string,
  file: string = filterFile(mark),
  options?: string,
): Promise<void> {
  change(file, options);
  assert.deepEqual(await answered(), []);
  assert.equal(await markOf(milterkit.address), mark);
}

/** Refuses a bad version with one error, while mail goes on. */
async function refusesBad(service: Service, { file, options, says }: BadVersion): Promise<void> {
  const before = await markOf(service.milterkit.address);
  service.change(file, options);
  const errors = await service.answered();
  assert.equal(errors.length, 1, errors.join("\n"));
  assert.match(at(errors, 0), new RegExp(`error +\\S.*: reload failed, ${NOT_TAKEN}: `));
  assert.match(at(errors, 0), says);
  await service.mail.more();
  assert.equal(await markOf(service.milterkit.address), before);
}

for (const watch of [false, true]) {
  const how = `by ${watch ? "a watched file" : "SIGHUP"}, ${name}`;

  test(`bad versions change nothing, each is told once, and good ones follow, ${how}`, {
    timeout: 120_000,
  }, async () => {
    // A watched file of two, of which one is wrong for the other, is told of once more.
    const cases = Object.entries(BAD).filter(([, { options }]) => !watch || options === undefined);
    await withService(watch, async (service) => {
      try {
        for (const [what, version] of cases) {
          await refusesBad(service, version);
          await takesGood(service, `after ${what}`);
        }
      } finally {
        const child = join(service.folder, "child");
        if (existsSync(child)) process.kill(Number(readFileSync(child, "utf8")), "SIGKILL");
      }
    });
  });
}

test(
  `a version that does not end to load gives way after its time, ${name}`,
  { timeout: 120_000 },
  async () => {
    const stuck = /it has not loaded its filters after 30 s; is there an endless loop in a filter's file/;
    const waits = /a\.ts: it has not finished loading after 10 s; is there an await at its top level\?/;
    // A wait that blocks is for us the same as a loop, and leaves the processor to others.
    const block = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
    const versions: [watch: boolean, version: BadVersion][] = [
      [false, { file: endless("while (true);"), says: stuck }],
      [true, { file: endless(block), says: stuck }],
      [false, { file: filterFile("bad", { create: block }), says: stuck }],
      [false, { file: endless("await new Promise(() => {});"), says: waits }],
      [true, { file: endless("await new Promise(() => {});"), says: waits }],
    ];
    await Promise.all(versions.map(([watch, version]) =>
      withService(watch, async (service) => {
        const [worker] = childrenOf(service.milterkit.pid);
        await refusesBad(service, version);
        await until(() => childrenOf(service.milterkit.pid).length === 1, "the end of the new worker");
        assert.deepEqual(childrenOf(service.milterkit.pid), [worker]);
        await takesGood(service, "after it");
      })
    ));
  },
);

test(`a version is taken whose configuration sets an option that its file is the first to have, ${name}`, {
  timeout: 120_000,
}, async () => {
  await withService(false, async (service) => {
    const file = filterFile("second", { options: MORE });
    await takesGood(service, "second and more", file, 'more = " and more"\n');
    await refusesBad(service, at(Object.values(BAD).filter(({ options }) => options), 0));
    await takesGood(service, "third");
  });
});

test(`workers of a version that cannot be served stop, and are not killed, ${name}`, {
  timeout: 120_000,
}, async () => {
  await withService(false, async ({ milterkit, folder, mail, answered }) => {
    // No machine has this address.
    write(
      folder,
      "a.ts",
      filterFile("bad", { create: 'process.on("exit", () => writeFileSync("stopped", ""));' }),
    );
    const listener = '[[listener]]\nlisten = "inet:1@192.0.2.99"\n[[listener.filter]]\nname = "./a.ts"\n';
    write(folder, "milterkit.toml", config(folder) + listener);
    milterkit.signal("SIGHUP");
    assert.match(
      (await answered()).join("\n"),
      /stays in use: Cannot listen on inet:1@192\.0\.2\.99: [^\n]*$/,
    );
    await until(() => existsSync(join(folder, "stopped")), "the end of the new worker by itself");
    await until(() => childrenOf(milterkit.pid).length === 1, "no more workers");
    await mail.more();
  });
});

test(`SIGTERM ends a service whose new version does not end to load, ${name}`, {
  timeout: 25_000,
}, async () => {
  await withService(false, async ({ milterkit, mail, folder, change }) => {
    await mail.end();
    change(endless("while (true);"));
    await until(() => existsSync(join(folder, "begun")));
    const children = childrenOf(milterkit.pid);
    assert.equal(children.length, 2);
    milterkit.signal("SIGTERM");
    assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    assert.deepEqual(complaints(milterkit.lines), []);
    await until(() => !children.some(isRunning), "the end of all workers");
  });
});

for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 130]] as const) {
  test(`${signal} ends a service whose first version does not end to load, ${name}`, {
    timeout: 25_000,
  }, async () => {
    await withFiles({ "a.ts": endless("while (true);") }, async (folder) => {
      const args = ["serve", "--listen", `unix:${folder}/milter.sock`, "--watch", "--filter", "./a.ts"];
      const milterkit = await Milterkit.startCommand([...program, ...args], { addresses: 0, cwd: folder });
      try {
        await until(() => existsSync(join(folder, "begun")));
        const children = childrenOf(milterkit.pid);
        milterkit.signal(signal);
        assert.deepEqual(await milterkit.ended, { code, signal: null });
        assert.deepEqual(complaints(milterkit.lines), []);
        await until(() => !children.some(isRunning), "the end of its worker");
      } finally {
        await milterkit.stop();
      }
    });
  });
}

test(`a first version that ends its process is told with exit code 1, ${name}`, {
  timeout: 120_000,
}, async () => {
  await withFiles({ "a.ts": filterFile("bad", { top: "process.exit(0);" }) }, async (folder) => {
    const args = ["serve", "--listen", `unix:${folder}/milter.sock`, "--workers", "2", "--filter", "./a.ts"];
    const { code, stderr } = await runIn(folder, program, ...args);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^milterkit: Cannot start a worker: it ended with exit code 1 \(did a filter call process\.exit\(\)\?\) [^\n]+\n$/,
    );
  });
});

/** The processes that a file ran in, by what it did there. */
const REPORTING = filterFile("seen", {
  top: 'appendFileSync("seen/load", process.pid + "\\n");',
  create: 'appendFileSync("seen/create", process.pid + "\\n");',
});

for (const workers of ["1", "2"]) {
  test(`no file runs in the process that accepts, ${workers} workers of ${name}`, {
    timeout: 120_000,
  }, async () => {
    await withFiles({ "a.ts": REPORTING }, async (folder) => {
      mkdirSync(join(folder, "seen"));
      const socket = `unix:${folder}/milter.sock`;
      const args = ["--listen", socket, "--workers", workers, "--watch", "--filter", "./a.ts"];
      const milterkit = await Milterkit.startCommand([...program, "serve", ...args], { cwd: folder });
      const said = (text: string, count: number) =>
        milterkit.waitForLine(
          () => milterkit.lines.filter((line) => line.includes(text)).length === count,
          text,
        );
      try {
        await said("watching", 1);
        write(folder, "a.ts", `${REPORTING}\n// more`);
        await said(TAKEN, 1);
        write(folder, "a.ts", `${REPORTING}\nthrow new Error("no");`);
        await said(NOT_TAKEN, 1);
        write(folder, "a.ts", REPORTING);
        await said(TAKEN, 2);
      } finally {
        await milterkit.stop();
      }
      assert.deepEqual(readdirSync(join(folder, "seen")).sort(), ["create", "load"]);
      const pids = (what: string) => readFileSync(join(folder, "seen", what), "utf8").trimEnd().split("\n");
      // Three versions with all of their workers, and one that only the first of its workers loaded.
      assert.equal(new Set(pids("create")).size, 3 * Number(workers));
      assert.equal(pids("create").length, 3 * Number(workers), "once in each");
      assert.equal(pids("load").length, 3 * Number(workers) + 1);
      assert.ok(!pids("load").includes(String(milterkit.pid)));
      assert.ok(!pids("create").includes(String(milterkit.pid)));
    });
  });
}

const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
const noProc = existsSync("/proc/self/fd") ? false : "needs /proc";

test(`ten reloads, good and bad, leave no descriptor and no process behind, ${name}`, {
  timeout: 120_000,
  skip: noProc,
}, async () => {
  await withService(false, async (service) => {
    const { milterkit, mail } = service;
    await takesGood(service, "warm");
    await mail.end();
    const idle = () => childrenOf(milterkit.pid).length === 1;
    await until(idle, "the end of the old worker");
    const before = descriptorsOf(milterkit.pid);
    for (let i = 0; i < 5; i++) {
      await takesGood(service, `version ${i}`);
      service.change("export default ;\n");
      assert.equal((await service.answered()).length, 1);
    }
    await until(idle, "the end of the old workers");
    await until(() => descriptorsOf(milterkit.pid) <= before, "no more descriptors than before");
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
