// What lintian, which judges Debian's packages, has to say of ours.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../support/instance.ts";
import { findCommand, run } from "../support/process.ts";
import { DebianPackage } from "./debian_support.ts";

/** Packing takes a minute, and changes nothing of what is in it: so here it is not. */
const UNPACKED = "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball";
const problem = ["lintian", "dpkg-deb"].every((name) => findCommand(name))
  ? undefined
  : "needs lintian and dpkg-deb (Debian's packages lintian and dpkg)";

test("lintian finds no error and no warning in the Debian package", {
  skip: skipFor(problem),
  timeout: 120_000,
}, async () => {
  const deb = new DebianPackage();
  try {
    const { code, stdout } = await run([
      "lintian",
      "--fail-on",
      "error,warning",
      "--allow-root",
      "--suppress-tags",
      UNPACKED,
      deb.path,
    ]);
    assert.deepEqual([code, stdout], [0, ""]);
  } finally {
    deb.remove();
  }
});
