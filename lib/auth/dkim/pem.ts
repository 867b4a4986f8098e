/**
 * Finds PEM blocks (RFC 7468) in a text.
 *
 * @module
 */

/** What is between a line with BEGIN and one with END. */
export interface PemBlock {
  /** Such as `PRIVATE KEY`. */
  readonly label: string;
  /** Base64, after lines such as `Proc-Type:` in old encrypted keys. */
  readonly content: string;
}

const LINE = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----[ \t\r]*$/gm;

/** The blocks of a text, in their order; other text is skipped, and so is a block without its end. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let begun: { readonly label: string; readonly start: number } | undefined;
  for (const { 0: line, 1: what, 2: label = "", index } of text.matchAll(LINE)) {
    if (what === "BEGIN") {
      begun = { label, start: index + line.length };
    } else {
      if (begun?.label === label) blocks.push({ label, content: text.slice(begun.start, index) });
      begun = undefined;
    }
  }
  return blocks;
}
