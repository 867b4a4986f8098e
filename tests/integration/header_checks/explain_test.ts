// What milterkit check --explain says of rules for header fields.
// Runs once: only the executable is driven here.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runMilterkit } from "../../support/milterkit.ts";

test("check --explain says which rules act on which fields, and why others do not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-explain-"));
  try {
    const file = join(folder, "a.eml");
    writeFileSync(file, "Subject: about\n pills\nX-Mailer: foo\n\nx\n");
    const { code, stdout } = await runMilterkit(
      [
        ["check", "--explain", file, "--filter", "rules", "--match", "field"],
        ["--rule", "pills", "--field", "/^Subject:/i /pills/i", "--quarantine", "pills"],
        ["--rule", "in", "--only-client", "10.0.0.0/8", "--field", "/^X-Mailer:/", "--remove-field"],
        ["--rule", "none", "--field", "/^X-None:/", "--discard"],
      ].flat(),
    );
    assert.equal(code, 0);
    const said = stdout.split("\n").map((line) => line.trim()).filter((line) => line.startsWith("rule "));
    assert.deepEqual(said, [
      "rule in is not asked: only-client 10.0.0.0/8, but the client is 192.0.2.1",
      'rule pills acts on "Subject: about pills"',
      "rule none does not act: no field that was looked at meets it",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
