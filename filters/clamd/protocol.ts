/**
 * The protocol of clamd, as far as it is needed to scan a stream (clamd(8)): commands, chunks and replies. No sockets.
 *
 * @module
 */

const encoder = new TextEncoder();

/** The commands in use. */
export type ClamdCommand = "INSTREAM" | "PING" | "VERSION";

/** The longest reply that is read, in bytes: the name of a signature and a few words. */
export const MAX_REPLY = 4096;

/** The maximum number of characters of a reply, and of a signature's name, in logs and header fields. */
const MAX_SHOWN = 200;

/**
 * What `clamd` found with its settings `AlertExceedsMax`: not a signature, but a part that it did not look into, since that
 * exceeds one of its limits.
 */
const LIMITS = /^Heuristics\.Limits\.Exceeded\b/;

/** Clamd's reply to a stream. */
export type ScanReply =
  /** It found nothing. */
  | { readonly kind: "clean" }
  /** It found something; `name` is that of the signature. */
  | { readonly kind: "found"; readonly name: string }
  /** It did not look at everything; `reason` says why. */
  | { readonly kind: "unscanned"; readonly reason: string }
  /** It could not scan, or what answered is not clamd. */
  | { readonly kind: "error"; readonly text: string };

/**
 * A command, ended by NUL, as its reply then is.
 *
 * @param name the command
 */
export function commandBytes(name: ClamdCommand): Uint8Array {
  return encoder.encode(`z${name}\0`);
}

/**
 * What goes before a chunk of a stream: its length, 32 bits in network order. A length of 0 ends the stream.
 *
 * @param length the length of the chunk, in bytes
 */
export function chunkHead(length: number): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, length);
  return head;
}

/**
 * Parses the reply to a stream. Anything that does not clearly mean that nothing was found is an error, never a clean
 * message.
 *
 * @param reply the reply, without the NUL at its end
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readScanReply } from "./protocol.ts";
 *
 * assert.deepEqual(readScanReply("stream: OK"), { kind: "clean" });
 * assert.deepEqual(readScanReply("stream: Eicar-Test FOUND"), { kind: "found", name: "Eicar-Test" });
 * assert.equal(readScanReply("HTTP/1.1 400 Bad Request").kind, "error");
 * ```
 */
export function readScanReply(reply: string): ScanReply {
  const text = reply.trim();
  const [, said] = /^stream: (.+)$/s.exec(text) ?? [];
  if (said === "OK") return { kind: "clean" };
  const [, found] = /^(\S.*) FOUND$/s.exec(said ?? "") ?? [];
  if (found !== undefined) {
    const name = shownText(found);
    return LIMITS.test(found) ? { kind: "unscanned", reason: name } : { kind: "found", name };
  }
  if (/^INSTREAM size limit exceeded\b/.test(text)) {
    return { kind: "unscanned", reason: "larger than StreamMaxLength of clamd" };
  }
  return { kind: "error", text: shownText(text) };
}

/**
 * A text from clamd, or from whatever answered instead, made safe for a header field, a reply and a log: printable
 * ASCII, on one line, of bounded length.
 */
export function shownText(text: string): string {
  return text.slice(0, MAX_SHOWN).replace(/[^\x20-\x7e]+/g, " ").trim();
}
