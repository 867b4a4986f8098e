/**
 * The fields of every packet.
 *
 * @module
 */
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { commands, decode, encode, type PacketSpec, replies } from "../../../lib/protocol/codec.ts";
import { describePacket } from "../../../lib/protocol/describe_packet.ts";
import { ProtocolError } from "../../../lib/protocol/errors.ts";
import { FrameWriter } from "../../../lib/protocol/frame_writer.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";
import { cut, WORDS } from "../packets.ts";
import { at, present } from "../../support/present.ts";

const COMMANDS: readonly PacketSpec[] = Object.values(commands);
const ROWS: readonly PacketSpec[] = [...COMMANDS, ...Object.values(replies)];

/** What each kind of field looks like, for cases. */
const FIELDS: Record<string, readonly string[]> = {
  u8: ["M", "4", "U", "\0"],
  "u16?": ["", "\x12\x67"],
  u32: ["\0\0\0\x06", "\0\x1f\xff\xff", "\xff\xff\xff\xff"],
  string: ["<a@example.org>\0", "\0", "h\xe9\0"],
  "string?": ["", "NOTIFY=NEVER\0"],
  strings: ["", "a\0", "i\x00Q1\0{x}\0\0"],
  bytes: ["", "body\r\n", "\0\0"],
  lists: ["", "\0\0\0\x02i {x}\0", "\0\0\0\0\0\0\0\0\x01a\0"],
};

export const codec: Target = {
  name: "codec",
  promise: "a packet is refused as malformed, or written again as it was read",
  cases: 8000,
  words: WORDS,
  make(random) {
    const row = random.below(ROWS.length);
    const fields = Object.values(at(ROWS, row).fields).map((kind) =>
      random.pick(present(FIELDS[kind], `a field of kind ${kind}`))
    );
    return latin1Bytes(String.fromCharCode(row) + fields.join(""));
  },
  check(bytes) {
    const spec = at(ROWS, (bytes[0] ?? 0) % ROWS.length);
    const payload = bytes.subarray(1);
    const side = COMMANDS.includes(spec) ? "mta" : "milter";
    describePacket(side, spec.letter, payload);
    // Among other bytes, as it lies in what was read from a socket.
    const framed = new Uint8Array(payload.length + 9).fill(0);
    framed.set(payload, 5);
    const read = attempt(
      () => decode(spec, framed, 5, 5 + payload.length),
      (error) => error instanceof ProtocolError && error.code === "packet-malformed",
    );
    if ("refusal" in read) {
      hold(!isWellFormed(spec, payload), "only what is malformed is refused", () => latin1Text(payload));
      return;
    }
    hold(isWellFormed(spec, payload), "what is malformed is refused", () => latin1Text(payload));
    const writer = new FrameWriter();
    encode(writer, spec, read.value);
    const { packets, left } = cut(writer.take(), Infinity);
    same([left, ...packets.map(({ command }) => command)], [0, spec.letter], "one packet is written");
    const again = packets.map(({ payload }) => latin1Text(payload)).join("");
    // What stands behind the last field is passed over, as libmilter does.
    same(again, latin1Text(payload).slice(0, again.length), "what was read is written again");
    if (["strings", "bytes", "lists"].includes(Object.values(spec.fields).at(-1) ?? "")) {
      same(again.length, payload.length, "fields up to the end take all");
    }
  },
};

/** The fields as a regular expression of their own. */
const PATTERNS: Record<string, string> = {
  u8: "[^]",
  "u8?": "[^]?",
  "u16?": "(?:[^]{2}|$)",
  u32: "[^]{4}",
  string: "[^\\0]*\\0",
  "string?": "(?:[^\\0]*\\0|$)",
  strings: "(?:[^\\0]*\\0)*$",
  bytes: "[^]*$",
  lists: "(?:[^]{4}[^\\0]*\\0)*$",
};

const EXPRESSIONS = new Map<PacketSpec, RegExp>(
  ROWS.map((
    row,
  ) => [row, new RegExp(`^${Object.values(row.fields).map((kind) => PATTERNS[kind]).join("")}`)]),
);

function isWellFormed(spec: PacketSpec, payload: Uint8Array): boolean {
  return EXPRESSIONS.get(spec)!.test(latin1Text(payload));
}
