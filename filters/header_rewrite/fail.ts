/**
 * How the parsers of this filter say that a text is wrong.
 *
 * @module
 */

/** Throws an error about the text at hand; the reason says what is wrong with it and what would be right. */
export type Fail = (reason: string) => never;
