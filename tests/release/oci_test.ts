// The root folder of a container's image, as its recipe makes it: the executable needs nothing beside what is in it.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { makeArchive } from "../../scripts/release/archive.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit, milterkitBinary } from "../support/milterkit.ts";
import { at, captured } from "../support/present.ts";
import { type Argv, findCommand, run, runOrThrow } from "../support/process.ts";

const recipes = fileURLToPath(new URL("../../packaging/oci/", import.meta.url));
const containerfile = readFileSync(join(recipes, "Containerfile"), "utf8");
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const NEEDED = ["chroot", "unshare", "mount", "ldd", "tar"];

/** Why the image's folder cannot be tried here, or undefined if it can. */
async function problem(): Promise<string | undefined> {
  if (!isRoot) return "needs root and Linux: to run in the root folder of a container's image";
  const missing = NEEDED.filter((name) => !findCommand(name));
  if (missing.length > 0) return `needs ${missing.join(", ")} (Debian has them)`;
  const { code, stderr } = await run(["unshare", "--mount", "--propagation", "private", "true"]);
  if (code !== 0) return `needs private mounts, which are not allowed here: ${stderr.trim()}`;
}

/** What every container has: without /proc the runtime does not start. */
const ENTER = `root=$1 user=$2; shift 2
mkdir -p "$root/proc" "$root/dev"
mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
exec chroot --userspec="$user" --groups= "$root" "$@"`;

test("the image's folder is enough to serve with, as a user without rights", {
  skip: skipFor(await problem()),
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-oci-"));
  try {
    const target = TARGETS.find(({ name }) => name === `linux-${process.arch}`)!;
    const archive = makeArchive(target, {
      version: config.version,
      date: new Date(0),
      components: [],
      executable: new Uint8Array(),
    });
    writeFileSync(join(folder, archive.name), archive.bytes);
    mkdirSync(join(folder, "archive"));
    await runOrThrow(["tar", "xzf", archive.name, "--strip-components=1", "-C", "archive"], { cwd: folder });
    // To pack it only to unpack it would take long.
    copyFileSync(milterkitBinary(), join(folder, "archive/bin/milterkit"));
    const root = join(folder, "image");
    await runOrThrow([
      "sh",
      join(recipes, "make-root"),
      join(folder, "archive"),
      join(recipes, "milterkit.toml"),
      root,
    ]);

    const [, user, group] = /^USER (\d+):(\d+)$/m.exec(containerfile)!;
    const [entry] = JSON.parse(captured(containerfile, /^ENTRYPOINT (.*)$/m));
    const inside = (...args: string[]): Argv => [
      findCommand("unshare") ?? "unshare",
      ...["--mount", "--propagation", "private", "sh", "-c", ENTER, "enter"],
      ...[root, `${user}:${group}`, entry, ...args],
    ];
    assert.equal(await runOrThrow(inside("--version")), `milterkit ${config.version}\n`);
    const command: string[] = JSON.parse(captured(containerfile, /^CMD (.*)$/m));
    assert.equal(command[1], "--config");
    assert.match(await runOrThrow(inside("config", "check", at(command, 2))), /"inet:8825@0\.0\.0\.0"/);

    // Not at the recipe's port, which another may have on this machine.
    const milterkit = await Milterkit.startCommand(
      inside("serve", "--listen", "inet:0@127.0.0.1", "--filter", "size-limit", "--max", "1kB"),
      { wrap: (argv) => argv },
    );
    try {
      const status = readFileSync(`/proc/${milterkit.pid}/status`, "utf8");
      assert.match(status, new RegExp(`^Uid:\\t${user}\\t${user}\\t${user}\\t${user}$`, "m"));
      const check = (message: string) =>
        run(inside("check", "--milter", milterkit.address), { input: message });
      assert.equal((await check("Subject: small\r\n\r\n")).code, 0);
      assert.equal((await check(`Subject: large\r\n\r\n${"x\r\n".repeat(1000)}`)).code, 3);
      milterkit.signal(captured(containerfile, /^STOPSIGNAL (SIGTERM)$/m) as "SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    } finally {
      await milterkit.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what the recipe copies is in the checkout, or made by deno task release", () => {
  const copied = [...containerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, files = ""]) =>
    files.split(" ")
  );
  assert.ok(copied.length > 2);
  for (const path of copied) {
    const made = /^dist\/release\/milterkit-\$\{VERSION\}-linux-\$\{MACHINE\}\.tar\.gz$/.test(path);
    assert.ok(made || readFileSync(new URL(`../../${path}`, import.meta.url)).length > 0, path);
  }
});
