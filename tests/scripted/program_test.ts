import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MtaClient } from "../../mod.ts";
import { inFolder } from "../server/support.ts";
import { run } from "../support/process.ts";
import { programCommand } from "../support/runtime.ts";
import { parseArguments } from "../support/scripted/arguments.ts";

const PROGRAM = fileURLToPath(new URL("../support/scripted_filter.ts", import.meta.url));
const ONE = ["-n", "A", "-s", "a.script", "-l", "a.log"];

test("a command line names addresses, the MTA, and filters in order", () => {
  const two = ["-n", "B", "-l", "b.log", "-s", "b.script"];
  assert.deepEqual(parseArguments(["-p", "unix:/a", "--mta", "sendmail", "-p", "inet:1@h", ...ONE, ...two]), {
    addresses: ["unix:/a", "inet:1@h"],
    mta: "sendmail",
    filters: [
      { name: "A", scriptPath: "a.script", logPath: "a.log" },
      { name: "B", scriptPath: "b.script", logPath: "b.log" },
    ],
  });
});

for (
  const [words, message] of [
    [ONE, /-p is missing/],
    [["-p", "unix:/a"], /-n is missing/],
    [["-p", "unix:/a", ...ONE.slice(0, 4)], /-l is missing for filter A/],
    [["-p", "unix:/a", "-n", "A", "-l", "x"], /-s is missing for filter A/],
    [["-p", "unix:/a", "-s", "x", ...ONE], /-s must stand behind the -n/],
    [["-p", "unix:/a", ...ONE, "--mta", "postfix"], /--mta must stand before the first -n/],
    [["-p", "unix:/a", "--mta", "exim", ...ONE], /--mta is one of auto, postfix, sendmail, not exim/],
    [["-p", "unix:/a", "-x", "y", ...ONE], /there is no option -x/],
    [["-p", "unix:/a", ...ONE, "-n"], /-n needs a value/],
  ] as const
) {
  test(`${words.join(" ")} cannot be followed`, () => assert.throws(() => parseArguments(words), message));
}

for (
  const [address, code, message] of [
    ["nowhere", 64, /^scripted_filter: Invalid address "nowhere"[^]*usage: /],
    ["unix:/nonexistent/folder/a.sock", 69, /^scripted_filter: Cannot listen on unix:\/nonexistent/],
  ] as const
) {
  test(`the program ends with ${code} where it cannot listen on ${address}`, async () => {
    await inFolder(async (folder) => {
      const words = ["-p", address, "-n", "A", "-s", join(folder, "a"), "-l", join(folder, "log")];
      const result = await run(programCommand(PROGRAM, ...words));
      assert.deepEqual([result.code, result.stdout], [code, ""]);
      assert.match(result.stderr, message);
    });
  });
}

test("the program says where it listens, lets everybody connect, and ends with SIGTERM", async () => {
  await inFolder(async (folder) => {
    const [socket, script, log] = [join(folder, "a.sock"), join(folder, "a.script"), join(folder, "a.log")];
    writeFileSync(script, "on helo do reject\n");
    const [command, ...words] = programCommand(
      PROGRAM,
      "-p",
      `unix:${socket}`,
      "-n",
      "A",
      "-s",
      script,
      "-l",
      log,
    );
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code)));
    try {
      const [said] = await new Promise<string[]>((resolve) =>
        child.stdout.once("data", (bytes: Uint8Array) => resolve([new TextDecoder().decode(bytes)]))
      );
      assert.equal(said, `listening unix:${socket}\n`);
      assert.equal(statSync(socket).mode & 0o777, 0o666);
      const mta = await MtaClient.open(`unix:${socket}`);
      assert.equal((await mta.helo("h")).verdict, "reject");
      const events = readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line).ev);
      assert.deepEqual(events, ["negotiate", "helo"]);
      // After its own kill() Deno takes any end for the work of that signal.
      process.kill(child.pid!, "SIGTERM");
      assert.equal(await ended, 0);
      assert.equal(JSON.parse(readFileSync(log, "utf8").trim().split("\n").at(-1)!).ev, "close");
    } finally {
      child.kill("SIGKILL");
    }
  });
});
