/** Differences between Postfix and rules that are known, each with its reason. */

/** Something that Postfix and rules say differently. */
export interface Difference {
  /** The message. */
  readonly name: string;
  /** The fields that they differ in, as they were sent; empty if the difference is not one of fields. */
  readonly fields: readonly string[];
  /** What each says. */
  readonly postfix: string;
  readonly ours: string;
}

/** A reason for differences. */
export interface Reason {
  readonly name: string;
  explains(difference: Difference): boolean;
}

/** Those of one field. */
export const FIELD_REASONS: readonly Reason[] = [
  {
    name: "folded: Postfix has a line break where rules have one line",
    explains: ({ fields }) => fields.every((field) => field.includes("\n")),
  },
  {
    name: "no space: rules have a space behind every colon",
    explains: ({ fields }) => fields.every((field) => /^[!-9;-~]+:(?! )/.test(field)),
  },
  {
    name: "characters: Postfix counts bytes, rules count characters",
    // deno-lint-ignore no-control-regex -- what is not ASCII is looked for
    explains: ({ fields }) => fields.every((field) => /[^\x00-\x7f]/.test(field)),
  },
];

/** Sorts differences by their reasons. */
export class Differences {
  readonly #reasons: readonly Reason[];
  readonly #found = new Map<string, Difference[]>();
  /** Those that no reason explains. */
  readonly unnamed: Difference[] = [];
  /** How many were compared. */
  compared = 0;

  constructor(reasons: readonly Reason[]) {
    this.#reasons = reasons;
  }

  /** The reasons that explained nothing. */
  get unused(): readonly string[] {
    return this.#reasons.map(({ name }) => name).filter((name) => !this.#found.has(name));
  }

  add(difference: Difference): void {
    const reason = this.#reasons.find((each) => each.explains(difference));
    if (reason === undefined) this.unnamed.push(difference);
    else this.#found.set(reason.name, [...this.#found.get(reason.name) ?? [], difference]);
  }

  /** A line for each reason, with its messages. */
  report(): string {
    return [
      `${this.compared} compared`,
      ...[...this.#found].map(([name, all]) =>
        `${all.length} ${name}: ${all.map((each) => each.name).join("; ")}`
      ),
    ].join("\n");
  }
}
