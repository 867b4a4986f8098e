/**
 * Keeps the new body of a message.
 *
 * @module
 */

import { replacementBody, StoredBody } from "../message/body.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Spool, SpoolPool } from "../message/spool.ts";
import { Failure } from "./failure.ts";
import type { Steps } from "./maybe_promise.ts";

/**
 * Keeps a new body as the MTA stores it. The caller must close the spool.
 *
 * @param pieces the body as a filter gave it, or as it results from edits: then each piece is valid only until the next
 * one is requested
 * @param pool where it is kept
 * @param mta the MTA to behave like
 * @param isOver whether nobody needs it any more; then it stops early
 */
export function* keptBody(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  pool: SpoolPool,
  mta: MtaKind,
  isOver: () => boolean,
): Steps<Spool | Failure> {
  const spool = pool.create();
  try {
    if (Symbol.asyncIterator in pieces) yield* keepAsync(pieces[Symbol.asyncIterator](), spool, mta, isOver);
    else {
      for (const chunk of replacementBody(pieces, mta)) {
        if (isOver()) break;
        const pushed = spool.push(chunk);
        if (pushed) yield pushed;
      }
    }
    return spool;
  } catch (error) {
    spool.close();
    return new Failure(error);
  }
}

function* keepAsync(
  pieces: AsyncIterator<Uint8Array>,
  spool: Spool,
  mta: MtaKind,
  isOver: () => boolean,
): Steps<void> {
  const stored = new StoredBody(mta);
  let next = (yield pieces.next()) as IteratorResult<Uint8Array>;
  while (!next.done && !isOver()) {
    const pushed = spool.push(stored.next(next.value), true);
    if (pushed) yield pushed;
    next = (yield pieces.next()) as IteratorResult<Uint8Array>;
  }
  const last = spool.push(stored.end());
  if (last) yield last;
}
