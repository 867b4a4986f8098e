/**
 * How much of a message's structure is read.
 *
 * @module
 */

/**
 * The limits. Real mail stays far below them; beyond a limit, the rest is a single opaque part, and the message has a
 * problem that says so.
 */
export interface MimeLimits {
  /** The maximum number of parts, including multiparts and the message itself. @default 1000 */
  readonly parts: number;
  /** How deep parts may be nested; the message itself has depth 0. @default 50 */
  readonly depth: number;
  /** How deep encoded messages may be nested, since each level is decoded again. @default 5 */
  readonly encodedDepth: number;
  /**
   * The maximum number of bytes of a part's header, each field counted as 64 more; further fields are skipped. @default
   * 65536 (64 KiB)
   */
  readonly headerBytes: number;
  /** The maximum number of bytes of all part headers together; further fields are skipped. @default 1048576 (1 MiB) */
  readonly allHeaderBytes: number;
}

/** The default limits. */
export const DEFAULT_MIME_LIMITS: MimeLimits = {
  parts: 1000,
  depth: 50,
  encodedDepth: 5,
  headerBytes: 64 * 1024,
  allHeaderBytes: 1024 * 1024,
};

/** The longest boundary that is accepted, in bytes. RFC 2046 allows 70; longer ones occur. */
export const LONGEST_BOUNDARY = 250;

/** The longest line that can be a delimiter, in bytes with its line end: the longest that SMTP allows (RFC 5321, 4.5.3.1.6). */
export const LONGEST_DELIMITER = 1000;
