/**
 * The labels that filters give to a message.
 *
 * @module
 */

/** The maximum number of characters of a label. */
const LONGEST = 100;
/** The maximum number of labels of a message. */
const MOST = 50;

/** The labels of one message or connection, each once, in the order in which they came. */
export class LabelSet implements Iterable<string> {
  /** Created for the first label: most messages have none. */
  #labels: Set<string> | undefined;

  /** How many there are. */
  get size(): number {
    return this.#labels?.size ?? 0;
  }

  [Symbol.iterator](): Iterator<string> {
    return (this.#labels ?? [])[Symbol.iterator]();
  }

  /**
   * Adds a label, unless there are 50 already.
   *
   * @param text cut after 100 characters; an empty one is left out
   */
  add(text: string): void {
    // The types allow nothing but text, but a filter in JavaScript may give anything.
    const label = String(text).slice(0, LONGEST);
    if (label !== "" && this.size < MOST) (this.#labels ??= new Set()).add(label);
  }
}
