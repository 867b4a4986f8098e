// What pyspf and Mail::SPF say differently of SPF, with the RFC's words.
import type { SpfResult } from "../../../lib/auth/spf/results.ts";
import { parseIp, reverseName } from "../../../lib/dns/ip_address.ts";
import type { PeerSpfResult } from "../peer.ts";
import type { RandomCase } from "./random_world.ts";

/** Both judgements of a case, and what we asked: `A mail.example.org timeout`. */
export interface Difference extends RandomCase {
  readonly ours: SpfResult;
  readonly theirs: PeerSpfResult;
  readonly asked: readonly string[];
}

/** What another implementation does differently. */
export interface Rule {
  readonly rule: string;
  readonly fits: (difference: Difference) => boolean;
}

const isSyntax = ({ ours }: Difference): boolean =>
  ours.result === "permerror" && !/ (?:lookups had|terms need|hosts)/.test(ours.reason);
const isVoid = (line: string): boolean => / (?:nxdomain|nodata)$/.test(line) && !line.startsWith("TXT ");
const isOutage = (line: string): boolean => / (?:timeout|servfail)$/.test(line);

/**
 * What looking up the client's names can find: others ask for all of them, ours only for what can matter, and pyspf even
 * before it comes to the term or for the explanation.
 */
function clientNames({ zone, query }: RandomCase): { absent: number; outage: boolean } {
  const records = Object.values(zone).flatMap(({ TXT }) =>
    Array.isArray(TXT) ? TXT.map((text) => [text].flat().join("")) : []
  );
  if (!/\bptr\b|%\{p/i.test(records.join())) return { absent: 0, outage: false };
  const type = query.client.includes(":") ? "AAAA" : "A";
  const address = parseIp(query.client);
  const own = zone[address === undefined ? "" : reverseName(address)];
  const names = Array.isArray(own?.PTR) ? own.PTR.map(String) : [];
  const hosts = names.map((name) => zone[name]);
  return {
    // Each term asks anew.
    absent: names.length === 0 || hosts.some((host) => !host?.["*"] && !host?.[type]) ? 3 : 0,
    outage: own?.["*"] !== undefined || hosts.some((host) => host?.["*"] !== undefined),
  };
}

const COUNTS_QUESTIONS: Rule = {
  rule:
    "counts every question without an answer: hosts of an mx, names of the client, one family of a host that has the " +
    "other; section 4.6.4 speaks of terms",
  fits: (difference) =>
    /void.*limit/i.test(difference.theirs.result + difference.theirs.detail) &&
    difference.asked.filter(isVoid).length + clientNames(difference).absent > 2,
};
const TAKES_ZERO: Rule = {
  rule: "takes %{d0}: section 7.3, the number must not be zero",
  fits: ({ ours }) => ours.result === "permerror" && ours.mechanism?.includes("%{d0}") === true,
};
const OUTAGE_OF_HOST: Rule = {
  rule: "an outage for one host of an mx is an error, though another matches; section 5.4 wants any match",
  fits: ({ ours, theirs, asked }) =>
    theirs.result === "temperror" && ours.result !== "temperror" && asked.some((line) =>
      line.startsWith("MX")
    ) &&
    asked.some((line) => /^A/.test(line) && isOutage(line)),
};
const OUTAGE_OF_NAME: Rule = {
  rule:
    "an outage for a name of the client is an error; section 5.5, then ptr does not match, and 7.3, p is unknown",
  fits: (difference) => difference.theirs.result === "temperror" && clientNames(difference).outage,
};
const LAZY_SYNTAX: Rule = {
  rule:
    "looks up before it has seen all of the syntax, and never sees a wrong macro in what it does not expand; section " +
    "4.6 wants the syntax of the record first",
  fits: (difference) =>
    isSyntax(difference) &&
    (difference.theirs.result === "temperror" || difference.ours.mechanism?.includes("%") === true),
};

/** The other implementations. */
export const OTHERS = ["pyspf", "Mail::SPF"] as const;
export type Other = typeof OTHERS[number];

/** Why each of them differs. */
export const RULES: Readonly<Record<Other, readonly Rule[]>> = {
  "pyspf": [
    COUNTS_QUESTIONS,
    TAKES_ZERO,
    OUTAGE_OF_HOST,
    OUTAGE_OF_NAME,
    LAZY_SYNTAX,
    {
      rule: "takes a tab for a space: section 4.6.1, terms are separated by spaces",
      fits: (difference) => isSyntax(difference) && JSON.stringify(difference.zone).includes("\\t"),
    },
    {
      rule:
        "refuses a record that includes itself before it comes to that; section 4.6.4 limits the terms that are evaluated",
      fits: ({ theirs }) => theirs.detail.includes("trivial recursion"),
    },
  ],
  "Mail::SPF": [
    COUNTS_QUESTIONS,
    TAKES_ZERO,
    OUTAGE_OF_HOST,
    OUTAGE_OF_NAME,
    LAZY_SYNTAX,
    {
      rule:
        "does not read what stands behind a mechanism as far as its end; section 4.6 wants all of the syntax",
      fits: (difference) => isSyntax(difference) && /^[^:]*:?\//.test(difference.ours.mechanism ?? ""),
    },
    {
      rule: "ignores hosts of an mx after the tenth: section 4.6.4, more are a permerror",
      fits: ({ ours }) => ours.reason === "the domain of mx has more than 10 hosts",
    },
    {
      rule:
        "takes an explanation with a lone %: section 6.2, with a syntax error it is as if there were none",
      fits: ({ ours, theirs }) => ours.result === theirs.result && theirs.explanation === "100%",
    },
  ],
};

/** Why Mail::SPF differs with Net::DNS as its resolver. */
export const RULES_OF_REAL_DNS: Readonly<Record<Other, readonly Rule[]>> = {
  "pyspf": [],
  "Mail::SPF": [{
    rule:
      "dies of a term with an empty label, x..example; section 4.3, include finds none, and section 5, others do not match",
    fits: ({ theirs }) => theirs.result === "error" && theirs.detail.includes("empty label"),
  }],
};

/** The judgements that differ, by rule. */
export class Differences {
  /** Those that no rule explains, as JSON. */
  readonly unnamed: string[] = [];
  /** How many each rule explains. */
  readonly named = new Map<string, number>();
  /** How often each result was ours. */
  readonly results = new Map<string, number>();
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** The rules that explain nothing. */
  get unused(): string[] {
    return this.#rules.map(({ rule }) => rule).filter((rule) => !this.named.has(rule));
  }

  add(difference: Difference): void {
    const { ours, theirs, zone, query, asked } = difference;
    this.results.set(ours.result, (this.results.get(ours.result) ?? 0) + 1);
    if (ours.result === theirs.result && sameText(ours.explanation ?? "", theirs.explanation)) return;
    const found = this.#rules.find(({ fits }) => fits(difference))?.rule;
    if (found === undefined) this.unnamed.push(JSON.stringify({ ours, theirs, query, zone, asked }));
    else this.named.set(found, (this.named.get(found) ?? 0) + 1);
  }
}

/** Hexadecimal digits of the macro i may be in either case. */
function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
