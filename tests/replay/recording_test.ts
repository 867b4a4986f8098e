// Files as they are found: whole, cut off, of another kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readRecording, type Recording, RecordingError } from "../../cli/commands/replay/recording.ts";
import { formatRecord, parseHeader, parseRecord, type TraceRecord } from "../../cli/traces/trace_format.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { packet } from "../protocol/support.ts";
import { at } from "../support/present.ts";
import { terms } from "./raw_milter.ts";
import { HEADER, withTrace } from "./support.ts";

const offer = terms(0x1fffff);
const from = (side: "mta" | "milter", bytes: Uint8Array, time = 0, connection = 1): TraceRecord => ({
  ...{ type: "packet", connection, time, from: side, name: "any", fields: {}, bytes },
});
const START = [from("mta", offer), from("milter", terms(0))];

const read = (...lines: Parameters<typeof withTrace>[0]): Promise<Recording> =>
  withTrace(lines, (path) => readRecording(path, new Set()));

async function fails(lines: Parameters<typeof withTrace>[0], code: string, message: RegExp): Promise<void> {
  await assert.rejects(read(...lines), (error: RecordingError) => {
    assert.ok(error instanceof RecordingError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

test("records are read as they were written", () => {
  const records: TraceRecord[] = [
    { type: "open", connection: 1, time: 0.5, peer: "\x1b\x7f\u009b31m\u2028\n" },
    from("mta", packet("L", "Subject\0\xff\0")),
    {
      type: "bytes",
      connection: 2,
      time: 1,
      from: "milter",
      bytes: Uint8Array.of(0, 255, 10),
      problem: "no",
    },
    { type: "end", connection: 2, time: 1, from: "mta" },
    { type: "failed", connection: 2, time: 1, from: "milter", problem: "gone" },
    { type: "close", connection: 2, time: 1 },
  ];
  for (const record of records) {
    const line = formatRecord(record);
    // deno-lint-ignore no-control-regex -- they are what is looked for
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028]/);
    assert.deepEqual(parseRecord(line), record);
  }
  assert.deepEqual(parseHeader(formatRecord(HEADER)), HEADER);
});

test("a killed trace is read up to its last whole line", async () => {
  const whole = formatRecord(from("mta", packet("H", "x\0")));
  for (let cut = 1; cut < whole.length; cut += 7) {
    const { cutOff, connections } = await read(HEADER, ...START, whole.slice(0, cut));
    assert.equal(cutOff, true);
    assert.equal(connections[0]?.steps.length, 1);
  }
  const { cutOff, connections } = await read(HEADER, ...START, whole);
  assert.equal(cutOff, false);
  assert.equal(connections[0]?.steps.length, 2);
});

test("what is no trace is refused, with the reason", async () => {
  await fails([], "not-a-trace", /: it is empty$/);
  await fails(["hello\n"], "not-a-trace", /milterkit trace --write did not write it/);
  await fails(["{}\n"], "not-a-trace", /milterkit trace --write did not write it/);
  await fails(
    [formatRecord({ ...HEADER, version: 2 })],
    "not-a-trace",
    /later milterkit wrote it \(format version 2/,
  );
  await fails([HEADER, ...START, "{}\n", from("mta", packet("T"))], "bad-line", /line 4 is not a line/);
  const noBytes = `{"type":"packet","connection":1,"time":0,"from":"mta","bytes":"%"}\n`;
  await fails([HEADER, noBytes, ...START], "bad-line", /line 2 is not a line/);
  const noPacket = (more: string) => `{"type":"bytes","connection":1,"from":"mta",${more},"problem":"no"}\n`;
  for (const more of [`"time":0,"bytes":"A"`, `"time":1e400,"bytes":"AAAA"`]) {
    await fails([HEADER, ...START, noPacket(more), from("mta", packet("T"))], "bad-line", /line 4 is no/);
  }
  // A length without its packet, more of one than there is, less, and two at once.
  const broken = ["", "\0\0\0\x01", "\0\0\0\x02T", "\0\0\0\x01TT", "\0\0\0\x01T\0\0\0\x01T", "\0\0\0\0"];
  for (const bytes of broken.map(toBytes)) {
    await fails([HEADER, ...START, from("mta", bytes), from("mta", packet("T"))], "bad-line", /line 4 is no/);
  }
  await assert.rejects(readRecording("/nowhere/session.trace", new Set()), /there is no such file/);
  await assert.rejects(readRecording("/tmp", new Set()), RecordingError);
});

test("a line of a kind that is not known is passed over", async () => {
  const { connections } = await read(HEADER, ...START, `{"type":"later","connection":1,"time":3}\n`);
  assert.equal(connections[0]?.steps.length, 1);
});

test("an MTA that goes away before the answer has none, and a filter that goes away has that", async () => {
  const ends = (...sides: ("mta" | "milter")[]): TraceRecord[] =>
    sides.map((side) => ({ type: "end", connection: 1, time: 2, from: side }));
  const lastStep = async (...records: TraceRecord[]) => {
    const { connections } = await read(HEADER, ...START, from("mta", packet("M", "<a>\0")), ...records);
    return at(at(connections, 0).steps, -1);
  };
  const left = await lastStep(...ends("mta", "milter"));
  assert.deepEqual([left.abandoned, left.outcome], [true, undefined]);
  const closed = await lastStep(...ends("milter", "mta"));
  assert.deepEqual([closed.abandoned, closed.outcome?.end], [false, "closed the connection"]);
  const cut = await lastStep();
  assert.deepEqual([cut.abandoned, cut.outcome], [true, undefined]);
});

test("connections are told apart, and can be chosen", async () => {
  const lines = [HEADER, from("mta", offer, 0, 2), from("mta", offer, 0, 1), from("milter", terms(0), 1, 2)];
  const { connections } = await read(...lines);
  assert.deepEqual(connections.map(({ number, unplayable }) => [number, unplayable]), [
    [1, "the milter never answered"],
    [2, undefined],
  ]);
  const chosen = await withTrace(lines, (path) => readRecording(path, new Set([2])));
  assert.deepEqual(chosen.connections.map(({ number }) => number), [2]);
});

test("what cannot be played says why", async () => {
  const bytes = Uint8Array.of(71, 69, 84);
  const rubbish: TraceRecord = { type: "bytes", connection: 1, time: 0, from: "mta", bytes, problem: "no" };
  const reason = async (...records: TraceRecord[]) =>
    at((await read(HEADER, ...records)).connections, 0).unplayable;
  assert.equal(await reason(rubbish), "the MTA sent something that is not a packet (no)");
  assert.equal(await reason(from("mta", packet("T"))), "it does not begin with option negotiation");
  assert.equal(await reason(...START), undefined);
});

test("queue ids belong to their messages, whenever they are told", async () => {
  const macros = (command: string, id?: string) =>
    from("mta", packet("D", id ? `${command}i\0${id}\0` : command));
  const { connections } = await read(
    ...[HEADER, ...START],
    ...[macros("C"), macros("M"), from("mta", packet("M", "<a>\0")), macros("R", "LATE")],
    ...[from("mta", packet("R", "<b>\0")), from("mta", packet("E")), from("mta", packet("A"))],
    // without MAIL, as where the filter does not want it
    ...[macros("M"), macros("R"), from("mta", packet("R", "<b>\0")), from("mta", packet("A"))],
    ...[macros("M", "THIRD"), from("mta", packet("M", "<a>\0"))],
    // no ABORT between: Postfix after a rejected DATA
    ...[macros("M", "FOURTH"), from("mta", packet("M", "<a>\0")), from("mta", packet("Q"))],
  );
  const { steps, messages, queueIds } = at(connections, 0);
  assert.equal(messages, 4);
  assert.deepEqual([...queueIds], [[1, "LATE"], [3, "THIRD"], [4, "FOURTH"]]);
  assert.equal(
    steps.map(({ command, message }) => `${String.fromCharCode(command)}${message}`).join(" "),
    "O0 D0 D1 M1 D1 R1 E1 A0 D2 D2 R2 A2 D3 M3 D4 M4 Q0",
  );
});
