/**
 * What is wrong with the structure of a message. Nothing is thrown: each problem says how the part was read instead.
 *
 * @module
 */

/** The kinds of problems, each with what was done about it. */
export const MIME_PROBLEMS = {
  "too-many-parts": "there are too many parts: the rest of the message is one part",
  "too-deep": "parts are nested too deeply: what is inside this one was not read",
  "header-too-long": "the header is too long: its last fields were skipped",
  "no-header-end": "no empty line ends the header: the content starts at the first line that is no field",
  "stray-line": "the header starts with a continuation line, which was skipped",
  "repeated-field": "a field that may be there once is there again: the first one counts",
  "repeated-boundary":
    "Content-Type names several boundaries: the first in the form of RFC 2231 counts, or else the first",
  "header-cr": "a CR without LF stands in the header: it was taken for a part of its field",
  "bad-type": "Content-Type cannot be read: the content is taken for text",
  "no-boundary": "the multipart has no usable boundary: what is inside was not read",
  "not-closed": "no line closes the multipart: it ends where what is around it ends",
  "no-parts": "the multipart has no part",
  "parts-after-close": "parts follow the line that closes the multipart: they were read too",
  "bare-cr": "a line that looks like a delimiter stands after a CR without LF: it was taken for content",
  "unknown-encoding": "Content-Transfer-Encoding is unknown: the content was taken as it is",
  "encoded-multipart": "the multipart is encoded as a whole, which RFC 2045 forbids",
  "encoded-message": "the message inside is encoded as a whole, which RFC 2046 forbids: it was decoded",
} as const;

/** The kind of a problem. */
export type MimeProblemCode = keyof typeof MIME_PROBLEMS;

/** Something that is wrong with a part. */
export interface MimeProblem {
  /** Its kind, for programs. */
  readonly code: MimeProblemCode;
  /** The index of the part. */
  readonly part: number;
  /** What is wrong and what was done, one line for people. */
  readonly message: string;
}
