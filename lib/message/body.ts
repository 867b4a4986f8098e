/**
 * Joins the pieces of a body, and converts line ends to CRLF.
 *
 * @module
 */

import { BODY_CHUNK } from "../protocol/constants.ts";
import type { MtaKind } from "./mta.ts";

const CR = 0x0d;
const LF = 0x0a;
const CRLF = Uint8Array.of(CR, LF);
const NOTHING = new Uint8Array(0);

/** Joins pieces unchanged. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Joins pieces, with every bare LF made CRLF. A single piece without a bare LF is not copied. */
export function withCrlf(pieces: readonly Uint8Array[]): Uint8Array {
  const bare = bareLineFeeds(pieces);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1 && bare === 0) return only;
  const body = new Uint8Array(pieces.reduce((size, { length }) => size + length, bare));
  let at = 0;
  let last = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      if (byte === LF && last !== CR) body[at++] = CR;
      body[at++] = last = byte;
    }
  }
  return body;
}

/** A replaced body as the MTA stores it, piece by piece: every bare LF becomes CRLF, and Postfix ends the last line. */
export class StoredBody {
  readonly #endsLastLine: boolean;
  #last: number | undefined;

  /** @param mta the MTA to behave like */
  constructor(mta: MtaKind) {
    this.#endsLastLine = mta === "postfix";
  }

  /** Returns the next piece as it is stored: the same one if nothing changes. */
  next(piece: Uint8Array): Uint8Array {
    if (piece.length === 0) return piece;
    const lacksCr = (at: number) => (at > 0 ? piece[at - 1] : this.#last) !== CR;
    let bare = 0;
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) if (lacksCr(at)) bare++;
    const stored = bare === 0 ? piece : new Uint8Array(piece.length + bare);
    for (let from = 0, to = 0; bare > 0 && from < piece.length;) {
      let at = piece.indexOf(LF, from);
      while (at >= 0 && !lacksCr(at)) at = piece.indexOf(LF, at + 1);
      const run = piece.subarray(from, at < 0 ? piece.length : at);
      stored.set(run, to);
      if (at >= 0) stored.set(CRLF, to + run.length);
      from += run.length + 1;
      to += run.length + 2;
    }
    this.#last = piece.at(-1);
    return stored;
  }

  /** Returns what is stored after the last piece. */
  end(): Uint8Array {
    return this.#endsLastLine && this.#last !== undefined && this.#last !== LF ? CRLF : NOTHING;
  }
}

/**
 * A replaced body as the MTA stores it, in chunks as it sends them to the next filter. An empty body has no chunks.
 *
 * @param pieces the body as the filter gave it
 * @param mta the MTA to behave like
 */
export function* replacementBody(pieces: Iterable<Uint8Array>, mta: MtaKind): Generator<Uint8Array, void> {
  const stored = new StoredBody(mta);
  let rest: Uint8Array[] = [];
  let length = 0;
  const cut = function* (piece: Uint8Array): Generator<Uint8Array, void> {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + BODY_CHUNK - length);
      at += part.length;
      length += part.length;
      rest.push(part);
      if (length === BODY_CHUNK) yield taken();
    }
  };
  const taken = () => {
    const [only] = rest;
    const chunk = rest.length === 1 && only !== undefined ? only : joined(rest);
    rest = [];
    length = 0;
    return chunk;
  };
  for (const piece of pieces) yield* cut(stored.next(piece));
  yield* cut(stored.end());
  if (length > 0) yield taken();
}

function bareLineFeeds(pieces: readonly Uint8Array[]): number {
  let bare = 0;
  let last = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      if (byte === LF && last !== CR) bare++;
      last = byte;
    }
  }
  return bare;
}
