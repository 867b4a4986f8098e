// What opendkim does differently with a message, and why dkim-sign does not do the same.
import type { Outcome } from "./deliver.ts";
import type { Configuration } from "./configurations.ts";
import type { Sender } from "./senders.ts";

/** What both did with a message. */
export interface Difference {
  readonly configuration: Configuration;
  readonly sender: Sender;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

interface Rule {
  readonly rule: string;
  readonly fits: (difference: Difference) => boolean;
}

const isSigned = ({ signatures }: Outcome) => signatures.length > 0;
const isRefused = ({ verdict }: Outcome) => !["accept", "continue"].includes(verdict);
/** Whether it is one of these senders, with whatever way. */
const isOne = ({ sender }: Difference, names: readonly string[]) =>
  names.some((name) => sender.name.startsWith(`${name}, `));
const has = ({ configuration }: Difference, line: RegExp) =>
  configuration.lines.some((each) => line.test(each));
const distinct = ({ signatures }: Outcome) => [...new Set(signatures)].join();

const SEVERAL = [
  "two of two domains in From",
  "a group in From",
  "joe@example.org <x@bank.example>",
];
const UNCERTAIN = ["<@relay.example:joe@example.org>", "joe@[192.0.2.1]", "joe@example.org."];

/** The first that fits counts. */
const RULES: readonly Rule[] = [
  {
    rule: "mail with several From fields is not signed, since mail programs show either; it takes the first",
    fits: ({ sender, ours }) =>
      sender.fields.filter(([name]) => name === "From").length > 1 && !isSigned(ours),
  },
  {
    rule:
      "mail with several domains in From is not signed; it takes the first address, or the one in angle brackets",
    fits: (difference) => isOne(difference, SEVERAL) && !isSigned(difference.ours),
  },
  {
    rule:
      "mail with a From in which readers see different domains is not signed; it takes what its own reader sees",
    fits: (difference) => isOne(difference, UNCERTAIN) && !isSigned(difference.ours),
  },
  {
    rule: "who logged in has a name, the macro auth_authen; it wants auth_type, which may come without one",
    fits: ({ sender: { macros }, ours }) =>
      macros.auth_type !== undefined && macros.auth_authen === undefined && !isSigned(ours),
  },
  {
    rule: "mail to one of not-to and to others is signed; it signs nothing to one of DontSignMailTo",
    fits: (difference) =>
      isOne(difference, ["to it and others"]) && has(difference, /^DontSignMailTo/) &&
      !isSigned(difference.theirs),
  },
  {
    rule:
      "mail of a domain that % does not find in the KeyTable is not signed; it answers with a temporary error",
    fits: ({ configuration, ours, theirs }) =>
      / %$/m.test(configuration.tables?.signing ?? "") && !isSigned(ours) && !isRefused(ours) &&
      isRefused(theirs),
  },
  {
    rule: "a key signs once, however many entries name it; it signs again",
    fits: ({ ours, theirs }) =>
      theirs.signatures.length > ours.signatures.length && distinct(ours) === distinct(theirs),
  },
  {
    rule:
      "every entry that matches signs; it keeps only the first and the last (dkimf_add_signrequest never moves its tail)",
    fits: (difference) =>
      has(difference, /^MultipleSignatures/) && difference.theirs.signatures.length === 2 &&
      difference.theirs.signatures.every((each) => difference.ours.signatures.includes(each)),
  },
];

/** The messages with which they do not do the same, by rule. */
export class Differences {
  readonly unnamed: string[] = [];
  readonly #named = new Map<string, number>();
  #same = 0;
  #signed = 0;

  add(difference: Difference): void {
    const { configuration, sender, ours, theirs } = difference;
    if (theirs.signatures.length > 0) this.#signed++;
    if (isSame(ours, theirs)) {
      this.#same++;
      return;
    }
    const found = RULES.find(({ fits }) => fits(difference))?.rule;
    if (found !== undefined) this.#named.set(found, (this.#named.get(found) ?? 0) + 1);
    else {
      this.unnamed.push(
        `${configuration.name}: ${sender.name}: ours ${textOf(ours)}, theirs ${textOf(theirs)}`,
      );
    }
  }

  /** The rules that explain nothing. */
  get unused(): string[] {
    return RULES.map(({ rule }) => rule).filter((rule) => !this.#named.has(rule));
  }

  report(): string {
    const named = [...this.#named].sort(([, a], [, b]) => b - a).map(([rule, count]) => `  ${count} ${rule}`);
    return [
      `${this.#same} the same, ${this.#signed} signed by opendkim, ${this.unnamed.length} not explained`,
      ...named,
    ].join("\n");
  }
}

function isSame(ours: Outcome, theirs: Outcome): boolean {
  const refuses = ({ verdict }: Outcome) => !["accept", "continue"].includes(verdict);
  return refuses(ours) === refuses(theirs) && ours.signatures.join() === theirs.signatures.join();
}

function textOf({ verdict, signatures }: Outcome): string {
  return `${verdict} ${signatures.join(" and ") || "unsigned"}`;
}
