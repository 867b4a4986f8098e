/**
 * `milterkit dkim rotate`: replaces the keys of domains, a step with each run.
 *
 * @module
 */

import process from "node:process";
import { Lines } from "../../explanation/lines.ts";
import { DNS_LOOKUP_OPTIONS, resolverOf } from "../../explanation/lookup_options.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { print } from "../../terminal/standard_output.ts";
import { StatusLine } from "../../terminal/status_line.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliAction } from "../command.ts";
import { domainsOf } from "./key_store.ts";
import { JSON_OPTION, KEYS_OPTION, requiredFolder } from "./options.ts";
import { type DomainRotation, rotateDomain, type RotationContext } from "./rotate_domain.ts";
import { exitCodeOfRotations, isWorthTelling, rotationReport, rotationText } from "./rotation_report.ts";
import { shellWord } from "./shell_word.ts";

const HELP: CommandHelp = {
  description:
    "Replaces keys, one step per run. The first run makes a new key for each key that signs, with a selector named after " +
    "the date, and prints the records to publish; the new keys wait (SELECTOR.next.pem). A later run looks the records " +
    "up, and once the DNS has all of them, the new keys sign; serve uses them without a reload. The old keys " +
    "(SELECTOR.old.pem) and their records must stay for a while, for mail on its way; after that, a run says what can be " +
    "removed. You can interrupt it and run it again at any time, for example with cron. Without a DOMAIN, it rotates the " +
    "keys of all domains in the folder.\n\n" +
    "Exit code: 0 done, or nothing is due; 1 a record is missing or wrong, or needs your help; 4 a lookup failed; 2 the " +
    "command line or a key is wrong.",
  examples: [
    [
      "Begin; and again, once the records are published:",
      "milterkit dkim rotate --keys /etc/milterkit/keys example.org",
    ],
    [
      "Every night, for keys older than half a year; cron mails you when there is something to do:",
      "17 3 * * *  root  milterkit dkim rotate --keys /etc/milterkit/keys --every 180d --quiet",
    ],
  ],
};

const DAY = 86_400_000;

/** Replaces keys. */
export const ROTATE_ACTION: CliAction = {
  name: "rotate",
  operands: "--keys FOLDER [DOMAIN]...",
  help: HELP,
  options: [
    KEYS_OPTION,
    {
      name: "every",
      kind: "duration",
      metavar: "TIME",
      min: 1,
      description:
        "Begin only once the keys have signed for this long; by default at once, but not before --keep is over",
      example: "180d",
    },
    {
      name: "keep",
      kind: "duration",
      metavar: "TIME",
      default: "7d",
      description: "How long the records of old keys stay, for mail on its way",
    },
    {
      name: "bits",
      kind: "integer",
      metavar: "NUMBER",
      min: 1024,
      max: 4096,
      description: "Size of new RSA keys in bits; by default that of the old key, but at least 2048",
    },
    { name: "quiet", kind: "flag", description: "Print nothing if there is nothing to do" },
    ...DNS_LOOKUP_OPTIONS,
    JSON_OPTION,
  ],
  operandKind: "any",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(ROTATE_ACTION, invocation);
  const { program, options } = line;
  const folder = requiredFolder(line);
  const domains = domainsOf(line, folder);
  const keep = options.get("duration", "keep") ?? 7 * DAY;
  const resolver = resolverOf(program, options);
  const progress = new StatusLine();
  const context: RotationContext = {
    ...{ program, folder, resolver, progress, keep },
    every: options.get("duration", "every"),
    bits: options.get("integer", "bits"),
    now: Date.now(),
  };
  const rotations: DomainRotation[] = [];
  try {
    for (const domain of domains) rotations.push(await rotateOne(domain, context, domains.length === 1));
  } finally {
    progress.clear();
    resolver.close();
  }
  const told = options.get("flag", "quiet") ? rotations.filter(isWorthTelling) : rotations;
  if (options.get("flag", JSON_OPTION.name)) {
    await print(terminalSafeJson({ domains: told.map(rotationReport) }) + "\n");
  } else if (told.length > 0) {
    const lines = new Lines(terminalColours(wantsColours(process.stdout)), Boolean(process.stdout.isTTY));
    for (const rotation of told) {
      const again = `milterkit dkim rotate --keys ${shellWord(folder)} ${rotation.domain}`;
      rotationText(rotation, { keep, again }, lines);
    }
    await print(lines.text);
  }
  return exitCodeOfRotations(rotations);
}

/** What is wrong with one of several domains must not keep the others from their new keys. */
async function rotateOne(domain: string, context: RotationContext, isOnly: boolean): Promise<DomainRotation> {
  try {
    return await rotateDomain(domain, context);
  } catch (error) {
    if (isOnly || !(error instanceof Error) || !("code" in error)) throw error;
    const reason = error instanceof UsageError
      ? error.message.replace(`${context.program}: `, "")
      : error.message;
    return { domain, done: { name: "failed", reason }, removable: [] };
  }
}
