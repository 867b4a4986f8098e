/**
 * Sets of mail addresses and domains with fast lookup, however large they are.
 *
 * @module
 */

import { type AddressParts, lowerAsciiDomain } from "../address_pattern.ts";

/** A set of mail addresses, domains, domains that stand for their subdomains, and local parts. Case does not matter. */
export class NameSet {
  readonly #addresses = new Set<string>();
  readonly #domains = new Set<string>();
  /** Domains that stand for their subdomains. */
  readonly #parents = new Set<string>();
  /** Local parts in any domain. */
  readonly #users = new Set<string>();
  #hasNull = false;

  /** Adds a pattern. */
  add({ user, domain, below }: AddressParts): void {
    if (domain === undefined) this.#hasNull = true;
    else if (user !== undefined) this.#addresses.add(`${user}@${domain}`);
    else if (below) this.#parents.add(domain);
    else this.#domains.add(domain);
  }

  /** Adds a domain in lower case ASCII. */
  addDomain(domain: string): void {
    this.#domains.add(domain);
  }

  /** Adds a mail address in lower case ASCII. */
  addAddress(address: string): void {
    this.#addresses.add(address);
  }

  /** Adds a local part that stands for this user of any domain. */
  addUser(user: string): void {
    this.#users.add(user.toLowerCase());
  }

  /** Whether it contains an address, given without angle brackets; empty for the null sender. */
  hasAddress(address: string): boolean {
    if (address === "") return this.#hasNull;
    const at = address.lastIndexOf("@");
    const domain = at < 0 ? "" : lowerAsciiDomain(address.slice(at + 1));
    if (domain !== "" && this.hasDomain(domain)) return true;
    if (this.#addresses.size + this.#users.size === 0) return false;
    const user = (at < 0 ? address : address.slice(0, at)).toLowerCase();
    return this.#users.has(user) || this.#addresses.has(`${user}@${domain}`);
  }

  /** Whether it contains a domain, given in lower case ASCII. */
  hasDomain(domain: string): boolean {
    if (this.#domains.has(domain)) return true;
    if (this.#parents.size === 0) return false;
    for (let dot = domain.indexOf("."); dot >= 0; dot = domain.indexOf(".", dot + 1)) {
      if (this.#parents.has(domain.slice(dot + 1))) return true;
    }
    return false;
  }
}
