/**
 * Walks from a domain up the tree of names for DMARC records, and finds its organizational domain (RFC 9989 section 4.10).
 *
 * @module
 */
import type { TxtAnswer, TxtResolver } from "../../dns/resolver.ts";
import { type DmarcRecord, parseDmarcRecord, type UnusableDmarcRecord } from "./record.ts";

/** A name with more labels is cut to 7 after the first query, so that there are never more than 8. */
const KEPT_LABELS = 7;
const PREFIX = "_dmarc.";
/** The longest name that can have a record: RFC 1035 section 2.3.4 allows 253 characters. */
const MAX_DOMAIN_LENGTH = 253 - PREFIX.length;

/** A query of a walk, and its outcome. */
export interface DmarcWalkStep {
  /** The domain that the record is for. */
  readonly domain: string;
  /** The name that was queried, `_dmarc.` and the domain. */
  readonly name: string;
  /**
   * - `record`: there is one DMARC record
   * - `unusable`: there is one, without a valid policy
   * - `none`: there is none
   * - `several`: there are several, so they are discarded
   * - `failed`: it is not known, since the lookup failed
   */
  readonly outcome: "record" | "unusable" | "none" | "several" | "failed";
  /** The record, of `record` and `unusable`. */
  readonly record?: DmarcRecord | UnusableDmarcRecord;
  /** The outcome in a short clause, without bytes from the network. */
  readonly detail: string;
}

/** A walk from a domain. */
export interface DmarcWalk {
  /** Where it began, in lower case ASCII. */
  readonly domain: string;
  /** The queries that the walk needs, in order: 1 to 8. A record with psd=n or psd=y is the last. */
  readonly steps: readonly DmarcWalkStep[];
  /** The organizational domain; undefined if a failed lookup could have changed it. */
  readonly organizationalDomain: string | undefined;
}

/**
 * The domains that a walk queries, in order: `domain` and those above it, at most 8.
 *
 * @param domain in lower case ASCII without the final dot
 */
export function walkedDomains(domain: string): readonly string[] {
  const labels = domain.split(".");
  const domains = [domain];
  for (let i = Math.max(1, labels.length - KEPT_LABELS); i < labels.length; i++) {
    domains.push(labels.slice(i).join("."));
  }
  return domains;
}

/** The answer for a name; undefined if there will be none. */
type Answer = TxtAnswer | undefined;

/** The walks for one message: each name is queried once, and each domain is walked once. */
export class DmarcTreeWalker {
  readonly #resolver: TxtResolver;
  readonly #signal: AbortSignal | undefined;
  readonly #answers = new Map<string, Answer | Promise<Answer>>();
  readonly #walks = new Map<string, Promise<DmarcWalk>>();

  /**
   * Makes a walker for one message.
   *
   * @param resolver looks up the records; its deadline applies
   * @param signal aborts the lookups, which then count as failed
   */
  constructor(resolver: TxtResolver, signal: AbortSignal | undefined) {
    this.#resolver = resolver;
    this.#signal = signal;
  }

  /**
   * Walks from a domain. All queries are sent at once, so that a walk takes one round trip; answers beyond the end of
   * the walk are not waited for.
   *
   * @param domain in lower case ASCII without the final dot
   */
  walk(domain: string): Promise<DmarcWalk> {
    let walk = this.#walks.get(domain);
    if (walk === undefined) this.#walks.set(domain, walk = this.#walk(domain));
    return walk;
  }

  /**
   * Whether a domain exists: only NXDOMAIN says that it does not (RFC 9989 section 3.2.13).
   *
   * @returns undefined if the lookup failed
   */
  async exists(domain: string): Promise<boolean | undefined> {
    // Nothing exists below a name that does not exist (RFC 8020), so this answer, which is there, often settles it.
    const below = domain.length > MAX_DOMAIN_LENGTH ? undefined : await this.#answer(PREFIX + domain);
    if (below?.status === "found" || below?.status === "nodata") return true;
    const answer = await this.#answer(domain);
    if (answer?.status === "nxdomain") return false;
    return answer?.status === "found" || answer?.status === "nodata" ? true : undefined;
  }

  async #walk(domain: string): Promise<DmarcWalk> {
    const pending = walkedDomains(domain).map((walked) => this.#step(walked));
    // Those beyond the end of the walk are not awaited.
    for (const step of pending) if (step instanceof Promise) step.catch(() => {});
    const steps: DmarcWalkStep[] = [];
    for (const step of pending) {
      const taken = step instanceof Promise ? await step : step;
      steps.push(taken);
      if (taken.record !== undefined && taken.record.psd !== "u") break;
    }
    return { domain, steps, organizationalDomain: organizationalDomainOf(domain, steps) };
  }

  #step(domain: string): DmarcWalkStep | Promise<DmarcWalkStep> {
    const name = PREFIX + domain;
    if (domain.length > MAX_DOMAIN_LENGTH) {
      return { domain, name, outcome: "none", detail: "no record, the name would be too long" };
    }
    const answer = this.#answer(name);
    return answer instanceof Promise
      ? answer.then((later) => stepOf(domain, name, later))
      : stepOf(domain, name, answer);
  }

  #answer(name: string): Answer | Promise<Answer> {
    let answer = this.#answers.get(name);
    if (answer === undefined) {
      answer = this.#resolver.cached?.("TXT", name) ?? this.#ask(name);
      this.#answers.set(name, answer);
    }
    return answer;
  }

  async #ask(name: string): Promise<Answer> {
    try {
      return await this.#resolver.resolveTxt(name, this.#signal);
    } catch {
      return undefined; // aborted, or the resolver failed: in both cases nothing is known
    }
  }
}

function stepOf(domain: string, name: string, answer: Answer): DmarcWalkStep {
  const { outcome, record, detail } = outcomeOf(answer);
  return record === undefined ? { domain, name, outcome, detail } : { domain, name, outcome, record, detail };
}

/**
 * The domains that can be the organizational domain of the walk's domain, as far as its answers tell: exactly one if none
 * of them failed.
 */
export function possibleOrganizationalDomains(walk: DmarcWalk): readonly string[] {
  if (walk.organizationalDomain !== undefined) return [walk.organizationalDomain];
  const known = walk.steps.filter(({ outcome }) => outcome !== "failed");
  const failed = walk.steps.filter(({ outcome }) => outcome === "failed");
  const possible = failed.flatMap(({ domain }) => [domain, oneLabelBelow(domain, walk.domain)]);
  return [...new Set([selectedFrom(walk.domain, known), ...possible])];
}

function organizationalDomainOf(domain: string, steps: readonly DmarcWalkStep[]): string | undefined {
  return steps.some(({ outcome }) => outcome === "failed") ? undefined : selectedFrom(domain, steps);
}

/** RFC 9989 section 4.10.2. A psd tag, if there is one, is in the last step, since it ends the walk. */
function selectedFrom(domain: string, steps: readonly DmarcWalkStep[]): string {
  const last = steps.findLast(({ record }) => record !== undefined);
  if (last === undefined) return domain;
  return last.record?.psd === "y" ? oneLabelBelow(last.domain, domain) : last.domain;
}

/** The domain one label below `parent` on the way to `domain`; `domain` if the two are the same. */
function oneLabelBelow(parent: string, domain: string): string {
  if (domain === parent) return domain;
  const above = domain.slice(0, -(parent.length + 1));
  return `${above.slice(above.lastIndexOf(".") + 1)}.${parent}`;
}

type StepOutcome = Omit<DmarcWalkStep, "domain" | "name">;

/** Parsed answers, kept as long as the resolver keeps the answers. */
const outcomes = new WeakMap<TxtAnswer, StepOutcome>();

function outcomeOf(answer: Answer): StepOutcome {
  if (answer === undefined) return { outcome: "failed", detail: "the lookup was given up" };
  let outcome = outcomes.get(answer);
  if (outcome === undefined) outcomes.set(answer, outcome = parsedOutcome(answer));
  return outcome;
}

function parsedOutcome(answer: TxtAnswer): StepOutcome {
  if (answer.status === "nxdomain" || answer.status === "nodata") {
    return { outcome: "none", detail: `no record (${answer.status})` };
  }
  if (answer.status !== "found") return { outcome: "failed", detail: `the lookup failed (${answer.status})` };
  const records = answer.records.map(parseDmarcRecord).filter((record) => record.kind !== "foreign");
  const [record] = records;
  if (record === undefined) return { outcome: "none", detail: "no record of DMARC among those that exist" };
  if (records.length > 1) {
    return { outcome: "several", detail: `${records.length} records of DMARC, so none of them counts` };
  }
  return record.kind === "unusable"
    ? { outcome: "unusable", record, detail: `a record without a policy: ${record.problem}` }
    : { outcome: "record", record, detail: describe(record) };
}

/** The policy that a record publishes, in its own syntax. */
function describe(record: DmarcRecord): string {
  const tags = [`p=${record.p}`];
  if (record.sp !== undefined) tags.push(`sp=${record.sp}`);
  if (record.np !== undefined) tags.push(`np=${record.np}`);
  if (record.adkim === "s") tags.push("adkim=s");
  if (record.aspf === "s") tags.push("aspf=s");
  if (record.testing) tags.push("t=y");
  if (record.psd !== "u") tags.push(`psd=${record.psd}`);
  const why = record.replaced === undefined ? "" : `, since ${record.replaced}`;
  return `a record, ${tags.join("; ")}${why}`;
}
