// The syslog socket of tests.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { programCommand } from "./runtime.ts";
import { startSyslog } from "./syslog.ts";

const sender = fileURLToPath(new URL("./syslog_sender.ts", import.meta.url));

test("what programs have logged is there once the log has caught up, even if they have ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-syslog-"));
  const path = join(folder, "log");
  const syslog = await startSyslog(path);
  try {
    for (const line of ["first", "second"]) {
      const [command, ...args] = programCommand(sender, path, line);
      // Nothing is read meanwhile: this process does nothing else.
      assert.equal(spawnSync(command, args).status, 0);
    }
    assert.equal(syslog.text(), "");
    await syslog.caughtUp();
    assert.equal(syslog.text(), "first\nsecond\n");
  } finally {
    await syslog.stop();
    rmSync(folder, { recursive: true });
  }
});
