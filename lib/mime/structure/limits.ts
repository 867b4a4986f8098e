/**
 * How much of a message's structure is read.
 *
 * @module
 */

/**
 * The limits. Mail of real programs stays far below them; beyond one, what is left is a single opaque part, and a problem
 * of the message says so.
 */
export interface MimeLimits {
  /** The most parts, each multipart and the message itself counted. @default 1000 */
  readonly parts: number;
  /** How deep parts may lie inside one another; the message itself has depth 0. @default 50 */
  readonly depth: number;
  /** How many encoded messages may lie inside one another, since each is decoded anew. @default 5 */
  readonly encodedDepth: number;
  /** The most bytes of a part's header, each field counted as 64 more; further fields are skipped. @default 65536 (64 KiB) */
  readonly headerBytes: number;
  /** The most bytes of all part headers together; further fields are skipped. @default 1048576 (1 MiB) */
  readonly allHeaderBytes: number;
}

/** The limits if none are given. */
export const DEFAULT_MIME_LIMITS: MimeLimits = {
  parts: 1000,
  depth: 50,
  encodedDepth: 5,
  headerBytes: 64 * 1024,
  allHeaderBytes: 1024 * 1024,
};

/** The longest boundary that is used, in bytes. RFC 2046 allows 70; longer ones are sent. */
export const LONGEST_BOUNDARY = 250;

/** The longest line that can be a delimiter, in bytes with its line end: the longest that SMTP allows (RFC 5321, 4.5.3.1.6). */
export const LONGEST_DELIMITER = 1000;
