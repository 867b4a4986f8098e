/**
 * Looks names up for an explanation: notes every question with its answer, and asks none twice.
 *
 * @module
 */

import type { DnsAnswer, MxRecord, Resolver, TxtAnswer } from "../../lib/dns/resolver.ts";

/** The types of records that are looked up. */
export type LookupType = "TXT" | "A" | "AAAA" | "MX" | "PTR";

/** A question with its answer. */
export interface Lookup {
  readonly type: LookupType;
  readonly name: string;
  /** The status of the answer, such as `found`, `nxdomain` or `timeout`. */
  readonly status: string;
  /** The records: of TXT one character per byte, of MX the preference and the host. */
  readonly records: readonly string[];
}

/** The answers so far, shared by all parts of an explanation, so that these see the same records. */
export class Answers {
  readonly #resolver: Resolver;
  readonly #onQuestion: (type: LookupType, name: string) => void;
  readonly #answers = new Map<string, Promise<DnsAnswer<unknown>>>();

  /**
   * @param resolver whom to ask
   * @param onQuestion is told of each question that is asked
   */
  constructor(resolver: Resolver, onQuestion: (type: LookupType, name: string) => void = () => {}) {
    this.#resolver = resolver;
    this.#onQuestion = onQuestion;
  }

  /** Asks, unless the answer is known or on its way. A caller that gives up does not end the question for others. */
  ask(type: LookupType, name: string): Promise<DnsAnswer<unknown>> {
    const key = `${type} ${name.toLowerCase().replace(/\.$/, "")}`;
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      this.#onQuestion(type, name);
      this.#answers.set(key, answer = this.#send(type, name));
    }
    return answer;
  }

  #send(type: LookupType, name: string): Promise<DnsAnswer<unknown>> {
    switch (type) {
      case "TXT":
        return this.#resolver.resolveTxt(name);
      case "A":
        return this.#resolver.resolveA(name);
      case "AAAA":
        return this.#resolver.resolveAaaa(name);
      case "MX":
        return this.#resolver.resolveMx(name);
      case "PTR":
        return this.#resolver.resolvePtr(name);
    }
  }
}

/** A resolver that takes its answers from {@link Answers}, and notes what it was asked. */
export class NotingResolver implements Resolver {
  /** The questions in the order in which they were answered. */
  readonly lookups: Lookup[] = [];
  readonly #answers: Answers;

  /** @param answers where the answers come from */
  constructor(answers: Answers) {
    this.#answers = answers;
  }

  resolveTxt(name: string, signal?: AbortSignal): Promise<TxtAnswer> {
    return this.#resolve<string>("TXT", name, signal);
  }

  resolveA(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve<string>("A", name, signal);
  }

  resolveAaaa(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve<string>("AAAA", name, signal);
  }

  resolveMx(name: string, signal?: AbortSignal): Promise<DnsAnswer<MxRecord>> {
    return this.#resolve<MxRecord>("MX", name, signal);
  }

  resolvePtr(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve<string>("PTR", name, signal);
  }

  close(): void {
    // Whoever made the resolver behind the answers closes it.
  }

  /** The lookup of a name, if it was answered. */
  found(type: LookupType, name: string): Lookup | undefined {
    return this.lookups.find((lookup) => lookup.type === type && lookup.name === name);
  }

  async #resolve<R extends string | MxRecord>(
    type: LookupType,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<DnsAnswer<R>> {
    const answer = await this.#answers.ask(type, name) as DnsAnswer<R>;
    signal?.throwIfAborted();
    if (this.found(type, name) === undefined) this.lookups.push(lookupOf(type, name, answer));
    return answer;
  }
}

function lookupOf(type: LookupType, name: string, answer: DnsAnswer<string | MxRecord>): Lookup {
  const records = answer.status === "found" ? answer.records.map(textOf) : [];
  return { type, name, status: answer.status, records };
}

function textOf(record: string | MxRecord): string {
  return typeof record === "string" ? record : `${record.preference} ${record.exchange || "."}`;
}
