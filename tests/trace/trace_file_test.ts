// The file that a trace is written to: its owner's alone, and never somebody else's by a link.
import assert from "node:assert/strict";
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { TraceFile, type TraceFileError } from "../../cli/commands/trace/trace_file.ts";
import { inFolder } from "../server/support.ts";

test("a link in the place of a trace is not followed, wherever it leads", async () => {
  await inFolder((folder) => {
    const precious = join(folder, "precious");
    writeFileSync(precious, "precious");
    for (const [name, target] of [["link", precious], ["dangling", join(folder, "not-there")]] as const) {
      const path = join(folder, name);
      symlinkSync(target, path);
      for (const force of [false, true]) {
        assert.throws(() => TraceFile.create(path, force), (error: TraceFileError) => {
          assert.equal(error.code, "cannot-create");
          assert.match(
            error.message,
            force ? /it exists and is not a file/ : /it exists; --force/,
          );
          return true;
        });
      }
      assert.ok(lstatSync(path).isSymbolicLink());
    }
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.equal(existsSync(join(folder, "not-there")), false);
  });
});

test("a trace is its owner's alone, whatever the umask and the file before", async () => {
  await inFolder((folder) => {
    const path = join(folder, "trace");
    writeFileSync(path, "old", { mode: 0o666 });
    const umask = process.umask(0);
    try {
      const file = TraceFile.create(path, true);
      file.write("line");
      file.close();
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(readFileSync(path, "utf8"), "line\n");
  });
});
