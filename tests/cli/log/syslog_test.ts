// What is sent to syslog, and what becomes of lines that it does not take.
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { Syslog } from "../../../cli/log/syslog.ts";
import { logTarget } from "../../../cli/options/log_target.ts";

/** A daemon whose state the test says, and a log that writes to it. */
class Daemon {
  readonly taken: string[] = [];
  readonly elsewhere: string[] = [];
  /** Why it takes nothing; undefined if it does. */
  problem: string | undefined;
  /** The most bytes that it takes at once. */
  most = Infinity;
  readonly syslog: Syslog;
  #work: (() => void)[] = [];

  constructor(facility = 2, calls?: Promise<never>) {
    const send = (path: string, text: string) => {
      assert.equal(path, "/dev/log");
      if (this.problem !== undefined) throw new Error(this.problem);
      if (new TextEncoder().encode(text).length > this.most) throw new Error("EMSGSIZE");
      this.taken.push(text);
    };
    this.syslog = new Syslog({
      facility,
      calls: calls ?? Promise.resolve({ send }),
      otherwise: (line) => this.elsewhere.push(line),
      later: (work) => this.#work.push(work),
    });
  }

  static async ready(facility?: number): Promise<Daemon> {
    const daemon = new Daemon(facility);
    await Promise.resolve();
    return daemon;
  }

  /** Lets the time until the next attempt pass. */
  later(): void {
    for (const work of this.#work.splice(0)) work();
  }

  write(text: string, severity = 6): void {
    this.syslog.write(severity, text, Date.UTC(2026, 10, 3, 12));
  }
}

const textOf = (line: string) => line.slice(line.indexOf("]: ") + 3);

describe("a line to syslog", () => {
  it("is as syslog(3) sends it", async () => {
    const daemon = await Daemon.ready(19);
    daemon.write("hello", 4);
    const at = new Date(Date.UTC(2026, 10, 3, 12));
    const time = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}:00`;
    assert.deepEqual(daemon.taken, [`<156>Nov  ${at.getDate()} ${time} milterkit[${process.pid}]: hello`]);
  });

  it("waits until the C library is loaded", async () => {
    const daemon = new Daemon();
    daemon.write("early");
    assert.deepEqual(daemon.taken, []);
    await Promise.resolve();
    assert.deepEqual(daemon.taken.map(textOf), ["early"]);
  });

  it("goes to standard error where there is no C library to call", async () => {
    const daemon = new Daemon(2, Promise.reject(new Error("no libc.so.6")));
    daemon.write("early");
    await new Promise((resolve) => setTimeout(resolve));
    daemon.write("late");
    assert.match(
      daemon.elsewhere[0] ?? "",
      /^milterkit: cannot log to syslog, only to standard error: no libc/,
    );
    assert.match(daemon.elsewhere[1] ?? "", /^Nov .* milterkit\[\d+\]: early$/);
    assert.match(daemon.elsewhere[2] ?? "", /^Nov .* milterkit\[\d+\]: late$/);
  });

  for (const [problem, told] of [["EAGAIN", 0], ["ENOENT", 1], ["ECONNREFUSED", 1]] as const) {
    it(`waits, in order, while the daemon takes none (${problem})`, async () => {
      const daemon = await Daemon.ready();
      daemon.problem = problem;
      daemon.write("one");
      daemon.write("two");
      daemon.later();
      assert.deepEqual(daemon.taken, []);
      assert.equal(daemon.elsewhere.length, told, "said once");
      daemon.problem = undefined;
      daemon.write("three");
      assert.deepEqual(daemon.taken, [], "nothing overtakes what waits");
      daemon.later();
      assert.deepEqual(daemon.taken.map(textOf), ["one", "two", "three"]);
    });
  }

  it("is lost if more than 1000 wait, and how many is said", async () => {
    const daemon = await Daemon.ready();
    daemon.problem = "EAGAIN";
    for (let i = 0; i < 1005; i++) daemon.write(`line ${i}`);
    daemon.problem = undefined;
    daemon.later();
    assert.equal(daemon.taken.length, 1001);
    assert.equal(textOf(daemon.taken[0]!), "line 5");
    assert.match(
      daemon.taken.at(-1)!,
      /^<20>.*: 5 log lines were lost because syslog accepted none for a while$/,
    );
  });

  it("is cut if it is too long for a datagram", async () => {
    const daemon = await Daemon.ready();
    daemon.most = 9000;
    daemon.write("ä".repeat(10_000));
    const [line = ""] = daemon.taken;
    assert.equal(new TextEncoder().encode(line).length <= 8192, true);
    assert.match(line, /ää…$/);
    assert.deepEqual(daemon.elsewhere, []);
  });
});

describe("--log-to", () => {
  for (
    const [text, target] of [["stderr", "stderr"], ["syslog", 2], ["syslog:mail", 2], [
      "syslog:local7",
      23,
    ]] as const
  ) {
    it(`${text} is ${target}`, () => assert.equal(logTarget(text, "linux"), target));
  }

  it("can be syslog on Linux only", () => {
    assert.throws(() => logTarget("syslog", "darwin"), /only Milterkit on Linux can write to syslog/);
    assert.equal(logTarget("stderr", "darwin"), "stderr");
  });
});
