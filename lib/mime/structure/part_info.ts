/**
 * What the structure of a message says of one part: its place in the tree, and its bytes.
 *
 * @module
 */

import type { DecodedContent } from "../transfer/checkpoints.ts";
import type { PartHeaders } from "./part_headers.ts";

/** How the content of a part is encoded (RFC 2045, 6). `identity` stands for `7bit`, `8bit`, `binary` and none. */
export type TransferEncoding = "identity" | "base64" | "quoted-printable" | "uuencode";

/** What the header of a part says of its content. */
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
 * Positions count bytes from the start of what was read: of the message or, if its header was given apart, of the body. A
 * part inside an encoded message (see {@linkcode PartInfo.container}) has positions in the decoded content of that message.
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
  /** The part that has this one; undefined for the message itself. */
  readonly parent: number | undefined;
  /** How many parts have this one inside. */
  readonly depth: number;
  /**
   * The part with the encoded content (a message in base64, say) that the positions count in; undefined: they count in what
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
  /** Where the next delimiter line of the multipart that has this part starts; {@linkcode bodyEnd} if there is none. */
  readonly end: number;
  /** The header fields. */
  readonly headers: PartHeaders;
  /** What the header says of the content. */
  readonly content: ContentFacts;
  /** The boundary of a multipart that was read as one, as bytes, without the dashes before it; otherwise undefined. */
  readonly boundary: Uint8Array | undefined;
  /** Where the line starts that closes a multipart; undefined if none does. */
  readonly closeStart: number | undefined;
  /** Where the line ends that closes a multipart, after its line end. */
  readonly closeEnd: number | undefined;
  /** Whether the content begins as inline PGP does: `signed`, `encrypted`, or not. */
  readonly inlinePgp: "signed" | "encrypted" | undefined;
  /** What decoding the content gave, if the structure was looked for in it: of an encoded message. */
  readonly decoded: DecodedContent | undefined;
}
