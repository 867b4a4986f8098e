// OpenDKIM's miltertest as the MTA: it reads a packet's payload with one read(), and is strict about replies.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { newFolder, skipFor } from "../support/instance.ts";
import { complaints, Milterkit } from "../support/milterkit.ts";
import { findCommand, run } from "../support/process.ts";

const program = findCommand("miltertest");
const skip = skipFor(program ? undefined : "needs miltertest (Debian: miltertest)");
const script = fileURLToPath(new URL("miltertest/session.lua", import.meta.url));

const OFFERS = [["0", "with every event and reply"], ["2097151", "as the filters want it"]];

for (const transport of ["tcp", "unix"]) {
  for (const [steps, manner] of OFFERS) {
    test(`miltertest, ${transport}, ${manner}`, { skip, timeout: 120_000 }, async () => {
      const folder = newFolder("milterkit-miltertest-");
      const listen = transport === "unix" ? `unix:${join(folder, "milter.sock")}` : "inet:0@127.0.0.1";
      const milterkit = await Milterkit.start([
        "serve",
        ...["--listen", listen, "--log-format", "json", "--log-level", "debug"],
        ...["--filter", "size-limit", "--max", "100kB", "--max-recipients", "2"],
        ...["--filter", "dkim-check", "--authserv-id", "mx.example.test"],
        ...["--filter", "header-rewrite", "--add", "X-Client: {client_addr}", "--insert", "X-Queue: {i}"],
        ...["--remove", "X-Spam*"],
      ]);
      try {
        const { code, stdout, stderr } = await run([
          program ?? "miltertest",
          ...["-w", "-D", `ADDRESS=${milterkit.address}`, "-D", `STEPS=${steps}`, "-s", script],
        ]);
        assert.equal(code, 0, `${stdout}${stderr}\n${milterkit.log()}`);
        assert.match(stdout, /session done/);
        await milterkit.waitForLine((line) => line.includes("vanished@") && line.includes("abort"), "abort");
        const outcomes = milterkit.records().filter(({ type }) => type === "message").map((
          { sender, outcome, event },
        ) => `${sender}: ${outcome} at ${event}`);
        assert.deepEqual(outcomes, [
          "first@example.com: accept at eom",
          "aborted@example.com: abort at abort",
          "large@example.com: reject at body",
          "declared@example.com: reject at mail",
          "last@example.com: accept at eom",
          "vanished@example.com: abort at abort",
        ]);
      } finally {
        await milterkit.stop();
        rmSync(folder, { recursive: true, force: true });
      }
      assert.deepEqual(complaints(milterkit.lines), []);
    });
  }
}
