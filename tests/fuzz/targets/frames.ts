/**
 * The cutting of a stream into packets.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { Command } from "../../../lib/protocol/constants.ts";
import { ProtocolError } from "../../../lib/protocol/errors.ts";
import { FrameDecoder } from "../../../lib/protocol/frame_decoder.ts";
import { PacketSplitter } from "../../../lib/protocol/packet_splitter.ts";
import { cuttings } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { cut, mtaStream, WORDS } from "../packets.ts";
import { streams } from "../recorded.ts";
import { at } from "../../support/present.ts";

/** The first byte of a case is the limit, where it is not above these, or chooses among the larger ones. */
const SMALL = 200;
const LIMITS = [65_535, 4096, 1_048_575];
/** A packet's length and its letter. */
const HEAD = 5;

export const frames: Target = {
  name: "frames",
  promise: "a stream gives the same packets however it is cut, and no more is kept than a packet may have",
  cases: 700,
  words: WORDS,
  seeds: () => streams("mta", 1),
  make: (random) =>
    concatenated([
      Uint8Array.of(random.below(2) ? random.below(40) : SMALL + random.below(3)),
      mtaStream(random),
    ]),
  check(bytes) {
    const [first = 0] = bytes;
    const maxData = first < SMALL ? first : at(LIMITS, first % LIMITS.length);
    const stream = bytes.subarray(1);
    const { packets, problem } = cut(stream, maxData);
    const expected = [...packets.map(({ command, payload }) => shown(command, payload)), problem];
    for (const pieces of cuttings(stream)) {
      same(decoded(pieces, maxData), expected, "the decoder gives the packets that there are");
      same(
        decodedInPieces(pieces, maxData).slice(0, packets.length),
        expected.slice(0, packets.length),
        "pieces of a packet are the packet",
      );
      splitAgain(pieces, stream);
    }
  },
};

function shown(command: number, payload: Uint8Array): string {
  return `${command} ${latin1Text(payload)}`;
}

function decoded(pieces: readonly Uint8Array[], maxData: number): unknown[] {
  const decoder = new FrameDecoder();
  decoder.maxData = maxData;
  const seen: unknown[] = [];
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      while (decoder.next()) {
        seen.push(shown(decoder.command, decoder.bytes.subarray(decoder.start, decoder.end)));
      }
      hold(
        decoder.buffered < maxData + HEAD,
        "what is kept is less than a packet may have",
        () => String(decoder.buffered),
      );
    }
    seen.push(undefined);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    seen.push(error.code);
  }
  return seen;
}

function decodedInPieces(pieces: readonly Uint8Array[], maxData: number): string[] {
  const decoder = new FrameDecoder();
  decoder.maxData = maxData;
  decoder.inPieces = Command.BODY;
  const seen: string[] = [];
  let parts: Uint8Array[] = [];
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      while (decoder.next()) {
        parts.push(decoder.bytes.slice(decoder.start, decoder.end));
        if (!decoder.last) continue;
        seen.push(shown(decoder.command, concatenated(parts)));
        parts = [];
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return seen;
}

/** Who only looks on loses nothing, whatever it is. */
function splitAgain(pieces: readonly Uint8Array[], stream: Uint8Array): void {
  const splitter = new PacketSplitter();
  const all = pieces.flatMap((piece) => splitter.push(piece));
  const rest = splitter.end();
  if (rest) all.push(rest);
  same(
    latin1Text(concatenated(all.map(({ bytes }) => bytes))),
    latin1Text(stream),
    "all pieces are the stream",
  );
  const packets = all.flatMap((piece) => "command" in piece ? [shown(piece.command, piece.payload)] : []);
  const expected = cut(stream, 1_048_575).packets.map(({ command, payload }) => shown(command, payload));
  same(packets, expected, "who looks on sees the same packets");
}
