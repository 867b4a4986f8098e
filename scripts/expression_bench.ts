/**
 * Measures what expressions cost: the engine of `lib/expressions`, the runtime's own, and packages of npm that promise
 * linear time, in one run.
 *
 *     bun scripts/expression_bench.ts [--peers FOLDER] [--write]
 *
 * FOLDER is one in which `npm install re2js re2-wasm` ran. --write puts the tables into docs/expressions.md. What is measured
 * is processor time; the least of several rounds counts.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileExpression } from "../lib/expressions/expression.ts";

const { values: options } = parseArgs({
  options: { peers: { type: "string" }, write: { type: "boolean", default: false } },
});

const ROUNDS = 7;
/** How long a round lasts, in milliseconds of processor time. */
const ROUND = 40;

type Test = (text: string) => boolean;
type Engine = (source: string, flags: string) => Test;

const engines = new Map<string, Engine>([
  ["Milterkit", (source, flags) => {
    const expression = compileExpression(source, flags);
    return (text) => expression.test(text);
  }],
]);
if (options.peers !== undefined) {
  const require = createRequire(join(resolve(options.peers), "index.js"));
  const { RE2JS } = require("re2js");
  const { RE2 } = require("re2-wasm");
  engines.set("re2js", (source, flags) => {
    const expression = RE2JS.compile(source, flags.includes("i") ? RE2JS.CASE_INSENSITIVE : 0);
    return (text) => expression.matcher(text).find();
  });
  engines.set("re2-wasm", (source, flags) => {
    const expression = new RE2(source, `${flags}u`);
    return (text) => expression.test(text);
  });
}
const native: Engine = (source, flags) => {
  const expression = new RegExp(source, flags);
  return (text) => expression.test(text);
};

const WORDS =
  "Dear colleague, please find attached the minutes of our meeting on 12.3.2026; write to joe.user+x@mail.example.net. ";
const TYPICAL: readonly (readonly [source: string, flags: string])[] = [
  ["^\\[list\\]", "i"],
  ["@example\\.com$", "i"],
  ["viagra|cialis|casino|lottery|prize|bitcoin|loan|pills", "i"],
  ["\\b(invoice|payment)\\s+\\d{4,}", "i"],
  ["https?://[^/\\s]+\\.(ru|cn)/", ""],
  ["\\d{1,3}(\\.\\d{1,3}){3}", ""],
];
const A = "a".repeat(10_000);
const AB = Array.from({ length: 10_000 }, (_, i) => (i * i * 7 + i * 13) % 11 < 5 ? "a" : "b").join("");
const HOSTILE: readonly (readonly [source: string, what: string, text: string])[] = [
  ["^(a+)+$", "45 letters and `!`", `${"a".repeat(45)}!`],
  ["^(a+)+$", "10,000 letters and `!`", `${A}!`],
  ["\\s+$", "10,000 spaces and `!`", `${" ".repeat(10_000)}!`],
  ["(.*)(.*)(.*)[^a]$", "10,000 letters", A],
  ["a[ab]{30}[cd]", "10,000 of a and b", AB],
  ["a.{0,900}[xy]", "10,000 of a and b", AB],
];

/** The microseconds of processor time that a call takes, the least of some rounds. */
function microseconds(call: () => unknown): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    let calls = 0;
    const start = process.cpuUsage();
    let spent = 0;
    for (let batch = 1; spent < ROUND * 1000; batch *= 2) {
      for (let i = 0; i < batch; i++) call();
      calls += batch;
      const { user, system } = process.cpuUsage(start);
      spent = user + system;
    }
    least = Math.min(least, spent / calls);
    // One that takes so long needs no more rounds.
    if (spent > 20 * ROUND * 1000) break;
  }
  return least;
}

function shown(time: number): string {
  if (time < 0.095) return "< 0.1 µs";
  return time < 1000 ? `${Number(time.toPrecision(2))} µs` : `${Number((time / 1000).toPrecision(2))} ms`;
}

function table(first: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line([first, ...columns]), `|---|${columns.map(() => "---|").join("")}`, ...rows.map(line)].join(
    "\n",
  );
}

const code = (source: string, flags = "") => `\`/${source.replaceAll("|", "\\|")}/${flags}\``;

const typical = TYPICAL.flatMap(([source, flags]) =>
  [100, 10_000].map((length) => {
    const text = WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
    const times = [native, ...engines.values()].map((engine) => {
      const test = engine(source, flags);
      return shown(microseconds(() => test(text)));
    });
    return [code(source, flags), `${length === 100 ? "100 B" : "10 kB"}`, ...times];
  })
);
const hostile = HOSTILE.map(([source, what, text]) => {
  const times = [...engines.values()].map((engine) => {
    const test = engine(source, "");
    return shown(microseconds(() => test(text)));
  });
  return [code(source), what, ...times];
});
const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Deno`;
const report = [
  `Processor time of one test on ${runtime}, lowest of ${ROUNDS} rounds:`,
  table("expression", ["text", "runtime", ...engines.keys()], typical),
  "Expressions and texts for which the runtime's own engine takes seconds to years, or quadratic time:",
  table("expression", ["text", ...engines.keys()], hostile),
].join("\n\n");

console.log(report);
if (options.write) {
  const path = fileURLToPath(new URL("../docs/expressions.md", import.meta.url));
  const begin = "<!-- Measured by scripts/expression_bench.ts -->\n";
  const end = "<!-- End of what is measured -->";
  const page = readFileSync(path, "utf8");
  const at = page.indexOf(begin) + begin.length;
  writeFileSync(path, `${page.slice(0, at)}\n${report}\n\n${page.slice(page.indexOf(end))}`);
}
