/**
 * The names of the client's address that resolve back to it (RFC 7208 section 5.5).
 *
 * @module
 */
import { reverseName } from "../../dns/ip_address.ts";
import { isSameOrBelow } from "../domain_name.ts";
import type { SpfClient } from "./client.ts";
import { isKnown, type SpfLookups } from "./lookups.ts";
import { leadsTo, queryName } from "../dns_names.ts";

/** RFC 7208 section 4.6.4: further names are ignored. */
const MAX_NAMES = 10;

/** Looks up the client's names; each query is made once per check. */
export class ClientNames {
  readonly #client: SpfClient;
  readonly #lookups: SpfLookups;
  #names: Promise<readonly string[] | "void" | "unknown"> | undefined;
  readonly #confirmed = new Map<string, Promise<boolean>>();

  constructor(client: SpfClient, lookups: SpfLookups) {
    this.#client = client;
    this.#lookups = lookups;
  }

  /**
   * The first ten names, confirmed or not; `void` if there are none, `unknown` if the lookup failed.
   *
   * @throws {SpfProblem} `temperror` if time is up
   */
  names(): Promise<readonly string[] | "void" | "unknown"> {
    return this.#names ??= this.#lookUp();
  }

  /**
   * Whether one of the names that is `domain` or below it resolves back to the client. Failed lookups count as no.
   *
   * @throws {SpfProblem} `temperror` if time is up
   */
  async anyWithin(names: readonly string[], domain: string): Promise<boolean> {
    const within = names.filter((name) => isSameOrBelow(name, domain));
    return (await this.#confirmedOf(within)).length > 0;
  }

  /**
   * The value of the macro `p` (section 7.3): a confirmed name, `domain` itself or one below it if there is one; else
   * `unknown`.
   *
   * @throws {SpfProblem} `temperror` if time is up
   */
  async best(domain: string): Promise<string> {
    const names = await this.names();
    if (typeof names === "string") return "unknown";
    const confirmed = await this.#confirmedOf(names);
    return confirmed.find((name) => name === domain) ??
      confirmed.find((name) => isSameOrBelow(name, domain)) ?? confirmed[0] ?? "unknown";
  }

  async #lookUp(): Promise<readonly string[] | "void" | "unknown"> {
    const answer = await this.#lookups.ask("PTR", reverseName(this.#client.bytes));
    if (!isKnown(answer)) return "unknown";
    if (answer.status !== "found") return "void";
    const names = answer.records.slice(0, MAX_NAMES).map(queryName);
    return names.filter((name) => name !== undefined);
  }

  async #confirmedOf(names: readonly string[]): Promise<readonly string[]> {
    const answers = await Promise.all(names.map((name) => this.#isConfirmed(name)));
    return names.filter((_, i) => answers[i]);
  }

  #isConfirmed(name: string): Promise<boolean> {
    let confirmed = this.#confirmed.get(name);
    if (confirmed === undefined) this.#confirmed.set(name, confirmed = this.#confirm(name));
    return confirmed;
  }

  async #confirm(name: string): Promise<boolean> {
    const { bytes, recordType } = this.#client;
    return leadsTo(await this.#lookups.ask(recordType, name), bytes);
  }
}
