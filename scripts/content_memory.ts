/**
 * Measures the memory for large messages whose parts a filter reads or changes: eight of 25 MB at once, each with a text, an
 * HTML text and a file in base64. All bodies are complete before any message ends.
 *
 *     deno run -A scripts/content_memory.ts [--runtime binary] [--runtime deno] [--runtime bun]
 *     (--work: one of read, footer, strip, whole; --messages, --size: other loads, sizes in MB; --limit: MB above idle;
 *     --binary: the executable; --write: also writes the section in docs/benchmark.md)
 *
 * The filter is scripts/content_filter.ts: it hashes the content of every part, and then does its work. `whole` reads the
 * body into memory first, as a filter must that has no `content`; it has no limit.
 *
 * Exits with 1 if a message fails, or memory grows by more than the limit. Needs Linux.
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { writeScriptSection } from "./bench/script_report.ts";
import type { LoadMessage } from "./memory_load.ts";
import { cpuOf, MB, memoryOf, programOf, ROOT, sendAll, sleep, startServer } from "./memory_server.ts";

const { values: options } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: ["binary"] },
    binary: { type: "string", default: join(ROOT, "dist/milterkit") },
    work: { type: "string", multiple: true, default: ["read", "footer", "strip", "whole"] },
    messages: { type: "string", default: "8" },
    size: { type: "string", default: "25" },
    limit: { type: "string", default: "40" },
    write: { type: "boolean", default: false },
  },
});
const MESSAGES = Number(options.messages);
const LIMIT = Number(options.limit);
/** How long the process has to become quiet, in milliseconds. */
const SETTLE = 1000;
const PROGRAMS: Readonly<Record<string, string>> = {
  binary: "Milterkit, compiled",
  deno: "Milterkit on Deno",
  bun: "Milterkit on Bun",
};
const WORK: Readonly<Record<string, string>> = {
  read: "reads only, with `content`",
  footer: "adds a footer to both texts, with `addText`",
  strip: "puts a text in the place of the file, with `replace`",
  whole: "collects the body in `body` first",
};
const BASE64_LINE =
  "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5kIHJlc3RzLg==".slice(0, 76) + "\r\n";

if (options.runtime.includes("binary") && !existsSync(options.binary)) {
  process.stderr.write(
    `Cannot measure: there is no ${options.binary}; run: npx -y deno@2.9.6 task compile\n`,
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "milterkit-content-memory-"));
let failed = false;
try {
  const rows: string[] = [];
  for (const runtime of options.runtime) {
    for (const work of options.work) rows.push(await measure(runtime, work));
  }
  const text = `## Memory of parts

${MESSAGES} messages of ${options.size} MB at once, each with a text, an HTML text and a file in base64. A filter hashes the
content of every part. Memory is resident, at its highest, above what the idle process has; a MB is a million bytes.

| program | the filter | idle | above idle | limit | processor time |
|---|---|--:|--:|--:|--:|
${rows.join("\n")}

Repeat it: \`deno run -A scripts/content_memory.ts --write\`.
`;
  console.log(text);
  if (options.write) writeScriptSection("Memory of parts", text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

function message(): LoadMessage {
  const text = [
    "--b",
    "Content-Type: multipart/alternative; boundary=c",
    "",
    "--c",
    "",
    "Hello, see the file.",
    "--c",
  ];
  const html = [
    "Content-Type: text/html",
    "",
    "<html><body><p>Hello, see the file.</body></html>",
    "--c--",
    "--b",
  ];
  const file = [
    "Content-Type: application/octet-stream; name=file.bin",
    "Content-Disposition: attachment",
    "Content-Transfer-Encoding: base64",
    "",
    "",
  ];
  return {
    connections: MESSAGES,
    headers: [
      ["From", " Someone <someone@example.org>"],
      ["Subject", " a file"],
      ["MIME-Version", " 1.0"],
      ["Content-Type", " multipart/mixed; boundary=b"],
    ],
    size: Math.floor(Number(options.size) * MB / BASE64_LINE.length) * BASE64_LINE.length,
    line: BASE64_LINE,
    around: [[...text, ...html, ...file].join("\r\n"), "--b--\r\n"],
  };
}

/** Measures one kind of work; gives its row of the table. */
async function measure(runtime: string, work: string): Promise<string> {
  const socket = join(folder, `${runtime}-${work}.sock`);
  const server = await startServer([
    ...programOf(runtime, options.binary),
    ...["serve", "--listen", `unix:${socket}`, "--log-level", "error"],
    ...["--filter", join(ROOT, "scripts/content_filter.ts"), "--work", work],
  ], socket);
  const stopped = new Promise<void>((resolve) => server.on("close", () => resolve()));
  try {
    await sleep(SETTLE);
    const idle = memoryOf(server.pid!, "VmRSS");
    const before = cpuOf(server.pid!);
    const { endings } = await sendAll({ socket, messages: [message()] });
    const above = memoryOf(server.pid!, "VmHWM") - idle;
    const isBounded = work === "whole" || above <= LIMIT;
    failed ||= !isBounded;
    if (endings.continue !== MESSAGES) throw new Error(`${work}: ${JSON.stringify(endings)}`);
    const limit = work === "whole" ? "–" : `${LIMIT} MB`;
    const shown = `${above.toFixed(0)} MB`;
    const seconds = cpuOf(server.pid!) - before;
    return `| ${PROGRAMS[runtime]} | ${WORK[work]} | ${idle.toFixed(0)} MB | ${
      isBounded ? shown : `**${shown}** (missed)`
    } | ${limit} | ${seconds.toFixed(1)} s |`;
  } finally {
    server.kill("SIGTERM");
    await stopped;
  }
}
