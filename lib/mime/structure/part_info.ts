/**
 * One part in the structure of a message: its place in the tree, and its positions.
 *
 * @module
 */

import type { DecodedContent } from "../transfer/checkpoints.ts";
import type { PartHeaders } from "./part_headers.ts";

/** How the content of a part is encoded (RFC 2045, 6). `identity` stands for `7bit`, `8bit`, `binary` and none. */
export type TransferEncoding = "identity" | "base64" | "quoted-printable" | "uuencode";

/** What the header of a part says about its content. */
export interface ContentFacts {
  /** The media type in lower case, such as `text/plain`; the default of RFC 2045 or 2046 if there is no usable one. */
  readonly type: string;
  /** The parameters of Content-Type, decoded; names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** How the content is encoded. */
  readonly encoding: TransferEncoding;
}

/**
 * One part of a message, with its positions.
 *
 * Positions count bytes from the start of what was read: the message or, if its header was given separately, the body.
 * A part inside an encoded message (see {@linkcode PartInfo.container}) has positions in the decoded content of that
 * message.
 *
 *     delimiterStart  --boundary CRLF
 *     headerStart     Content-Type: text/plain CRLF
 *     headerEnd       CRLF
 *     bodyStart       the content
 *     bodyEnd         CRLF
 *     end             --boundary CRLF
 */
export interface PartInfo {
  /** Its place in document order; 0 is the message itself. */
  readonly index: number;
  /** The part that contains this one; undefined for the message itself. */
  readonly parent: number | undefined;
  /** How many parts enclose this one. */
  readonly depth: number;
  /**
   * The part in whose decoded content (a message in base64, for example) the positions are; undefined: they are in what
   * was read.
   */
  readonly container: number | undefined;
  /** Where the delimiter line before the part starts; {@linkcode headerStart} if there is none. */
  readonly delimiterStart: number;
  /** Where the header starts. */
  readonly headerStart: number;
  /** Where the header ends, after its last line; equal to {@linkcode bodyStart} if no empty line follows. */
  readonly headerEnd: number;
  /** Where the content starts. */
  readonly bodyStart: number;
  /** Where the content ends, before the line end that belongs to the next delimiter. */
  readonly bodyEnd: number;
  /**
   * Where the next delimiter line of the multipart that contains this part starts; {@linkcode bodyEnd} if there is
   * none.
   */
  readonly end: number;
  /** The header fields. */
  readonly headers: PartHeaders;
  /** What the header says about the content. */
  readonly content: ContentFacts;
  /** The boundary of a multipart that was read as one, as bytes, without the dashes before it; otherwise undefined. */
  readonly boundary: Uint8Array | undefined;
  /** Where the closing delimiter line of a multipart starts; undefined if there is none. */
  readonly closeStart: number | undefined;
  /** Where the closing delimiter line of a multipart ends, after its line end. */
  readonly closeEnd: number | undefined;
  /** The kind of inline PGP that the content begins with, if any: `signed` or `encrypted`. */
  readonly inlinePgp: "signed" | "encrypted" | undefined;
  /** The result of decoding the content, if it was parsed: that of an encoded message. */
  readonly decoded: DecodedContent | undefined;
}
