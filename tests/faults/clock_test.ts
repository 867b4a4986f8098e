// The clock of the machine jumps by a day while the executable serves: no connection ends, no callback runs out of time,
// and the times of day in the log follow.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, MESSAGE, sleep } from "../server/support.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";

/** The library of Debian's faketime, wherever this architecture has it. */
function fakeTime(): string | undefined {
  const folders = existsSync("/usr/lib")
    ? readdirSync("/usr/lib").filter((name) => /-linux-gnu/.test(name))
    : [];
  return folders.map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`).find(existsSync);
}

const library = fakeTime();
const skip = skipFor(library ? undefined : "needs faketime (Debian: faketime)");

for (const [jump, hours] of [["+1d", 24], ["-1d", -24]] as const) {
  test(`the clock jumps by ${jump} inside a message`, { skip, timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-clock-"));
    const offset = join(folder, "offset");
    writeFileSync(offset, "+0\n");
    const milterkit = await Milterkit.start([
      ...["serve", "--listen", "inet:0@127.0.0.1", "--idle-timeout", "20s", "--log-format", "json"],
      ...["--filter", "size-limit", "--max", "1MB", "--filter", "header-rewrite", "--add", "X-A: 1"],
    ], {
      env: {
        LD_PRELOAD: library!,
        FAKETIME_TIMESTAMP_FILE: offset,
        FAKETIME_NO_CACHE: "1",
        // Only the time of day can jump: the other clocks are defined not to.
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      },
    });
    try {
      const idle = await MtaClient.open(milterkit.address);
      const inside = await MtaClient.open(milterkit.address);
      await inside.connect(CLIENT);
      await inside.mail("a@example.org");
      // Before and after, longer than two looks at what is idle.
      await sleep(2500);
      writeFileSync(offset, `${jump}\n`);
      await sleep(2500);
      await inside.rcpt("b@example.net");
      assert.equal((await inside.eom()).verdict, "continue");
      assert.equal((await idle.message(MESSAGE, { to: ["b@example.net"] })).answer.verdict, "continue");
      await milterkit.waitForLine((line) => line.includes('"message"') && line.includes("b@example.net"));
      const records = milterkit.records();
      assert.deepEqual(records.filter(({ type }) => type === "idle" || /error/.test(String(type))), []);
      // Else the jump was none.
      const times = records.map((record) => Date.parse(String(record["@timestamp"])));
      const jumped = (at(times, -1) - at(times, 0)) / 3_600_000;
      assert.ok(Math.abs(jumped - hours) < 1, `${jumped} hours from the first line to the last`);
      inside.quit();
      idle.quit();
    } finally {
      await milterkit.stop();
      rmSync(folder, { recursive: true });
    }
  });
}
