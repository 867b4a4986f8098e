/**
 * Texts that go into one line of SMTP or of a log.
 *
 * @module
 */

/**
 * The maximum number of characters of a text: with its codes, a reply fits a line of SMTP (RFC 5321 section 4.5.3.1.5).
 */
export const LONGEST_TEXT = 480;

/** A text as one line of printable ASCII, cut if it is too long. */
export function asciiLine(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/gu, "?");
  return plain.length > LONGEST_TEXT ? `${plain.slice(0, LONGEST_TEXT - 3)}...` : plain;
}
