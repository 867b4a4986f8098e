/**
 * Makes the table of what each built-in filter asks the MTA for, from the filters themselves as options make them.
 *
 * @module
 */

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { optionsOf } from "../../cli/config/filter_arguments.ts";
import { findFilter } from "../../filters/registry.ts";
import { makePlan, needsOf } from "../../lib/chain/plan.ts";
import { makeFromValues } from "../../lib/kit/make.ts";
import { type OptionSpec, OptionValues } from "../../lib/options/options.ts";
import { ANSWERED_EVENTS, type EventSpec } from "../../lib/protocol/events.ts";

/** Filters with options, as on a command line; KEY is the file of a key. `milter` asks for what its milter asks for. */
const CASES: readonly string[] = [
  "attachments --executable",
  "attachments --executable --action strip --keep-nothing",
  "authenticate",
  "authenticate --on-dmarc-fail policy",
  "clamd --server unix:/run/clamav/clamd.ctl",
  "dkim-check",
  "dkim-check --on-fail reject",
  "dkim-sign --key example.org:s1:KEY",
  "dmarc-check",
  "footer --text Confidential",
  "greylist",
  "header-rewrite --add X-Checked:yes",
  "header-rewrite --remove X-Spam*",
  "rate-limit --by client --limit 100/1h",
  "rate-limit --by client --limit 100/1h --action mark",
  "rules --rule inside --not-client 10.0.0.0/8 --reject No",
  "rules --rule lottery --only-subject /lottery/i --quarantine Lottery",
  "size-limit --max 25MB",
  "size-limit --max-recipients 50",
  "size-limit --max-headers 1000",
  "spf-check",
  "spf-check --on-spf-fail reject",
];

/** The table. */
export async function askedTable(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-docs-"));
  try {
    const rows: string[] = [];
    for (const words of CASES) rows.push(await row(words, folder));
    return [
      "| filter and options | header | body | waits for a reply at | changes |",
      "|---|---|---|---|---|",
      ...rows,
    ].join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function row(words: string, folder: string): Promise<string> {
  const [name = "", ...args] = words.split(" ");
  const definition = findFilter(name);
  if (!definition) throw new Error(`There is no filter ${name}`);
  const filter = await makeFromValues(definition, valuesOf(optionsOf(definition), args, folder), {
    live: false,
    authservId: "mx.example.org",
  });
  try {
    const plan = makePlan(filter);
    const { protocol } = needsOf([plan], 0, { told: 0, answered: 0 });
    const isSent = (event: EventSpec) => (protocol & event.no) === 0;
    const sent = (wanted: string) => ANSWERED_EVENTS.some((event) => event.name === wanted && isSent(event));
    const answered = ANSWERED_EVENTS.filter((event) =>
      event.name !== "eom" && isSent(event) && !(protocol & event.nr)
    );
    const cells = [
      `\`${words}\``,
      sent("header") ? "yes" : "no",
      sent("body") ? plan.content ? "kept" : "yes" : "no",
      answered.map(({ name }) => `\`${name}\``).join(", ") || "–",
      [...plan.changes].map((change) => `\`${change}\``).join(", ") || "–",
    ];
    return `| ${cells.join(" | ")} |`;
  } finally {
    await filter.dispose();
  }
}

function valuesOf(
  specs: readonly OptionSpec[],
  args: readonly string[],
  folder: string,
): OptionValues {
  const given: [name: string, text: string][] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.replace(/^--/, "");
    const isFlag = specs.some((spec) => spec.name === name && spec.kind === "flag");
    given.push([name, isFlag ? "true" : withKey(args[++i]!, folder)]);
  }
  return new OptionValues(specs, given);
}

/** Puts the path of a new key in the place of KEY. */
function withKey(text: string, folder: string): string {
  if (!text.endsWith("KEY")) return text;
  const path = join(folder, "key.pem");
  const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync(path, key, { mode: 0o600 });
  return text.replace(/KEY$/, path);
}
