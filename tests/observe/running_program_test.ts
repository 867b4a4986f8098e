import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { RunningProgram } from "../../cli/observe/running_program.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-program-"));
after(() => rmSync(folder, { recursive: true }));

let serial = 0;

/** A program that was started, and its file. */
function started(): { program: RunningProgram; path: string } {
  const path = join(folder, `milterkit${serial++}`);
  writeFileSync(path, "old");
  return { program: new RunningProgram(path), path };
}

describe("the file of the program that runs", () => {
  it("is the same as long as nothing takes its place", () => {
    const { program, path } = started();
    assert.equal(program.isReplaced, false);
    assert.equal(program.notice, undefined);
    assert.equal(program.ownPath, path);
  });

  it("is replaced by another one that is renamed to its name, as dpkg does", () => {
    const { program, path } = started();
    writeFileSync(`${path}.new`, "new");
    renameSync(`${path}.new`, path);
    assert.equal(program.isReplaced, true);
    assert.equal(
      program.notice,
      `${path} was replaced after this process started; the process still runs the old version; ` +
        "to run the installed version: systemctl restart milterkit",
    );
    if (process.platform === "linux") assert.equal(program.ownPath, "/proc/self/exe");
  });

  it("may be gone", () => {
    const { program, path } = started();
    rmSync(path);
    assert.equal(program.isReplaced, true);
    assert.match(program.notice ?? "", /^\S+ was removed after this process started/);
  });

  it("that cannot be looked at is not reported", () => {
    const program = new RunningProgram(join(folder, "never", "there"));
    assert.equal(program.isReplaced, false);
    assert.equal(program.notice, undefined);
  });
});
