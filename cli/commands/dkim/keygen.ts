/**
 * `milterkit dkim keygen`: makes the keys of a domain, and prints their records.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { asciiName } from "../../../filters/dkim_sign/keys/names.ts";
import { Lines } from "../../explanation/lines.ts";
import { invalidArgument, UsageError } from "../../terminal/arguments.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import {
  type CommandHelp,
  type CommandLine,
  type Invocation,
  readCommandLine,
} from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { print } from "../../terminal/standard_output.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction } from "../command.ts";
import { accessOfNewKey, accessWords } from "./key_access.ts";
import {
  KEY_TYPE_NAMES,
  KEY_TYPES,
  keyFileName,
  type KeyType,
  selectorInSet,
  setByDate,
} from "./key_names.ts";
import { domainFolder, type StoredKey, storedKeys } from "./key_store.ts";
import { makeKey } from "./make_key.ts";
import { domainOperand, JSON_OPTION, KEYS_OPTION, requiredFolder, TESTING_OPTION } from "./options.ts";
import { recordReport, recordText } from "./record_text.ts";
import { shellWord } from "./shell_word.ts";
import { writeKey } from "./write_key.ts";
import { keyRecordName } from "./zone_text.ts";

const HELP: CommandHelp = {
  description:
    "Makes an RSA key, which every receiver knows, and an Ed25519 key, which is shorter and faster; messages " +
    "then get a signature from each. The keys go to FOLDER/DOMAIN/SELECTOR.pem, and their DNS records are printed: as text " +
    "that a zone file can include, and on one line for the form of a DNS service. An existing key is never overwritten.\n\n" +
    "If root makes them, they belong to root, and the group of the service may read them. If the domain already has a key " +
    "that signs, a key of the other type waits (SELECTOR.next.pem) until rotate finds its record in the DNS. To replace a " +
    "key with one of the same type, use rotate instead.",
  examples: [
    ["Both keys of a domain:", "milterkit dkim keygen --keys /etc/milterkit/keys example.org"],
    [
      "One key, under a name of your choice:",
      "milterkit dkim keygen --keys /etc/milterkit/keys --type rsa --bits 4096 --selector mail example.org",
    ],
    ["Are the records published?", "milterkit dkim test --keys /etc/milterkit/keys example.org"],
  ],
};

/** Makes keys. */
export const KEYGEN_ACTION: CliAction = {
  name: "keygen",
  operands: "--keys FOLDER DOMAIN",
  help: HELP,
  options: [
    KEYS_OPTION,
    {
      name: "type",
      kind: "enum",
      metavar: "KIND",
      choices: [...KEY_TYPES, "both"],
      default: "both",
      description: "The type of key",
    },
    {
      name: "bits",
      kind: "integer",
      metavar: "NUMBER",
      min: 1024,
      max: 4096,
      default: "2048",
      description: "Size of the RSA key in bits; some DNS services accept no record for more than 2048",
    },
    {
      name: "selector",
      kind: "string",
      metavar: "NAME",
      description:
        "Name of the record below _domainkey; by default the date. Of two keys, the Ed25519 key gets NAME-ed",
    },
    {
      name: "group",
      kind: "string",
      metavar: "GROUP",
      description: "Group that may read the keys, if root makes them; by default milterkit, if there is one",
    },
    TESTING_OPTION,
    JSON_OPTION,
  ],
  operandKind: "any",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(KEYGEN_ACTION, invocation);
  const { program, options } = line;
  const folder = requiredFolder(line);
  const domain = oneDomain(line);
  const types = KEY_TYPES.filter((type) => ["both", type].includes(options.get("enum", "type")!));
  const bits = options.get("integer", "bits")!;
  if (!types.includes("rsa") && options.given.some(({ name }) => name === "bits")) {
    throw new UsageError(`${program}: --bits is about RSA keys; an Ed25519 key has one size`);
  }
  const existing = storedKeys(program, folder, domain);
  for (const type of types) refuseSecond(line, existing, type, folder, domain);
  const selectors = selectorsFor(line, types, domain, existing);
  const access = accessOfNewKey(program, options.get("string", "group"));
  const state = existing.some((key) => key.state !== "old") ? "next" : "current";
  // All are made before one is written: what is interrupted leaves nothing.
  const made = [];
  for (const type of types) made.push({ type, selector: selectors[type], ...await makeKey(type, bits) });
  const keys = made.map(({ type, selector, key, pem }): StoredKey => {
    const path = join(domainFolder(program, folder, domain), keyFileName(selector, state));
    writeKey(path, pem, access);
    return { path, domain, selector, key, type, state, changed: Date.now() };
  });
  const testing = options.get("flag", TESTING_OPTION.name) ?? false;
  if (options.get("flag", JSON_OPTION.name)) {
    await print(terminalSafeJson({ records: keys.map((key) => recordReport(key, testing)) }) + "\n");
  } else {
    await print(keygenText(keys, testing, `--keys ${shellWord(folder)} ${domain}`));
  }
  return EXIT_CODES.done;
}

function keygenText(keys: readonly StoredKey[], testing: boolean, words: string): string {
  const lines = new Lines(terminalColours(wantsColours(process.stdout)), false);
  const comment = (comment: string) => lines.add(0, `; ${comment}`, lines.colours.dim);
  for (const key of keys) {
    recordText(key, testing, lines);
    comment(`The private key is secret: ${key.path} has ${accessWords(key.path)}.`);
    lines.add(0, "");
  }
  comment(`Publish ${keys.length === 1 ? "the record" : "both records"}, then: milterkit dkim test ${words}`);
  if (keys.some(({ state }) => state === "next")) {
    comment(`To sign with the new key once its record is found: milterkit dkim rotate ${words}`);
  }
  return lines.text;
}

function oneDomain({ program, operands }: CommandLine): string {
  const [domain, second] = operands;
  if (domain === undefined) throw new UsageError(`${program}: want a DOMAIN, such as example.org`);
  if (second !== undefined) {
    throw new UsageError(`${program}: want one DOMAIN, not ${operands.length}`, second);
  }
  return domainOperand(program, domain);
}

/** Of each kind, one key of a domain signs. */
function refuseSecond(
  { program }: CommandLine,
  existing: readonly StoredKey[],
  type: KeyType,
  folder: string,
  domain: string,
): void {
  const other = existing.find((key) => key.type === type && key.state !== "old");
  if (other === undefined) return;
  const others = KEY_TYPES.filter((each) =>
    existing.every((key) => key.type !== each || key.state === "old")
  );
  const [missing] = others;
  const add = missing === undefined ? "" : `; --type ${missing} adds the other kind`;
  throw new UsageError(
    `${program}: ${domain} has an ${KEY_TYPE_NAMES[type]} key, ${other.path}; to replace it use ` +
      `\`milterkit dkim rotate --keys ${shellWord(folder)} ${domain}\`${add}`,
    other.path,
  );
}

function selectorsFor(
  { program, options }: CommandLine,
  types: readonly KeyType[],
  domain: string,
  existing: readonly StoredKey[],
): Readonly<Record<KeyType, string>> {
  const taken = new Set(existing.map(({ selector }) => selector));
  const given = options.get("string", "selector");
  if (given === undefined) {
    const set = setByDate(Date.now(), taken);
    if (set === undefined) {
      throw new UsageError(`${program}: all selectors for today's date are in use; give one with --selector`);
    }
    return { rsa: selectorInSet(set, "rsa"), ed25519: selectorInSet(set, "ed25519") };
  }
  const name = asciiName(given);
  const fail = (reason: string) => invalidArgument(program, "--selector", given, reason);
  if (name === undefined) throw fail("want letters, digits, hyphens and dots, such as mail or 2026.mail");
  if (/\.(?:next|old)$/.test(name)) {
    throw fail("it must not end with .next or .old: so end names of keys that do not sign");
  }
  const selectors = {
    rsa: name,
    ed25519: types.length > 1 ? selectorInSet(name, "ed25519") : name,
  };
  for (const type of types) {
    const selector = selectors[type];
    if (taken.has(selector)) throw fail(`the domain has a key with the selector ${selector}`);
    if (asciiName(selector) === undefined || keyRecordName(selector, domain).length > 253) {
      throw fail("it is too long: a label has at most 63 characters, and the record's name 253");
    }
  }
  return selectors;
}
