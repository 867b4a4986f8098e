/**
 * Measures the memory for many simultaneous large messages whose bodies must be kept and replayed to later filters: 200
 * connections with 10 MB each, three of them with 200 MB. All bodies are complete before any message ends.
 *
 *     deno run -A scripts/memory_bench.ts [--runtime binary] [--runtime deno] [--runtime bun]
 *     (--connections, --size, --large, --large-size: other loads, sizes in MB; --limit: MB of memory;
 *     --binary: the executable; --folder: where large messages are kept)
 *
 * The first filter changes the header, so those after it wait. All messages are signed: dkim-check reports pass only if
 * it sees the complete header and body. Memory is the peak resident size of the process, including the mapped
 * executable. A MB is a million bytes.
 *
 * Exits with 1 if the limit is exceeded, a message fails, or a file or descriptor is leaked.
 * Needs Linux, and room for all messages in the folder.
 */

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { SpoolPool } from "../lib/message/spool.ts";
import { rsaKey, signMessage } from "../tests/auth/dkim/support.ts";
import type { Argv } from "../tests/support/process.ts";
import { bodyPiece, type LoadMessage, wholeLines } from "./memory_load.ts";
import { MB, memoryOf, programOf, ROOT, sendAll, sleep, startServer } from "./memory_server.ts";

const { values: options } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: ["binary"] },
    binary: { type: "string", default: join(ROOT, "dist/milterkit") },
    connections: { type: "string", default: "200" },
    size: { type: "string", default: "10" },
    large: { type: "string", default: "3" },
    "large-size": { type: "string", default: "200" },
    limit: { type: "string", default: "200" },
    folder: { type: "string", default: new SpoolPool().folder },
  },
});
const CONNECTIONS = Number(options.connections);
const LARGE = Number(options.large);
const LIMIT = Number(options.limit);
/** How often open files are counted while messages come, in milliseconds. */
const LOOK_INTERVAL = 100;
/** How long the process has to become quiet, before and after, in milliseconds. */
const SETTLE = 1000;

const messageBytes = MB *
  ((CONNECTIONS - LARGE) * Number(options.size) + LARGE * Number(options["large-size"]));
checkBefore();
const key = rsaKey();
const folder = mkdtempSync(join(tmpdir(), "milterkit-memory-bench-"));
const spoolFolder = mkdtempSync(join(options.folder, "milterkit-memory-bench-"));
let failed = false;
try {
  writeFileSync(join(folder, "keys"), `sel._domainkey.example.org "${key.record}"\n`);
  const messages = [
    signedMessage(LARGE, Number(options["large-size"])),
    signedMessage(CONNECTIONS - LARGE, Number(options.size)),
  ];
  console.log(
    `${CONNECTIONS} messages at once, ${LARGE} of ${
      options["large-size"]
    } MB, the others of ${options.size} MB; ` +
      `at most ${LIMIT} MB of memory`,
  );
  for (const runtime of options.runtime) await measure(runtime, messages);
} finally {
  for (const path of [folder, spoolFolder]) rmSync(path, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

function checkBefore(): void {
  const giveUp = (reason: string) => {
    process.stderr.write(`Cannot measure: ${reason}\n`);
    process.exit(2);
  };
  if (options.runtime.includes("binary") && !existsSync(options.binary)) {
    giveUp(`there is no ${options.binary}; run: npx -y deno@2.9.6 task compile`);
  }
  const { bavail, bsize } = statfsSync(options.folder);
  if (bavail * bsize < 1.1 * messageBytes) {
    giveUp(`${options.folder} has no room for ${Math.ceil(1.1 * messageBytes / MB)} MB; see --folder`);
  }
}

// ---- the messages

/** A message whose signature holds, without its body. */
function signedMessage(connections: number, megabytes: number): LoadMessage {
  const size = wholeLines(megabytes * MB);
  const piece = bodyPiece();
  const hash = createHash("sha256");
  for (let left = size; left > 0; left -= piece.length) hash.update(piece.subarray(0, left));
  const headers: [string, string][] = [
    ["From", " Someone <someone@example.org>"],
    ["To", " Other <other@example.test>"],
    ["Subject", " a message of some size"],
    ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
  ];
  const tags = { bh: hash.digest("base64") };
  return { headers: signMessage({ headers, body: "" }, { key, tags }).headers, size, connections };
}

// ---- the filters

function serveCommand(runtime: string, socket: string): Argv {
  const program = programOf(runtime, options.binary);
  return [
    ...program,
    ...["serve", "--listen", `unix:${socket}`, "--log-level", "error"],
    ...["--spool-folder", spoolFolder],
    ...["--filter", "header-rewrite", "--add", "X-A: 1"],
    ...["--filter", "dkim-check", "--dns-records", join(folder, "keys"), "--authserv-id", "mx.example.test"],
    ...["--filter", "size-limit", "--max", "1GB"],
  ];
}

// ---- measuring

async function measure(runtime: string, messages: readonly LoadMessage[]): Promise<void> {
  const socket = join(folder, `${runtime}.sock`);
  const server = await startServer(serveCommand(runtime, socket), socket);
  const stopped = new Promise<void>((resolve) => server.on("close", () => resolve()));
  const pid = server.pid!;
  try {
    await sleep(SETTLE);
    const idle = memoryOf(pid, "VmRSS");
    const before = descriptorsOf(pid).length;
    let mostFiles = 0;
    const looking = setInterval(() => mostFiles = Math.max(mostFiles, spoolFilesOf(pid)), LOOK_INTERVAL);
    const { endings, seconds } = await sendAll({ socket, messages });
    clearInterval(looking);
    await sleep(SETTLE);
    const peak = memoryOf(pid, "VmHWM");
    const left = spoolFilesOf(pid) + readdirSync(spoolFolder).length;
    const more = descriptorsOf(pid).length - before;
    const good = endings["continue dkim=pass"] === CONNECTIONS;
    failed ||= peak >= LIMIT || left > 0 || more > 0 || !good;
    console.log(
      `${runtime.padEnd(6)}  memory: idle ${idle.toFixed(0)} MB, highest ${peak.toFixed(0)} MB ` +
        `(${peak < LIMIT ? "kept" : "MISSED"}), afterwards ${memoryOf(pid, "VmRSS").toFixed(0)} MB\n` +
        `        files: ${mostFiles} at once, left: ${left}; descriptors left: ${more}\n` +
        `        messages: ${
          Object.entries(endings).map(([ending, count]) => `${count} ${ending}`).join(", ")
        }` +
        `${good ? "" : " (NOT all well)"}; sent in ${seconds[0].toFixed(1)} s, ended in ${
          seconds[1].toFixed(1)
        } s`,
    );
  } finally {
    server.kill("SIGTERM");
    await stopped;
  }
}

/** What a process has open, as /proc shows it. */
function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    } catch {
      return ""; // closed meanwhile
    }
  });
}

/** How many files; Deno has a second descriptor of one while it works on it. */
function spoolFilesOf(pid: number): number {
  return new Set(descriptorsOf(pid).filter((name) => name.startsWith(spoolFolder))).size;
}
