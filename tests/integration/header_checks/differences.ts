/** Differences between Postfix and rules that are known, each with its reason. */
import type { HeaderCase } from "./messages.ts";

/** A reason for differences. */
export interface Reason<D> {
  readonly name: string;
  explains(difference: D): boolean;
}

/** Sorts differences by their reasons. */
export class Differences<D extends { readonly message: HeaderCase }> {
  readonly #reasons: readonly Reason<D>[];
  readonly #found = new Map<string, D[]>();
  readonly #unnamed: D[] = [];
  /** How many were compared. */
  compared = 0;

  /** @param reasons those that are known; the first that explains a difference counts */
  constructor(reasons: readonly Reason<D>[]) {
    this.#reasons = reasons;
  }

  add(difference: D): void {
    const reason = this.#reasons.find((each) => each.explains(difference));
    if (reason === undefined) this.#unnamed.push(difference);
    else this.name(reason.name, difference);
  }

  /** Adds a difference whose reason is known. */
  name(reason: string, difference: D): void {
    this.#found.set(reason, [...this.#found.get(reason) ?? [], difference]);
  }

  /**
   * Those that no reason explains, up to a few.
   *
   * @param say says what one is
   */
  unnamed(say: (difference: D) => string): readonly string[] {
    const said = this.#unnamed.slice(0, 10).map((each) =>
      `${each.message.name}: ${say(each)}`.slice(0, 2000)
    );
    return this.#unnamed.length > 10 ? [...said, `and ${this.#unnamed.length - 10} more`] : said;
  }

  /** A line for each reason, with its messages. */
  report(): string {
    const names = (all: readonly D[]) =>
      [...new Set(all.map(({ message }) => JSON.stringify(message.name)))].join(", ");
    return [
      `${this.compared} compared`,
      ...[...this.#found].map(([name, all]) => `${all.length} ${name}: ${names(all)}`),
    ].join("\n");
  }
}
