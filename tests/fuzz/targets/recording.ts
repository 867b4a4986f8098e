/**
 * Written traces.
 *
 * @module
 */
import { readRecording, type Recording, RecordingError } from "../../../cli/commands/replay/recording.ts";
import { formatRecord, parseRecord, type TraceRecord } from "../../../cli/traces/trace_format.ts";
import { TraceLines } from "../../../cli/commands/trace/trace_lines.ts";
import { latin1Bytes, latin1Text, toBytes, utf8Text } from "../../../lib/message/text.ts";
import type { Random } from "../../support/random.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { written } from "../own_folder.ts";
import { cut, mtaStream, packet, u32 } from "../packets.ts";

const HEADER =
  '{"format":"milterkit-trace","version":1,"started":"2026-01-01T00:00:00.000Z","listen":"inet:1@h","milter":"inet:2@h"}';

export const recording: Target = {
  name: "recording",
  promise: "a trace is refused as none, or read as packets, and no line of it acts on a terminal",
  cases: 300,
  words: [
    '"type":"packet"',
    '"connection":',
    '"from":"mta"',
    '"bytes":"AAAAAVE="',
    "\n",
    "{",
    "}",
    "null",
    "1e400",
    "\\u001b",
  ],
  make: trace,
  async check(bytes) {
    const text = utf8Text(bytes);
    checkRecords(text);
    const path = written("case.trace", bytes);
    let read: Recording;
    try {
      read = await readRecording(path, new Set());
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      hold(!/[\n\r]/.test(error.message), "a refusal says why in one line");
      const line = Number(/:(\d+)$/.exec(error.value)?.[1] ?? 1);
      hold(
        line >= 1 && line <= text.split(/\r\n|[\n\r]/).length,
        "its line is one of the file",
        () => error.value,
      );
      return;
    }
    for (const { steps } of read.connections) {
      for (const step of steps) {
        same(cut(step.bytes, Infinity).packets.length, 1, "a step is one packet");
        for (const answer of step.outcome?.packets ?? []) {
          same(cut(answer.bytes, Infinity).packets.length, 1, "an answer is whole packets");
        }
      }
    }
  },
};

/** What is a record is one again once it is written, and its line for people obeys nobody. */
function checkRecords(text: string): void {
  const lines = new TraceLines({ started: 0, bodyBytes: 60, colour: false });
  for (const line of text.split("\n")) {
    const record = parseRecord(line);
    if (record === undefined) continue;
    const again = parseRecord(formatRecord(record));
    hold(again !== undefined, "a record that is written again is one");
    if (record.type !== "packet" && record.type !== "bytes") continue;
    same(
      latin1Text((again as typeof record).bytes),
      latin1Text(record.bytes),
      "a record that is written again is the same",
    );
    if (!isWhole(record)) continue;
    for (const shown of lines.linesOf(record)) {
      hold(
        // deno-lint-ignore no-control-regex -- they are what is looked for
        !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(shown),
        "a line holds no control character",
        () => JSON.stringify(shown),
      );
    }
  }
}

/** Whether a record has all that trace itself writes. */
function isWhole(record: TraceRecord): boolean {
  return record.type === "bytes" ? typeof record.problem === "string" : false;
}

function trace(random: Random): Uint8Array {
  const lines = [HEADER];
  const add = (record: Record<string, unknown>) =>
    lines.push(JSON.stringify({ connection: 1 + random.below(2), time: lines.length, ...record }));
  const packetLine = (from: string, bytes: Uint8Array) =>
    add({ type: "packet", from, name: "x", fields: {}, bytes: btoa(latin1Text(bytes)) });
  for (const { command, payload } of cut(mtaStream(random), 65_535).packets.slice(0, random.below(40))) {
    packetLine("mta", packet(command, payload));
    if (random.below(3) === 0) continue;
    packetLine(
      "milter",
      command === 0x4f ? packet("O", u32(6) + u32(0) + u32(0)) : packet(random.pick([..."ccctrasp"])),
    );
  }
  if (random.below(2)) add({ type: "bytes", from: "mta", bytes: "AAAA", problem: "\x1b[31m" });
  if (random.below(2)) add({ type: random.below(2) ? "end" : "failed", from: "milter", problem: "x" });
  const text = lines.join("\n");
  return random.below(8) ? toBytes(`${text}\n`) : latin1Bytes(text.slice(0, random.below(text.length)));
}
