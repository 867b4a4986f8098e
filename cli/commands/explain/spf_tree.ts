/**
 * Puts the steps of a check of SPF in the order in which a person would read them: each record with its terms, each term
 * with the lookups and records that it needed.
 *
 * @module
 */

import { type Mechanism, parseSpfRecord, type SpfRecord } from "../../../lib/auth/spf/record.ts";
import type { SpfResult, SpfStep } from "../../../lib/auth/spf/results.ts";
import type { Lookup } from "../../explanation/lookup.ts";
import type { SpfRecordNode, SpfTermNode } from "./spf_nodes.ts";
import { whyOf } from "./spf_reasons.ts";

/** A record whose terms are being evaluated. */
interface Open {
  readonly node: SpfRecordNode;
  readonly parsed: SpfRecord | undefined;
  ended: number;
  /** The term that is being evaluated, once it needed something. */
  current: SpfTermNode | undefined;
  /** Whether a term matched, so that no other is evaluated. */
  decided: boolean;
}

const NEEDS_DNS = /^[-+~?]?(?:include|a|mx|ptr|exists)(?:[:/]|$)|^redirect=/i;

/** Builds the tree from steps. */
export class SpfTree {
  /** What the check needed first: the lookup of the record, and the record. */
  readonly roots: (Lookup | SpfRecordNode)[] = [];
  /** Lookups for the explanation of the domain. */
  readonly afterwards: Lookup[] = [];
  readonly #client: string;
  readonly #find: (type: Lookup["type"], name: string) => Lookup | undefined;
  readonly #open: Open[] = [];
  #numbers = 0;

  /**
   * @param client the client's address
   * @param find returns the records of a lookup
   */
  constructor(client: string, find: (type: Lookup["type"], name: string) => Lookup | undefined) {
    this.#client = client;
    this.#find = find;
  }

  /** Takes a step. */
  add(step: SpfStep): void {
    if (step.type === "lookup") this.#addLookup(step);
    else if (step.type === "record") this.#addRecord(step);
    else this.#endTerm(step);
  }

  /** Takes the result, which says where the check ended if that was an error. */
  finish({ result, reason, mechanism, recordDomain }: SpfResult): void {
    if (result !== "permerror" && result !== "temperror") return;
    const open = this.#open.at(-1);
    if (open === undefined) return;
    if (open.parsed === undefined) {
      open.node.problem = mechanism === undefined ? reason : `${mechanism}: ${reason}`;
    } else {
      const term = open.current?.term ?? (open.node.domain === recordDomain ? mechanism : undefined);
      if (term !== undefined) this.#fail(open, term, reason);
    }
    for (const outer of this.#open.slice(0, -1)) {
      if (outer.current) this.#fail(outer, outer.current.term, "the check ended within it");
    }
  }

  #fail(open: Open, term: string, reason: string): void {
    const node = this.#currentOf(open, term, false);
    node.outcome = "error";
    node.why = reason;
  }

  #addLookup({ recordType, name, status }: SpfStep & { type: "lookup" }): void {
    const { records = [] } = this.#find(recordType, name) ?? {};
    const node: Lookup = { type: recordType, name, status, records };
    const open = this.#open.at(-1);
    if (open === undefined) this.roots.push(node);
    else if (open.decided) this.afterwards.push(node);
    else this.#currentOf(open).needed.push(node);
  }

  #addRecord({ depth, domain, text }: SpfStep & { type: "record" }): void {
    const parsed = parseSpfRecord(text);
    const node: SpfRecordNode = { type: "record", domain, text, terms: [] };
    const isProblem = "problem" in parsed;
    const before = this.#open[depth];
    const isSecond = before !== undefined && before.node.domain === domain && before.ended === 0 &&
      before.current === undefined;
    const holder = before !== undefined && !isSecond ? before : this.#open[depth - 1];
    (holder === undefined ? this.roots : this.#currentOf(holder).needed).push(node);
    this.#open.length = depth;
    this.#open.push({
      node,
      parsed: isProblem || isSecond ? undefined : parsed,
      ended: 0,
      current: undefined,
      decided: false,
    });
  }

  #endTerm({ depth, term, matched }: SpfStep & { type: "term" }): void {
    const open = this.#open[depth];
    if (open === undefined) return;
    this.#open.length = depth + 1;
    const node = this.#currentOf(open, term);
    node.outcome = matched ? "match" : "no-match";
    node.why = whyOf({
      node,
      mechanism: this.#mechanism(open),
      client: this.#client,
      domain: open.node.domain,
    });
    // What comes next belongs to the redirect.
    if (/^redirect=/i.test(term)) return;
    open.ended++;
    open.current = undefined;
    open.decided = matched;
  }

  #mechanism({ parsed, ended }: Open): Mechanism | undefined {
    return parsed?.mechanisms[ended];
  }

  /** The term that is being evaluated. */
  #currentOf(open: Open, term?: string, counted: boolean = true): SpfTermNode {
    if (open.current) return open.current;
    const text = term ?? this.#mechanism(open)?.text ?? open.parsed?.redirectText ?? "";
    const number = counted && NEEDS_DNS.test(text) ? ++this.#numbers : undefined;
    const node: SpfTermNode = { term: text, number, outcome: "no-match", why: "", needed: [] };
    open.node.terms.push(node);
    return open.current = node;
  }
}
