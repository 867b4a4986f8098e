/**
 * Keeps the beginning of messages, so that they can be sent to another server when one fails.
 *
 * @module
 */

/** The maximum number of bytes that are kept of one message: nearly all mail is smaller. */
export const MOST_OF_ONE = 1024 * 1024;
/** The maximum number of bytes that are kept of all messages together. */
export const MOST_OF_ALL = 32 * 1024 * 1024;

/** How much all messages may keep. */
export class KeepingRoom {
  #left = MOST_OF_ALL;

  /** Takes room; returns whether there was enough. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** Gives room back. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** The pieces of one message, as long as all of them are kept. */
export class KeptPieces {
  readonly #room: KeepingRoom;
  #pieces: Uint8Array[] | undefined = [];
  #bytes = 0;

  /** @param room what all messages share */
  constructor(room: KeepingRoom) {
    this.#room = room;
  }

  /** All pieces so far; undefined if they are not kept any more. */
  get all(): readonly Uint8Array[] | undefined {
    return this.#pieces;
  }

  /** Keeps a piece, or forgets all if it is too much. */
  add(piece: Uint8Array): void {
    if (this.#pieces === undefined) return;
    if (this.#bytes + piece.length > MOST_OF_ONE || !this.#room.take(piece.length)) return this.forget();
    this.#bytes += piece.length;
    this.#pieces.push(piece);
  }

  /** Forgets all. */
  forget(): void {
    this.#room.give(this.#bytes);
    this.#bytes = 0;
    this.#pieces = undefined;
  }
}
