/**
 * Measures what the operations of DKIM signing take by themselves: in the runtime, in OpenSSL, and with the library around
 * them. What the filter takes is measured by `deno task bench`.
 *
 *     deno run -A scripts/signing_bench.ts [--write]
 *
 * --write puts the figures into docs/benchmark.md. Needs Debian's openssl; an idle machine gives steadier figures.
 */

import { cpus, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { ScriptReport } from "./bench/script_report.ts";
import { bunOperations, opensslOperations } from "./bench/signing_operations.ts";

const { values: options } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
  },
});
/** The bodies that the library is measured with. */
const SIZES = [{ title: "10 KB", bytes: 10_000 }, { title: "1 MB", bytes: 1_000_000 }] as const;

const report = new ScriptReport("Signing");
operationsTable();
report.tell(
  `The machine, with ${cpus().length} cores, had a load of ${
    (loadavg()[0] ?? NaN).toFixed(0)
  } in the last minute of this ` +
    "run. Where other work disturbs it, all times are longer; the ratios stay.",
);
if (options.write) report.write("openssl");
process.exit();

function operationsTable(): void {
  const bun = bunOperations(SIZES.map(({ bytes }) => bytes));
  const openssl = opensslOperations();
  report.tell(
    "The cryptographic operations alone, the least time that a signature can take: in Bun, on which the executable runs, and " +
      "in the system's OpenSSL, which opendkim uses:",
  );
  report.tell("| operation | Bun | OpenSSL |");
  report.tell("|---|--:|--:|");
  report.tell(`| RSA-2048 | ${ms(bun.rsa)} | ${ms(openssl.rsa)} |`);
  report.tell(`| Ed25519 | ${ms(bun.ed25519)} | ${ms(openssl.ed25519)} |`);
  report.tell(
    `With RSA, createSign of node:crypto takes ${
      ms(bun.createSign)
    } and sign with a callback, in another thread, ` +
      `${ms(bun.asynchronous)}; sign, which is used, is the first in the table.`,
  );
  report.tell(
    "The library alone, `DkimSigner` on Bun, without filter and socket. The last column is the time for both signatures " +
      "relative to the least possible: the RSA signature plus the bare Ed25519 operation, that is, both operations and one pass " +
      "over the message:",
  );
  report.tell("| message | RSA-2048 | Ed25519 | both | against the least |");
  report.tell("|---|--:|--:|--:|--:|");
  for (const { title, bytes } of SIZES) {
    const { rsa, ed25519, both, ratio } = bun.library[bytes] ??
      { rsa: NaN, ed25519: NaN, both: NaN, ratio: NaN };
    report.tell(`| ${title} | ${ms(rsa)} | ${ms(ed25519)} | ${ms(both)} | ${ratio.toFixed(2)} |`);
  }
}

function ms(time: number | undefined): string {
  return `${(time ?? NaN).toFixed(3)} ms`;
}
