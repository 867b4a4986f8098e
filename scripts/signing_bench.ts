/**
 * Measures DKIM signing against Debian's opendkim in the same run: processor time per message through the whole milter
 * session, with an RSA key, an Ed25519 key, and both, and what the operations take by themselves.
 *
 *     deno run -A scripts/signing_bench.ts [--binary dist/milterkit] [--rounds 9] [--write]
 *     (with --runtime deno or --runtime bun: from the sources, instead of the executable)
 *
 * --write puts the figures into docs/benchmark.md. Processor time is that of the filter's process only.
 * Needs Debian's opendkim and openssl; an idle machine gives steadier figures.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generateDkimKey } from "../lib/auth/dkim/private_key.ts";
import { cpuPerMessage } from "./bench/cpu_rounds.ts";
import {
  type BenchFilter,
  startSigner,
  startSigningOpendkim,
  unsignedMessage,
} from "./bench/dkim_filters.ts";
import { median } from "./bench/results.ts";
import { withScriptSection } from "./bench/script_sections.ts";
import { bunOperations, opensslOperations } from "./bench/signing_operations.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: join(root, "dist/milterkit") },
    runtime: { type: "string" },
    rounds: { type: "string", default: "9" },
    write: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(options.rounds);
/** What is sent: messages of a round, and the most that ours may take of what opendkim takes. */
const SIZES = [
  { title: "10 KB", bytes: 10_000, count: 500, limits: { rsa: 0.6, ed25519: 0.35 } },
  { title: "1 MB", bytes: 1_000_000, count: 60, limits: { rsa: 0.9, ed25519: undefined } },
] as const;
/** Our signers by the keys that they have. */
const SIGNERS = {
  rsa: { title: "dkim-sign, RSA-2048", kinds: ["rsa"] },
  ed25519: { title: "dkim-sign, Ed25519", kinds: ["ed25519"] },
  both: { title: "dkim-sign, both", kinds: ["rsa", "ed25519"] },
} as const;
type SignerName = keyof typeof SIGNERS;

const pems = { rsa: (await generateDkimKey("rsa")).pem, ed25519: (await generateDkimKey("ed25519")).pem };
const folder = mkdtempSync(join(tmpdir(), "milterkit-signing-bench-"));
const filters: BenchFilter[] = [];
const lines: string[] = [];
try {
  tell(
    `The program is ${
      options.runtime ? `run from the sources on ${options.runtime}` : "the executable"
    }; its keys are in ` +
      "memory, as opendkim's are.",
  );
  filters.push(await startSigningOpendkim(folder, keyFile("opendkim", "rsa"), "rsa"));
  for (const [name, { kinds }] of Object.entries(SIGNERS)) {
    for (const kind of kinds) keyFile(name, kind);
    filters.push(await startSigner(name, options, folder, join(folder, `keys-${name}`)));
  }
  operationsTable();
  await cpuTable();
  tell(
    `The machine, with ${cpus().length} cores, had a load of ${
      (loadavg()[0] ?? NaN).toFixed(0)
    } in the last minute of this ` +
      "run. Where other work disturbs it, all times are longer; the ratios stay.",
  );
} finally {
  for (const filter of filters) await filter.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (options.write) {
  const page = join(root, "docs/benchmark.md");
  writeFileSync(page, withScriptSection(readFileSync(page, "utf8"), "Signing", sectionText()));
}
process.exit();

/** Writes a key into the folder of keys of a filter; returns its path. */
function keyFile(owner: string, kind: keyof typeof pems): string {
  const keys = join(folder, `keys-${owner}`, "example.org");
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const path = join(keys, `${kind}.pem`);
  writeFileSync(path, pems[kind], { mode: 0o600 });
  return path;
}

function tell(line: string): void {
  console.log(line);
  lines.push(line);
}

function sectionText(): string {
  return [
    "## Signing",
    ...lines,
    "Repeat it: `deno run -A scripts/signing_bench.ts --write`, with Debian's opendkim and openssl installed.",
  ].join("\n\n").replace(/\|\n\n\|/g, "|\n|");
}

function operationsTable(): void {
  const bun = bunOperations(SIZES.map(({ bytes }) => bytes));
  const openssl = opensslOperations();
  tell(
    "The operations by themselves, which is the least that a signature takes: in Bun, on which the executable runs, and " +
      "in the system's OpenSSL, which opendkim uses:",
  );
  tell("| operation | Bun | OpenSSL |");
  tell("|---|--:|--:|");
  tell(`| RSA-2048 | ${ms(bun.rsa)} | ${ms(openssl.rsa)} |`);
  tell(`| Ed25519 | ${ms(bun.ed25519)} | ${ms(openssl.ed25519)} |`);
  tell(
    `With RSA, createSign of node:crypto takes ${
      ms(bun.createSign)
    } and sign with a callback, in another thread, ` +
      `${ms(bun.asynchronous)}; sign, which is used, is the first in the table.`,
  );
  tell(
    "The library by itself, `DkimSigner` on Bun, without a filter and a socket. The last column has both signatures against " +
      "that of RSA plus the operation of Ed25519, that is both operations and one pass over the message:",
  );
  tell("| message | RSA-2048 | Ed25519 | both | against the least |");
  tell("|---|--:|--:|--:|--:|");
  for (const { title, bytes } of SIZES) {
    const { rsa, ed25519, both, ratio } = bun.library[bytes] ??
      { rsa: NaN, ed25519: NaN, both: NaN, ratio: NaN };
    tell(`| ${title} | ${ms(rsa)} | ${ms(ed25519)} | ${ms(both)} | ${ratio.toFixed(2)} |`);
  }
}

async function cpuTable(): Promise<void> {
  tell(
    "The filters: processor time per message, relaxed/relaxed, one message at a time on one connection; the median of " +
      `${ROUNDS} rounds, in which the filters take turns. The ratios are to opendkim in the same round:`,
  );
  tell("| message | opendkim 2.11, RSA-2048 | dkim-sign, RSA-2048 | dkim-sign, Ed25519 | dkim-sign, both |");
  tell("|---|--:|--:|--:|--:|");
  for (const { title, bytes, count, limits } of SIZES) {
    const [opendkim = [], ...ours] = await cpuPerMessage(filters, {
      message: unsignedMessage("example.org", bytes),
      rounds: ROUNDS,
      count,
      warmUp: 3 * count,
      check: ({ name }, { lastSignatures }) => {
        const wanted = SIGNERS[name as SignerName]?.kinds.length ?? 1;
        if (lastSignatures !== wanted) throw new Error(`${name} added ${lastSignatures} signatures`);
      },
    });
    const [rsa = [], ed25519 = [], both = []] = ours;
    const cells = [
      ms(median(opendkim)),
      compared(rsa, opendkim, limits.rsa),
      compared(ed25519, opendkim, limits.ed25519),
      compared(both, opendkim, undefined),
    ];
    tell(`| ${title} | ${cells.join(" | ")} |`);
  }
}

/** A cell with the time, the ratio to another filter, and whether that is within a limit. */
function compared(own: readonly number[], others: readonly number[], limit: number | undefined): string {
  const ratio = median(own.map((time, round) => time / (others[round] ?? NaN))) ?? NaN;
  const judged = limit === undefined ? "" : ` (at most ${limit}: ${ratio <= limit ? "kept" : "**missed**"})`;
  return `${ms(median(own))}, ${ratio.toFixed(2)}${judged}`;
}

function ms(time: number | undefined): string {
  return `${(time ?? NaN).toFixed(3)} ms`;
}
