// What opendmarc and Mail::DMARC, which follow RFC 7489, say differently of a message, with the words of RFC 9989.
import type { DmarcResult } from "../../../lib/auth/dmarc/results.ts";
import type { DmarcOutcome } from "../peer.ts";
import type { MessageCase } from "./random_messages.ts";

export const OTHERS = ["opendmarc", "Mail::DMARC"] as const;
export type Other = typeof OTHERS[number];

/** Both judgements of a message. */
export interface DmarcDifference {
  readonly message: MessageCase;
  readonly ours: DmarcResult;
  readonly theirs: DmarcOutcome;
}

interface Rule {
  readonly other?: Other;
  readonly rule: string;
  readonly fits: (difference: DmarcDifference) => boolean;
}

/** The texts that the walk from a domain may find, one list for each name. */
function textsAbove(domain: string, { records }: MessageCase): (readonly string[])[] {
  return Object.entries(records).filter(([name]) => domain === name || domain.endsWith(`.${name}`))
    .map(([, texts]) => texts);
}

/** Whether a record that matters for the message is like that. */
function some({ message }: DmarcDifference, isLike: (texts: readonly string[]) => boolean): boolean {
  const domains = [message.author, ...passed(message)];
  return domains.some((domain) => textsAbove(domain, message).some(isLike));
}

/** The domains that passed. */
function passed({ spf, dkim }: MessageCase): string[] {
  return [...(spf ? [spf] : []), ...dkim].filter(({ result }) => result === "pass").map(({ domain }) =>
    domain
  );
}

const records = (texts: readonly string[]): readonly string[] => texts.filter((text) => /dmarc1/i.test(text));
const isWithoutPolicy = (texts: readonly string[]) =>
  texts.some((text) => text.startsWith("v=DMARC1") && !/[ ;]p=(?:none|quarantine|reject)/.test(text));

const RULES: readonly Rule[] = [
  {
    rule: "section 4.10, of several records at a name all are discarded; it takes one, or ends there",
    fits: (difference) => some(difference, (texts) => records(texts).length > 1),
  },
  {
    rule: "section 4.7, v is the first tag and its value DMARC1 in this case; it takes any",
    fits: (difference) => some(difference, (texts) => texts.some((text) => /^p=|^v=dmarc1/.test(text))),
  },
  {
    rule: "section 4.7, t=y makes the policy a step milder; it does not know t",
    fits: ({ ours, theirs }) => ours.testing && ours.result === "fail" && theirs.result === "fail",
  },
  {
    rule: "section 4.7, np is for a domain that does not exist; it does not know np",
    fits: ({ ours, theirs }) => ours.policyTag === "np" && ours.result === "fail" && theirs.result === "fail",
  },
  {
    rule: "section 4.10.2, psd=n makes an organizational domain; it does not know psd",
    fits: (difference) => some(difference, (texts) => texts.some((text) => /psd=n/.test(text))),
  },
  {
    rule: "section 4.10.2, without a record at the registered domain the one below it with a record is the " +
      "organizational domain; it has the public suffix list",
    fits: ({ message, ours }) =>
      ours.organizationalDomain !== undefined && ours.organizationalDomain !== message.organization,
  },
  {
    rule: "section 4.10.2, a public suffix is not within the organizational domain; it takes it for aligned",
    other: "opendmarc",
    fits: ({ message, ours, theirs }) =>
      ours.result === "fail" && theirs.result === "pass" &&
      passed(message).some((domain) => domain === "com" || domain === "co.uk"),
  },
  {
    rule: "section 3.2.10.2, strict wants the same domain; it also takes some others of the organization",
    other: "opendmarc",
    fits: ({ ours, theirs }) =>
      ours.result === "fail" && theirs.result === "pass" &&
      (ours.record?.adkim === "s" || ours.record?.aspf === "s"),
  },
  {
    rule:
      "section 4.10, texts that are no DMARC record are discarded; it takes the first text for the record",
    other: "opendmarc",
    fits: ({ message, ours, theirs }) =>
      theirs.result !== "pass" && message.records[ours.recordDomain ?? ""]?.[0] === "v=spf1 -all",
  },
  {
    rule: "section 4.10.1, a record without a valid p is none, or with a valid rua p=none; it says permerror",
    other: "opendmarc",
    fits: (difference) => difference.theirs.result === "permerror" && some(difference, isWithoutPolicy),
  },
  {
    rule: "section 4.10.1, a record without a valid p is none, or with a valid rua p=none; it says fail",
    other: "Mail::DMARC",
    fits: (difference) => difference.theirs.result === "fail" && some(difference, isWithoutPolicy),
  },
];

/** The judgements that differ, by rule. */
export class DmarcDifferences {
  readonly unnamed: string[] = [];
  readonly #named = new Map<string, number>();
  readonly #outcomes = new Map<string, number>();
  #same = 0;

  add(other: Other, difference: DmarcDifference): void {
    const { ours, theirs, message } = difference;
    const policy = ours.result === "fail" ? ours.policy ?? "none" : "none";
    const outcome = `${ours.result}/${policy}`;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    if (ours.result === theirs.result && policy === theirs.policy) {
      this.#same++;
      return;
    }
    const found = rulesOf(other).find(({ fits }) => fits(difference))?.rule;
    if (found !== undefined) this.#named.set(found, (this.#named.get(found) ?? 0) + 1);
    else this.unnamed.push(JSON.stringify({ ours: outcome, reason: ours.reason, theirs, message }));
  }

  /** The rules that explain nothing. */
  unused(other: Other): string[] {
    return rulesOf(other).map(({ rule }) => rule).filter((rule) => !this.#named.has(rule));
  }

  report(): string {
    const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort(([, a], [, b]) => b - a);
    const outcomes = sorted(this.#outcomes).map(([outcome, count]) => `${outcome} ${count}`).join(", ");
    const lines = sorted(this.#named).map(([rule, count]) => `  ${count} ${rule}`);
    return [`${outcomes}; ${this.#same} the same, ${this.unnamed.length} not explained`, ...lines].join("\n");
  }
}

function rulesOf(other: Other): readonly Rule[] {
  return RULES.filter((rule) => rule.other === undefined || rule.other === other);
}
