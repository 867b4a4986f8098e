/**
 * Measures what mail feels of filters behind a real Postfix: three filters as one Milterkit process, against the same three
 * as separate milters, opendkim and two on C libmilter. Processor time of all filter processes and of Postfix, and how long
 * clients wait.
 *
 *     deno run -A scripts/postfix_bench.ts [--binary dist/milterkit] [--rounds 5] [--messages 300] [--only one|ten] [--write]
 *
 * --write puts the figures into docs/benchmark.md. Mail is discarded once it is accepted.
 * Needs Linux, gcc, libmilter-dev, and Debian's postfix, opendkim and nsd; an idle machine gives steadier figures.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatMessage, rsaKey } from "../tests/auth/dkim/support.ts";
import { startNsd, txtLine, zoneHead } from "../tests/dns/nsd.ts";
import { newFolder } from "../tests/support/instance.ts";
import { signedMessage } from "./bench/dkim_filters.ts";
import { type PostfixRound, roundsBehindPostfix, type SetupName, warmUp } from "./bench/postfix_rounds.ts";
import { checkWork, startSetups } from "./bench/postfix_setups.ts";
import { median } from "./bench/results.ts";
import { ScriptReport } from "./bench/script_report.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: join(root, "dist/milterkit") },
    rounds: { type: "string", default: "5" },
    messages: { type: "string", default: "300" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(options.rounds);
const MESSAGES = Number(options.messages);
const SIZE = 10_000;
const LOADS = [
  { name: "one", title: "One message on each connection", perConnection: 1 },
  { name: "ten", title: "Ten messages on each connection", perConnection: 10 },
].filter(({ name }) => options.only === undefined || options.only === name);
/** The columns of the tables. */
const COLUMNS: readonly SetupName[] = ["none", "separate", "chain", "quiet"];

const report = new ScriptReport("Behind Postfix");
const folder = newFolder("milterkit-postfix-bench-");
const key = rsaKey();
const nsd = await startNsd({
  "example.org": zoneHead("example.org", 86_400) + txtLine("sel._domainkey", key.record),
});
try {
  const setups = await startSetups(folder, options.binary, nsd);
  try {
    const signed = signedMessage(key, "example.org", "example.org", SIZE);
    const message = formatMessage(signed);
    const withFilters = [setups.separate, setups.chain, setups.quiet];
    const checkAll = async (): Promise<void> => {
      for (const setup of withFilters) await checkWork(setup, setups.postfix, message);
    };
    await checkAll();
    await warmUp(setups, signed);
    report.tell(
      `Three filters, in this order: one verifies DKIM and writes Authentication-Results, one refuses messages above a size, ` +
        "one adds a header field. As three milters they are opendkim 2.11 and two small filters on C libmilter, which ask the MTA " +
        "for no more than they need. As one process they are `dkim-check`, `size-limit` and `header-rewrite` in the " +
        "executable, with its defaults, and again without its log line for each message. One client sends signed messages of 10 kB, which are " +
        `discarded once accepted. Medians of ${ROUNDS} rounds of ${MESSAGES} messages, in which the setups take turns behind one Postfix; Milterkit had 10,000 messages before as a warm-up.`,
    );
    for (const load of LOADS) {
      const rounds = await roundsBehindPostfix(setups, { ...load, message, messages: MESSAGES }, ROUNDS);
      report.tell(`### ${load.title}`);
      table(rounds, load.perConnection);
    }
    await checkAll();
  } finally {
    await setups.stop();
  }
} finally {
  await nsd.stop();
  rmSync(folder, { recursive: true, force: true });
}
report.tell(
  "CPU is user and system time with all threads and children. A wait is measured by a client without pauses of its own; the figure " +
    "in parentheses is the difference from the same round without milters. Before and after the rounds, a delivered message " +
    "must have the filters' fields, and a large message must be refused with 552.",
);
report.tell(
  `The machine, with ${cpus().length} cores for clients, Postfix, filters and name server, had a load of ${
    (loadavg()[0] ?? NaN).toFixed(0)
  } in the last minute of this run.`,
);
if (options.write) report.write("postfix, opendkim, nsd, gcc and libmilter-dev");
process.exit();

function table(rounds: readonly PostfixRound[], perConnection: number): void {
  report.tell(
    "| per message | no milter | three milters | one process | of three | one process, `--log-level warning` | of three |",
  );
  report.tell("|---|--:|--:|--:|--:|--:|--:|");
  row("CPU of the filters", rounds, (round, name) => round[name].filters, "ms");
  row("CPU of Postfix", rounds, (round, name) => round[name].mta, "ms");
  for (const [p, title] of [["p50", "median"], ["p99", "p99"]] as const) {
    if (perConnection === 1) {
      row(`wait for connection and EHLO, ${title}`, rounds, (round, name) => round[name].connection[p], "ms");
    }
    row(
      `wait from MAIL to the last answer, ${title}`,
      rounds,
      (round, name) => round[name].transaction[p],
      "ms",
    );
    row(`wait at the end of the message, ${title}`, rounds, (round, name) => round[name].end[p], "ms");
  }
}

/** A row: figures of each way; for times that Postfix takes too, the ratio is that of what the filters add. */
function row(
  title: string,
  rounds: readonly PostfixRound[],
  of: (round: PostfixRound, name: SetupName) => number,
  unit: string,
): void {
  const figure = (name: SetupName) => median(rounds.map((round) => of(round, name))) ?? NaN;
  const added = (name: SetupName) =>
    median(rounds.map((round) => of(round, name) - of(round, "none"))) ?? NaN;
  const ratio = (name: SetupName) =>
    median(
      rounds.map((round) =>
        (of(round, name) - of(round, "none")) / (of(round, "separate") - of(round, "none"))
      ),
    ) ?? NaN;
  const cells = COLUMNS.flatMap((name) => {
    if (name === "none") return [`${figure(name).toFixed(2)} ${unit}`];
    const base = figure("none");
    const own = base === 0 ? "" : ` (+${added(name).toFixed(2)})`;
    const text = `${figure(name).toFixed(2)}${own} ${unit}`;
    return name === "separate" ? [text] : [text, ratio(name).toFixed(2)];
  });
  report.tell(`| ${title} | ${cells.join(" | ")} |`);
}
