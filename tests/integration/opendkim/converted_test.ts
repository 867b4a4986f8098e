// Debian's opendkim from its opendkim.conf, and ours from what that is converted to: who is signed by which key?
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rsaKey } from "../../auth/dkim/support.ts";
import { newFolder, skipFor, writeShared } from "../../support/instance.ts";
import { Milterkit, runMilterkit } from "../../support/milterkit.ts";
import { opendkimProblem, startOpendkim } from "../../support/opendkim.ts";
import { COMMON, type Configuration, CONFIGURATIONS } from "./configurations.ts";
import { deliver } from "./deliver.ts";
import { Differences } from "./known_differences.ts";
import { SENDERS } from "./senders.ts";

const skip = skipFor(opendkimProblem());

/** How many configurations are compared at a time: most of the time goes by while programs start. */
const LANES = 3;

/** What the tables name; d= and s= tell the keys apart. */
const KEY_FILES = ["org", "net", "boss", "news", "example.org/own", "example.net/own"];

/** Writes opendkim.conf, its tables and its keys. */
function write(folder: string, { lines, tables = {} }: Configuration, pem: string): string {
  for (const name of KEY_FILES) {
    mkdirSync(join(folder, name, ".."), { recursive: true, mode: 0o755 });
    const path = join(folder, `${name}.pem`);
    writeFileSync(path, pem);
    chmodSync(path, 0o600);
  }
  const place = (text: string) => text.replaceAll("FOLDER", folder);
  for (const [name, text] of Object.entries(tables)) writeShared(join(folder, name), place(text));
  const path = join(folder, "opendkim.conf");
  writeShared(path, place(`${[...COMMON, ...lines].join("\n")}\n`));
  return path;
}

/** Compares them, and returns what is left to do: opendkim takes seconds to stop. */
async function compare(
  configuration: Configuration,
  pem: string,
  differences: Differences,
): Promise<() => Promise<void>> {
  const folder = newFolder("milterkit-from-opendkim-");
  const opendkimConf = write(folder, configuration, pem);
  const converted = await runMilterkit(["config", "from-opendkim", opendkimConf]);
  assert.equal(converted.code, 0, converted.stderr);
  const ourConf = join(folder, "milterkit.toml");
  writeShared(ourConf, converted.stdout);
  const checked = await runMilterkit(["config", "check", ourConf]);
  assert.equal(checked.code, 0, `${checked.stderr}\n${converted.stdout}`);
  const opendkim = await startOpendkim(opendkimConf);
  const end = async () => {
    await opendkim.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const milterkit = await Milterkit.start(["serve", "--config", ourConf], { addresses: 1 });
    try {
      for (const [i, sender] of SENDERS.entries()) {
        const [ours, theirs] = await Promise.all([
          deliver(milterkit.address, sender, `Q${i}`),
          deliver(opendkim.address, sender, `Q${i}`),
        ]);
        differences.add({ configuration, sender, ours, theirs });
      }
    } finally {
      await milterkit.stop();
    }
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

test(
  "100 senders are signed by the same keys as by opendkim, with each of its configurations",
  { skip },
  async () => {
    assert.equal(SENDERS.length, 100);
    const pem = String(rsaKey(1024).privateKey.export({ type: "pkcs1", format: "pem" }));
    const differences = new Differences();
    const endings: Promise<void>[] = [];
    const waiting = [...CONFIGURATIONS];
    const lane = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        endings.push((await compare(next, pem, differences))());
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await Promise.all(endings);
    console.log(differences.report());
    assert.deepEqual(differences.unnamed, []);
    assert.deepEqual(differences.unused, []);
  },
);
