/**
 * Writes DKIM-Signature header fields (RFC 6376 section 3.5).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Canonicalization } from "./signature.ts";

/** What a signature says, before it is signed. */
export interface SignatureTags {
  readonly algorithm: string;
  readonly header: Canonicalization;
  readonly body: Canonicalization;
  readonly domain: string;
  readonly selector: string;
  readonly identity: string | undefined;
  readonly timestamp: number | undefined;
  readonly expiration: number | undefined;
  readonly bodyLength: number | undefined;
  readonly headerNames: readonly string[];
  readonly bodyHash: Uint8Array;
}

/** The name of the field. */
export const SIGNATURE_NAME = "DKIM-Signature";
/** Columns of a line, which RFC 5322 section 2.1.1 recommends. */
const WIDTH = 78;
const FOLD = "\r\n\t";
/** Columns that the tab of a folded line takes where it is shown. */
const INDENT = 8;

/**
 * Writes the value of a field up to and with `b=`, folded with CRLF and a tab, to follow `DKIM-Signature: `. A line is
 * longer than 78 columns only if a domain name is.
 */
export function writeUnsigned(tags: SignatureTags): string {
  const line = new FoldedText(SIGNATURE_NAME.length + 2);
  line.add("v=1;");
  line.add(`a=${tags.algorithm};`, " ");
  line.add(`c=${tags.header}/${tags.body};`, " ");
  line.add(`d=${tags.domain};`, " ");
  line.add(`s=${tags.selector};`, " ");
  if (tags.timestamp !== undefined) line.add(`t=${tags.timestamp};`, " ");
  if (tags.expiration !== undefined) line.add(`x=${tags.expiration};`, " ");
  if (tags.bodyLength !== undefined) line.add(`l=${tags.bodyLength};`, " ");
  if (tags.identity !== undefined) addIdentity(line, tags.identity);
  for (const [index, name] of tags.headerNames.entries()) {
    const end = index === tags.headerNames.length - 1 ? ";" : ":";
    line.add((index === 0 ? "h=" : "") + name + end, index === 0 ? " " : "");
  }
  line.add(`bh=${base64(tags.bodyHash)};`, " ");
  line.newLine();
  line.add("b=");
  return line.text;
}

/** The value with the signature, folded. */
export function writeSigned(unsigned: string, signature: Uint8Array): string {
  const column = INDENT + unsigned.length - unsigned.lastIndexOf(FOLD) - FOLD.length;
  const line = new FoldedText(column);
  line.addPieces(base64(signature));
  return unsigned + line.text;
}

/** Only the local part may be folded, and only if it must. */
function addIdentity(line: FoldedText, identity: string): void {
  const at = identity.lastIndexOf("@");
  const local = `i=${quotedPrintable(identity.slice(0, at))}`;
  const domain = identity.slice(at) + ";";
  if (INDENT + local.length + domain.length <= WIDTH) return line.add(local + domain, " ");
  line.newLine();
  line.addPieces(local);
  line.add(domain);
}

/** Adds words to a text and folds it where a line would get too long. */
class FoldedText {
  text = "";
  #column: number;

  /** @param column where the text begins */
  constructor(column: number) {
    this.#column = column;
  }

  /** Adds a word that stays whole, with `space` before it unless it begins a line. */
  add(word: string, space = ""): void {
    if (this.#column + space.length + word.length > WIDTH && this.#column > INDENT) this.newLine();
    else this.#append(space);
    this.#append(word);
  }

  /** Adds a text that may be folded anywhere. */
  addPieces(text: string): void {
    for (let at = 0; at < text.length;) {
      if (this.#column >= WIDTH) this.newLine();
      const piece = text.slice(at, at + WIDTH - this.#column);
      this.#append(piece);
      at += piece.length;
    }
  }

  newLine(): void {
    this.text += FOLD;
    this.#column = INDENT;
  }

  #append(text: string): void {
    this.text += text;
    this.#column += text.length;
  }
}

/** dkim-quoted-printable (RFC 6376 section 2.11): UTF-8, with everything escaped that has a meaning in a tag list. */
function quotedPrintable(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x3b && byte !== 0x3d;
    encoded += plain ? String.fromCharCode(byte) : "=" + byte.toString(16).toUpperCase().padStart(2, "0");
  }
  return encoded;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
