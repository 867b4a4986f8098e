/**
 * Reports on SPF and iprev for people.
 *
 * @module
 */

import type { KnownEnvelope } from "./envelope.ts";
import type { IprevPart, SpfPart } from "./explain_spf.ts";
import type { Lines } from "../../explanation/lines.ts";
import type { Lookup } from "../../explanation/lookup.ts";
import { lookupText } from "../../explanation/lookup_text.ts";
import { MAX_TERMS, MAX_VOID } from "./spf_problems.ts";
import type { SpfRecordNode, SpfTermNode } from "./spf_nodes.ts";

/** What receivers do with each result (RFC 7208 section 8). */
const CONSEQUENCES: Readonly<Record<NonNullable<SpfPart["result"]>, string>> = {
  pass:
    "A receiver knows that the domain permits the client, and may judge the mail by the domain's reputation.",
  fail:
    "A receiver may reject the mail for that alone; most leave it to DMARC, for which SPF does not count then.",
  softfail: "A receiver should not reject the mail for that alone, but may look at it more closely.",
  neutral: "A receiver must treat the mail as if there were no record.",
  none: "A receiver learns nothing about the client from SPF.",
  temperror: "A receiver may accept the mail, or answer 451 so that the client tries again later.",
  permerror:
    "A receiver may reject the mail; most treat it as if there were no record, so that SPF does not count.",
};

/** From this many networks in a row that do not match, only their number is shown. */
const MIN_COLLAPSED = 4;

/** Reports on SPF. */
export function spfText(spf: SpfPart, { client }: KnownEnvelope, lines: Lines): void {
  lines.addResult(0, "SPF: ", spf.result ?? "not checked", spf.result ? "" : `, since ${spf.skipped}`);
  if (spf.domain !== undefined || spf.identity !== undefined) {
    const name = spf.identity === "helo" ? "the name in HELO" : "the domain of MAIL FROM";
    const against = client === undefined ? "" : `; the client is ${client.value}`;
    lines.add(1, `Checked: ${name}, ${spf.domain ?? "which cannot be checked"}${against}`);
  }
  for (const step of spf.steps) stepText(step, 1, spf, lines);
  if (spf.reason !== undefined) lines.add(1, `Why: ${spf.reason}${deciding(spf)}`);
  if (spf.explanation !== undefined) lines.add(1, `The domain explains: ${lines.quoted(spf.explanation)}`);
  countText(spf, lines);
  for (const problem of spf.problems) lines.add(1, `Problem: ${problem}`, lines.colours.warning);
  if (spf.result !== undefined) lines.add(1, CONSEQUENCES[spf.result]);
}

function deciding({ mechanism, recordDomain, domain }: SpfPart): string {
  if (mechanism === undefined) return "";
  return ` (${mechanism}${
    recordDomain === undefined || recordDomain === domain ? "" : ` of ${recordDomain}`
  })`;
}

function countText({ lookups, cost, result }: SpfPart, lines: Lines): void {
  if (lookups !== undefined && result !== "none") {
    lines.add(
      1,
      `Terms that look up DNS: ${lookups.terms} of ${MAX_TERMS} used, ${MAX_TERMS - lookups.terms} left. ` +
        `Void lookups: ${lookups.void} of ${MAX_VOID}, ${Math.max(0, MAX_VOID - lookups.void)} left. ` +
        `Questions: ${lookups.questions}`,
    );
  }
  if (cost !== undefined && cost.terms !== lookups?.terms) {
    lines.add(
      1,
      `A client that nothing matches takes ${cost.atLeast ? "at least " : ""}${cost.terms} such terms`,
    );
  }
}

function stepText(step: Lookup | SpfRecordNode, depth: number, spf: SpfPart, lines: Lines): void {
  if (step.type === "record") recordText(step, depth, spf, lines);
  else lines.add(depth, lookupText(step, lines), lines.colours.dim);
}

function recordText(
  { text, problem, terms }: SpfRecordNode,
  depth: number,
  spf: SpfPart,
  lines: Lines,
): void {
  lines.add(depth, lines.quoted(text));
  if (problem !== undefined) lines.add(depth + 1, `error: ${problem}`, lines.colours.bad);
  for (let i = 0; i < terms.length; i++) {
    const run = networksFrom(terms, i);
    if (run >= MIN_COLLAPSED) {
      lines.add(
        depth + 1,
        `${run} networks (ip4, ip6): no match: the client is in none of them`,
        lines.colours.dim,
      );
      i += run - 1;
      continue;
    }
    const term = terms[i];
    if (term !== undefined) termText(term, depth + 1, spf, lines);
  }
}

/** How many terms from `start` on are networks that do not match. */
function networksFrom(terms: readonly SpfTermNode[], start: number): number {
  const end = terms.findIndex(({ term, outcome }, i) =>
    i >= start && (outcome !== "no-match" || !/^[-+~?]?ip[46]:/i.test(term))
  );
  return (end < 0 ? terms.length : end) - start;
}

function termText(
  { term, number, outcome, why, needed }: SpfTermNode,
  depth: number,
  spf: SpfPart,
  lines: Lines,
): void {
  const { bad, good, dim } = lines.colours;
  const isRedirect = /^redirect=/i.test(term);
  const words = { match: isRedirect ? "followed" : "match", "no-match": "no match", error: "error" }[outcome];
  const colour = outcome === "error" ? bad : outcome === "match" ? good : dim;
  const count = number === undefined ? "" : ` [${number} of ${MAX_TERMS}]`;
  lines.add(depth, `${term}${count}: ${words}${why === "" ? "" : `: ${why}`}`, colour);
  for (const step of needed) stepText(step, depth + 1, spf, lines);
}

/** Reports on the client's names. */
export function iprevText(iprev: IprevPart, { client }: KnownEnvelope, lines: Lines): void {
  lines.addResult(0, "Name of the client (iprev): ", iprev.result);
  lines.add(
    1,
    `${client?.value ?? "the client"}: ${iprev.name === undefined ? "" : `${iprev.name}, `}${iprev.reason}`,
  );
  for (const lookup of iprev.lookups) lines.add(1, lookupText(lookup, lines), lines.colours.dim);
}
