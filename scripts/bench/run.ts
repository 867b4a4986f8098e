/**
 * The benchmark: compares a filter that does nothing on Milterkit, C libmilter and pymilter, and the built-in filters with
 * programs that do the same. Builds what it needs, measures, and writes `docs/benchmark.md` and `docs/benchmark.svg`.
 *
 *     deno task bench [--help]
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { BenchRun, tell } from "./bench.ts";
import { chartOf } from "./chart.ts";
import { documentOf, limitLines, type Report } from "./document.ts";
import { FiltersSection } from "./filters/section.ts";
import { openSite } from "./filters/site.ts";
import { exitCodeOf, inFolder } from "./folder.ts";
import { facts } from "./machine.ts";
import { MemorySection } from "./memory_section.ts";
import { MessagesSection } from "./messages_section.ts";
import { help, type Options, readOptions } from "./options.ts";
import { isMet } from "./results.ts";
import { makeRig } from "./rig.ts";
import { keepScriptSections } from "./script_sections.ts";
import type { Chapter, Section } from "./section.ts";
import { REFERENCE } from "./servers.ts";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
const CHART = "benchmark.svg";

process.exit(
  await exitCodeOf(async () => {
    const options = readOptions(process.argv.slice(2));
    if (options) return await inFolder((folder) => bench(options, folder));
    process.stdout.write(help());
    return 0;
  }),
);

async function bench(options: Options, folder: string): Promise<number> {
  tell("Building the programs ...");
  const rig = await makeRig(options, folder);
  for (const note of rig.notes) tell(note);
  const run = new BenchRun(options, rig);
  const messages = new MessagesSection(run);
  const sections: Section[] = [
    ...(options.workloads.length > 0 ? [messages] : []),
    ...(options.filters.length > 0 ? [new FiltersSection(run, await openSite(rig), options.filters)] : []),
    ...(options.hold > 0 ? [new MemorySection(run)] : []),
  ];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const section of sections) await section.measureRound(round);
    }
  } finally {
    for (const section of sections) await section.close?.();
  }
  const report: Report = {
    options,
    rig,
    facts: await facts(rig),
    chapters: inOrder(sections.map((section) => section.chapters())),
    limits: sections.flatMap((section) => section.limits()),
    failures: run.failures,
    othersShares: sections.flatMap((section) => section.othersShares?.() ?? []),
    chart: CHART,
  };
  publish(report, chartFrom(run, messages, report));
  return exitCode(report);
}

/** The first chapter of each section, which has what counts, then the others. */
function inOrder(sections: readonly (readonly Chapter[])[]): Chapter[] {
  return [
    ...sections.flatMap((chapters) => chapters.slice(0, 1)),
    ...sections.flatMap((chapters) => chapters.slice(1)),
  ];
}

function chartFrom({ options, servers }: BenchRun, messages: MessagesSection, { facts }: Report): string {
  const [transport = "unix"] = options.transports;
  const of = (wanted: string): string => facts.find(([name]) => name === wanted)?.[1] ?? "";
  const rounds = options.rounds === 1 ? "one round" : `median of ${options.rounds} rounds`;
  const note = `${of("Date")}, ${of("CPU")}, ${of("Kernel")}; ${rounds}, ${
    transport === "unix" ? "unix socket" : "TCP"
  }`;
  return chartOf(servers.filter((server) => server !== REFERENCE), messages.ratioRows(transport), note);
}

function publish(report: Report, chart: string): void {
  const text = documentOf(report);
  if (report.options.write) {
    const page = join(docs, "benchmark.md");
    writeFileSync(page, keepScriptSections(readFileSync(page, "utf8"), text));
    writeFileSync(join(docs, CHART), chart);
    tell(`\nWritten: docs/benchmark.md and docs/${CHART}`);
  } else {
    process.stdout.write(`\n${text}\n`);
  }
  for (const line of limitLines(report.limits)) process.stdout.write(`${line}\n`);
  for (const failure of report.failures) tell(`FAILED: ${failure}`);
}

function exitCode({ options, limits, failures }: Report): number {
  if (failures.length > 0) return 1;
  if (!options.check) return 0;
  // Nothing was checked: that must not pass for a check that went well.
  if (limits.length === 0) tell("--check: no limit holds for what was measured");
  return limits.length > 0 && limits.every(isMet) ? 0 : 1;
}
