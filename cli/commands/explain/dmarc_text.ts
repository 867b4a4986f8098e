/**
 * Reports on DMARC for people.
 *
 * @module
 */

import type { DmarcRecord } from "../../../lib/auth/dmarc/record.ts";
import type { AuthorPart, DmarcPart, IdentifierPart, WalkStep } from "./explain_dmarc.ts";
import type { Lines } from "../../explanation/lines.ts";

/** The most From fields that are shown; one is allowed. */
const MAX_SHOWN = 5;

/** Reports on DMARC. */
export function dmarcText(dmarc: DmarcPart, from: readonly string[] | undefined, lines: Lines): void {
  lines.addResult(0, "DMARC: ", dmarc.result, dmarc.result === "permerror" ? `, ${dmarc.reason}` : "");
  for (const value of from?.slice(0, MAX_SHOWN) ?? []) {
    lines.add(1, `From: ${lines.cut(value.replace(/\r?\n[ \t]+/g, " "))}`);
  }
  for (const author of dmarc.authors) authorText(author, dmarc.authors.length > 1, lines);
  if (dmarc.authors.length > 1) {
    lines.add(1, `From names ${dmarc.authors.length} domains; ${dmarc.domain} decides: ${dmarc.result}`);
  }
  lines.add(1, consequenceOf(dmarc));
}

function authorText(author: AuthorPart, isOneOfSeveral: boolean, lines: Lines): void {
  const { domain, result, reason, organizationalDomain } = author;
  const depth = isOneOfSeveral ? 2 : 1;
  if (isOneOfSeveral) lines.addResult(1, `${domain}: `, result);
  lines.add(depth, `The author's domain is ${domain}; names asked for its record and those above it:`);
  for (const step of author.walk) walkText(step, depth + 1, lines);
  const isOwn = organizationalDomain === domain ? ", the author's domain itself" : "";
  lines.add(
    depth,
    `Organizational domain: ${organizationalDomain ?? "not known, since a lookup failed"}${isOwn}`,
  );
  lines.add(depth, recordUsed(author));
  // Often several signatures have one domain and one result.
  const shown = new Map(author.identifiers.map((identifier) => [JSON.stringify(identifier), identifier]));
  for (const identifier of shown.values()) identifierText(identifier, author, depth, lines);
  if (author.identifiers.length === 0) lines.add(depth, "Neither SPF nor DKIM has a result to compare");
  for (const problem of author.problems) lines.add(depth, `Problem: ${problem}`, lines.colours.warning);
  const policy = policyText(author);
  if (policy !== undefined) lines.add(depth, policy);
  if (result === "none" || result === "temperror") lines.add(depth, `Why: ${reason}`);
}

function walkText({ name, outcome, detail, records }: WalkStep, depth: number, lines: Lines): void {
  const colour = outcome === "record"
    ? lines.colours.good
    : outcome === "none"
    ? lines.colours.dim
    : lines.colours.warning;
  lines.add(depth, `${name}: ${detail}`, colour);
  if (outcome === "none") return;
  for (const record of records.filter((text) => /^\s*v\s*=\s*DMARC1/i.test(text))) {
    lines.add(depth + 1, lines.quoted(record), lines.colours.dim);
  }
}

function recordUsed({ recordDomain, recordOf, result }: AuthorPart): string {
  if (recordDomain === undefined) {
    return result === "temperror" ? "Which record applies is not known" : "There is no record that applies";
  }
  const whose = {
    own: "the author's domain",
    organizational: "the organizational domain",
    psd: "the public suffix",
  }[recordOf ?? "own"];
  return `The record that applies is that of ${whose}, ${recordDomain}`;
}

function identifierText(
  identifier: IdentifierPart,
  { record }: AuthorPart,
  depth: number,
  lines: Lines,
): void {
  const { method, result, domain, state, why } = identifier;
  const { good, bad, warning } = lines.colours;
  const colour = state === "aligned" ? good : state === "unknown" ? warning : bad;
  const counts = countsOf(identifier, record !== undefined);
  lines.add(
    depth,
    `${method.toUpperCase()} for ${domain ?? "no domain"}: ${result}, ${counts}; ${why}`,
    colour,
  );
}

function countsOf({ result, state, aligned }: IdentifierPart, hasRecord: boolean): string {
  if (state === "aligned") return "which counts";
  if (result !== "pass" && result !== "temperror") return "so it does not count";
  if (aligned === false) return "which does not count";
  return hasRecord || result === "temperror" ? "which may count" : "which would count if there were a record";
}

function policyText(
  { record, recordDomain, domain, policy, policyTag, testing }: AuthorPart,
): string | undefined {
  if (record === undefined) return undefined;
  const replaced = record.replaced === undefined
    ? ""
    : ` (instead of what it says, since ${record.replaced})`;
  const published = `Policy published: ${tagsOf(record)}${replaced}`;
  if (policy === undefined || policyTag === undefined) return `${published}; none applies`;
  const why = {
    p: recordDomain === domain
      ? "p= is for the domain of the record"
      : "p= is also for subdomains, without sp=",
    sp: `sp= is for subdomains, and ${domain} is one`,
    np: `np= is for subdomains that do not exist, and ${domain} is one`,
  }[policyTag];
  const milder = testing ? "; t=y makes it a step milder" : "";
  return `${published}. For ${domain} it is ${policy}: ${why}${milder}`;
}

function tagsOf({ p, sp, np, adkim, aspf, testing, psd }: DmarcRecord): string {
  return [
    `p=${p}`,
    ...(sp === undefined ? [] : [`sp=${sp}`]),
    ...(np === undefined ? [] : [`np=${np}`]),
    ...(adkim === "s" ? ["adkim=s"] : []),
    ...(aspf === "s" ? ["aspf=s"] : []),
    ...(testing ? ["t=y"] : []),
    ...(psd === "u" ? [] : [`psd=${psd}`]),
  ].join("; ");
}

function consequenceOf({ result, policy }: DmarcPart): string {
  switch (result) {
    case "pass":
      return "A receiver knows that the domain in From stands behind the message.";
    case "fail":
      if (policy === "reject") return "A receiver that follows the policy rejects the message.";
      if (policy === "quarantine") {
        return "A receiver that follows the policy puts the message into the spam folder.";
      }
      if (policy === "none") {
        return "A receiver delivers the message as without DMARC, and may report it to the domain.";
      }
      return "A receiver applies no policy.";
    case "none":
      return "A receiver judges the message without DMARC: anyone can write this From.";
    case "temperror":
      return "A receiver applies no policy; it may answer 451, so that the client tries again later.";
    case "permerror":
      return "A receiver applies no policy, and may well reject such a message.";
  }
}
