// Archives, checksums and the bill of materials, with a small file in the executable's place.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeArchive, type Release } from "../../scripts/release/archive.ts";
import { checksums } from "../../scripts/release/checksums.ts";
import { components } from "../../scripts/release/components.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { skipFor } from "../support/instance.ts";
import { findCommand, run, runOrThrow } from "../support/process.ts";

let folder: string;
const target = (name: string) => TARGETS.find((target) => target.name === name)!;
const executable = new TextEncoder().encode("#!/bin/sh\necho it runs\n".padEnd(70_000, "\n"));
const release: Release = {
  version: "1.2.3",
  date: new Date("2026-01-02T03:04:06Z"),
  components: components(["@oven/bun-linux-x64"]),
  executable,
};

before(() => {
  folder = mkdtempSync(join(tmpdir(), "milterkit-archive-"));
});
after(() => rmSync(folder, { recursive: true }));

const missing = (name: string) =>
  skipFor(findCommand(name) ? undefined : `needs ${name} (Debian's package ${name})`);

/** What every archive has, whatever machine it is for. */
const EVERYWHERE = [
  ...["LICENSE", "README.md", "THIRD-PARTY.md", "sbom.cdx.json", "milterkit.toml", "docs/README.md"],
  ...["man/man1/milterkit.1", "man/man5/milterkit.toml.5"],
  ...["completions/milterkit.bash", "completions/_milterkit", "completions/milterkit.fish"],
];

test("tar unpacks the archive for Linux, and the executable runs", { skip: missing("tar") }, async () => {
  const { name, bytes } = makeArchive(target("linux-x64"), release);
  assert.equal(name, "milterkit-1.2.3-linux-x64.tar.gz");
  writeFileSync(join(folder, name), bytes);
  await runOrThrow(["tar", "xzf", name], { cwd: folder });
  const root = join(folder, "milterkit-1.2.3-linux-x64");
  const units = ["systemd/milterkit.service", "systemd/milterkit.socket"];
  for (const path of [...EVERYWHERE, ...units]) assert.ok(statSync(join(root, path)).size > 100, path);
  assert.equal(await runOrThrow([join(root, "bin/milterkit")]), "it runs\n");
  assert.deepEqual(readFileSync(join(root, "bin/milterkit")), Buffer.from(executable));
  const list = (await runOrThrow(["tar", "tvzf", name], { cwd: folder })).trim().split("\n");
  assert.ok(
    list.every((line) => /^-rw(xr-xr-x|-r--r--) root\/root +\d+ 2026-01-02 /.test(line)),
    list.join("\n"),
  );
  const paths = list.map((line) => line.split(" ").at(-1)!);
  assert.deepEqual(paths, [...paths].sort());
});

test("unzip unpacks the archive for Windows", { skip: missing("unzip") }, async () => {
  const { name, bytes } = makeArchive(target("windows-x64"), release);
  assert.equal(name, "milterkit-1.2.3-windows-x64.zip");
  writeFileSync(join(folder, name), bytes);
  await runOrThrow(["unzip", "-q", name], { cwd: folder });
  const root = join(folder, "milterkit-1.2.3-windows-x64");
  for (const path of EVERYWHERE) assert.ok(statSync(join(root, path)).size > 100, path);
  assert.deepEqual(readFileSync(join(root, "bin/milterkit.exe")), Buffer.from(executable));
});

test("the same release is the same archive", () => {
  for (const name of ["linux-arm64", "windows-x64"]) {
    assert.deepEqual(makeArchive(target(name), release), makeArchive(target(name), release));
  }
});

test(
  "sha256sum is content with SHA256SUMS, and sees what is wrong",
  { skip: missing("sha256sum") },
  async () => {
    const files = ["a.tar.gz", "b.deb"].map((name) => ({ name, bytes: new TextEncoder().encode(name) }));
    const place = join(folder, "sums");
    mkdirSync(place);
    for (const { name, bytes } of files) writeFileSync(join(place, name), bytes);
    writeFileSync(join(place, "SHA256SUMS"), checksums(files));
    const check = () => run(["sha256sum", "--strict", "-c", "SHA256SUMS"], { cwd: place });
    assert.deepEqual(await check(), { code: 0, stdout: "a.tar.gz: OK\nb.deb: OK\n", stderr: "" });
    writeFileSync(join(place, "b.deb"), "another");
    assert.equal((await check()).code, 1);
  },
);
