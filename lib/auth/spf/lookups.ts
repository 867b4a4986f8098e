/**
 * Makes the DNS queries of a check, and enforces the limits of RFC 7208 and the deadline.
 *
 * @module
 */
import type { Deadline } from "../deadline.ts";
import type {
  DnsAbsent,
  DnsAnswer,
  DnsFailure,
  DnsFound,
  DnsRecordData,
  Resolver,
} from "../../dns/resolver.ts";
import { lookUpInTime } from "../timed_lookup.ts";
import { type SpfLookupCounts, SpfProblem, type SpfStep } from "./results.ts";

/** RFC 7208 section 4.6.4: the maximum number of terms that need DNS. */
const MAX_TERMS = 10;

/** An answer other than an outage. */
export type KnownAnswer<R> = DnsFound<R> | DnsAbsent;

/** The lookups of one check. */
export class SpfLookups {
  readonly #resolver: Resolver;
  readonly #deadline: Deadline;
  readonly #maxVoid: number;
  readonly #onStep: ((step: SpfStep) => void) | undefined;
  #terms = 0;
  #void = 0;
  #questions = 0;

  /**
   * @param resolver the resolver
   * @param deadline ends the check as `temperror`, with its reason
   * @param maxVoid the maximum number of terms without an answer
   * @param onStep called with each answer
   */
  constructor(
    resolver: Resolver,
    deadline: Deadline,
    maxVoid: number,
    onStep: ((step: SpfStep) => void) | undefined,
  ) {
    this.#resolver = resolver;
    this.#deadline = deadline;
    this.#maxVoid = maxVoid;
    this.#onStep = onStep;
  }

  /** The counts so far. */
  get counts(): SpfLookupCounts {
    return { terms: this.#terms, void: this.#void, questions: this.#questions };
  }

  /**
   * Counts a term that needs DNS.
   *
   * @throws {SpfProblem} `permerror` if there were too many
   */
  countTerm(): void {
    if (this.#terms === MAX_TERMS) throw new SpfProblem("permerror", `more than ${MAX_TERMS} terms need DNS`);
    this.#terms++;
  }

  /**
   * Counts a void lookup: a term whose own query had no answer.
   *
   * @throws {SpfProblem} `permerror` if there were too many
   */
  countVoid(): void {
    if (++this.#void > this.#maxVoid) {
      throw new SpfProblem("permerror", `more than ${this.#maxVoid} lookups had no answer`);
    }
  }

  /**
   * Makes a query.
   *
   * @param name a name as `normalizeName` returns it
   * @throws {SpfProblem} `temperror` if time is up; an outage is an answer
   */
  async ask<T extends keyof DnsRecordData>(type: T, name: string): Promise<DnsAnswer<DnsRecordData[T]>> {
    this.#checkTime();
    this.#questions++;
    const answer = await lookUpInTime(this.#resolver, type, name, this.#deadline);
    if (answer.status === "network") this.#checkTime();
    this.#onStep?.({ type: "lookup", recordType: type, name, status: answer.status });
    return answer;
  }

  /**
   * Makes a query that must have an answer.
   *
   * @throws {SpfProblem} `temperror` for an outage, or if time is up
   */
  async need<T extends keyof DnsRecordData>(type: T, name: string): Promise<KnownAnswer<DnsRecordData[T]>> {
    const answer = await this.ask(type, name);
    if (isKnown(answer)) return answer;
    throw new SpfProblem("temperror", `a lookup of ${type} records failed (${answer.status})`);
  }

  #checkTime(): void {
    const { reason } = this.#deadline;
    if (reason !== undefined) throw new SpfProblem("temperror", reason);
  }
}

/** Whether an answer is not an outage. */
export function isKnown<R>(answer: DnsAnswer<R>): answer is Exclude<DnsAnswer<R>, DnsFailure> {
  return answer.status === "found" || answer.status === "nxdomain" || answer.status === "nodata";
}
