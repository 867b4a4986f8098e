// Rotations of the keys in a folder, undisturbed and interrupted after every step.
import assert from "node:assert/strict";
import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { keyRecordName } from "../../cli/commands/dkim/zone_text.ts";
import { type StoredKey, storedKeys } from "../../cli/commands/dkim/key_store.ts";
import { rotateDomain, type RotationDone } from "../../cli/commands/dkim/rotate_domain.ts";
import { doFileStep, switchSteps } from "../../cli/commands/dkim/rotation_files.ts";
import { StatusLine } from "../../cli/terminal/status_line.ts";
import { readKeyFolder } from "../../filters/dkim_sign/keys/key_folder.ts";
import { dkimKeyRecord } from "../../lib/auth/dkim/dns_record.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import { KeysFolder, newPem } from "../dkim_sign/key_files.ts";

const DOMAIN = "example.org";
const DAY = 86_400_000;
const NOW = Date.parse("2026-11-30T04:00:00Z");

const pems = { rsa: newPem("rsa"), ed25519: newPem("ed25519"), rsa2: newPem("rsa"), ed2: newPem("ed25519") };

/** A folder whose RSA and Ed25519 keys are old. */
function folderOfTwo(): KeysFolder {
  const folder = new KeysFolder();
  for (const [name, pem] of [["a.pem", pems.rsa], ["a-ed.pem", pems.ed25519]] as const) {
    const path = folder.write(`${DOMAIN}/${name}`, pem, 0o600);
    utimesSync(path, (NOW - 100 * DAY) / 1000, (NOW - 100 * DAY) / 1000);
  }
  return folder;
}

const keysIn = (folder: KeysFolder) => storedKeys("test", folder.path, DOMAIN);
const filesIn = (folder: KeysFolder) => readdirSync(join(folder.path, DOMAIN)).sort();

function recordsOf(keys: readonly StoredKey[]): string {
  return keys.map(({ selector, key }) => `${keyRecordName(selector, DOMAIN)} "${dkimKeyRecord(key)}"\n`).join(
    "",
  );
}

/** A run while the DNS has the records of some keys; by default of all. */
async function rotate(
  folder: KeysFolder,
  published: readonly StoredKey[] = keysIn(folder),
  now: number = NOW,
): Promise<RotationDone> {
  const { done } = await rotateDomain(DOMAIN, {
    ...{ program: "test", folder: folder.path, every: undefined, keep: 7 * DAY, bits: 1024, now },
    resolver: parseRecordsFile(`${DOMAIN} A 192.0.2.1\n${recordsOf(published)}`),
    progress: new StatusLine(),
  });
  return done;
}

/** Exactly one key of each kind signs, as the filter sees it. */
function signing(folder: KeysFolder): string[] {
  const { keys } = readKeyFolder(folder.path);
  assert.deepEqual(keys.map(({ key }) => key.type).sort(), ["ed25519", "rsa"], filesIn(folder).join(" "));
  return keys.map(({ selector }) => selector).sort();
}

describe("a rotation", () => {
  it("makes keys, waits for the DNS, switches, and then has nothing to do", async () => {
    using folder = folderOfTwo();
    const before = keysIn(folder);
    const made = await rotate(folder);
    assert.equal(made.name, "made");
    assert.deepEqual(filesIn(folder), ["20261130-ed.next.pem", "20261130.next.pem", "a-ed.pem", "a.pem"]);
    assert.deepEqual(signing(folder), ["a", "a-ed"]);

    const waiting = await rotate(folder, before);
    assert.deepEqual(
      waiting.name === "waiting" && waiting.checks.map(({ problem }) => problem?.code),
      ["no-name", "no-name"],
    );
    const half = await rotate(folder, keysIn(folder).filter(({ type }) => type === "rsa"));
    assert.deepEqual(
      half.name === "waiting" && half.checks.map(({ result }) => result),
      ["right", "wrong"],
      "one record is not enough",
    );
    assert.deepEqual(signing(folder), ["a", "a-ed"]);

    const switched = await rotate(folder);
    assert.deepEqual(
      switched.name === "switched" && switched.replaced.map(({ path }) => path),
      ["a.old.pem", "a-ed.old.pem"].map((name) => join(folder.path, DOMAIN, name)),
    );
    assert.deepEqual(filesIn(folder), ["20261130-ed.pem", "20261130.pem", "a-ed.old.pem", "a.old.pem"]);
    assert.deepEqual(signing(folder), ["20261130", "20261130-ed"]);

    for (const now of [NOW, NOW + 6 * DAY]) {
      assert.equal((await rotate(folder, keysIn(folder), now)).name, "nothing-due");
    }
    assert.equal(
      (await rotate(folder, keysIn(folder), NOW + 7 * DAY)).name,
      "made",
      "the next one may begin",
    );
  });

  it("gives a new key the mode of the one that it replaces", async () => {
    using folder = folderOfTwo();
    folder.write(`${DOMAIN}/a.pem`, pems.rsa, 0o640);
    await rotate(folder);
    const modes = ["20261130.next.pem", "20261130-ed.next.pem"].map((name) =>
      statSync(join(folder.path, DOMAIN, name)).mode & 0o777
    );
    assert.deepEqual(modes, [0o640, 0o600]);
  });

  it("gives it the owner and group, too, if root makes it", { skip: process.getuid?.() !== 0 }, async () => {
    using folder = folderOfTwo();
    const path = (name: string) => join(folder.path, DOMAIN, name);
    for (const name of ["a.pem", "a-ed.pem"]) chownSync(path(name), 0, 12);
    await rotate(folder);
    const { uid, gid } = statSync(path("20261130.next.pem"));
    assert.deepEqual([uid, gid], [0, 12]);
  });

  it("does not switch while a lookup fails", async () => {
    using folder = folderOfTwo();
    await rotate(folder);
    const { done } = await rotateDomain(DOMAIN, {
      ...{ program: "test", folder: folder.path, every: undefined, keep: 7 * DAY, bits: 1024, now: NOW },
      resolver: parseRecordsFile(
        keysIn(folder).map(({ selector }) => `${keyRecordName(selector, DOMAIN)} SERVFAIL\n`).join(""),
      ),
      progress: new StatusLine(),
    });
    assert.deepEqual(
      done.name === "waiting" && done.checks.map(({ result }) => result),
      ["unknown", "unknown"],
    );
    assert.deepEqual(signing(folder), ["a", "a-ed"]);
  });

  it("says which keys are too many, and changes nothing", async () => {
    using folder = folderOfTwo();
    folder.write(`${DOMAIN}/b.pem`, pems.rsa2, 0o600);
    const done = await rotate(folder);
    assert.match(done.name === "failed" ? done.reason : "", /a\.pem and .*b\.pem are of one kind/);
    assert.deepEqual(filesIn(folder), ["a-ed.pem", "a.pem", "b.pem"]);
  });

  it("refuses to take the name of another file", async () => {
    using folder = folderOfTwo();
    folder.write(`${DOMAIN}/b.next.pem`, pems.rsa2, 0o600);
    // The old key of another time, which must not be lost.
    folder.write(`${DOMAIN}/a.old.pem`, pems.rsa2, 0o600);
    folder.write(`${DOMAIN}/b-ed.next.pem`, pems.ed2, 0o600);
    await assert.rejects(rotate(folder), { name: "KeyNameError", code: "key-name-taken" });
    assert.deepEqual(signing(folder), ["a", "a-ed"]);
  });

  it("does not overwrite a key of the same selector", async () => {
    using folder = folderOfTwo();
    folder.write(`${DOMAIN}/a.next.pem`, pems.rsa2, 0o600);
    folder.write(`${DOMAIN}/a-ed.next.pem`, pems.ed2, 0o600);
    const next = keysIn(folder).filter(({ state }) => state === "next");
    await assert.rejects(rotate(folder, next), { name: "KeyNameError", code: "key-name-taken" });
    assert.equal(readFileSync(join(folder.path, DOMAIN, "a.pem"), "utf8"), pems.rsa);
    assert.deepEqual(signing(folder), ["a", "a-ed"]);
  });
});

describe("an interrupted rotation", () => {
  it("goes on where it was, after any step of the switch, and one key of each kind signs all the time", async () => {
    for (let done = 0; done <= 10; done++) {
      using folder = folderWithNext();
      const steps = stepsOf(folder);
      assert.equal(steps.length, 10);
      for (const step of steps.slice(0, done)) {
        doFileStep(step, NOW);
        signing(folder);
      }
      const runs: string[] = [];
      for (let name = ""; name !== "nothing-due"; runs.push(name)) {
        name = (await rotate(folder)).name;
        signing(folder);
        assert.ok(runs.length < 3, `after ${done} steps: ${runs.join(" ")}`);
      }
      assert.deepEqual(signing(folder), ["b", "b-ed"], `after ${done} steps`);
      assert.deepEqual(filesIn(folder), ["a-ed.old.pem", "a.old.pem", "b-ed.pem", "b.pem"]);
    }
  });

  it("makes the second key if only the first was made", async () => {
    using folder = folderOfTwo();
    folder.write(`${DOMAIN}/b.next.pem`, pems.rsa2, 0o600);
    const made = await rotate(folder);
    assert.deepEqual(made.name === "made" && made.keys.map(({ selector }) => selector), ["b-ed"]);
    assert.equal((await rotate(folder)).name, "switched");
    assert.deepEqual(signing(folder), ["b", "b-ed"]);
  });

  it("removes a file that was not finished, and nothing of a process that runs", async () => {
    using folder = folderOfTwo();
    const unfinished = join(folder.path, DOMAIN, ".c.next.pem.999999999.new");
    const running = join(folder.path, DOMAIN, ".c.next.pem.1.new");
    for (const path of [unfinished, running]) writeFileSync(path, "half a key", { mode: 0o600 });
    await rotate(folder);
    assert.deepEqual([existsSync(unfinished), existsSync(running)], [false, true]);
  });

  function folderWithNext(): KeysFolder {
    const folder = folderOfTwo();
    folder.write(`${DOMAIN}/b.next.pem`, pems.rsa2, 0o600);
    folder.write(`${DOMAIN}/b-ed.next.pem`, pems.ed2, 0o600);
    return folder;
  }

  function stepsOf(folder: KeysFolder) {
    const path = (name: string) => join(folder.path, DOMAIN, name);
    return [
      ...switchSteps(path("b.next.pem"), path("a.pem")),
      ...switchSteps(path("b-ed.next.pem"), path("a-ed.pem")),
    ];
  }
});
