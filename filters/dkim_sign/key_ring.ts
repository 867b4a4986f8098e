/**
 * Chooses the keys that sign for an author.
 *
 * @module
 */
import type { DkimSigningKey } from "../../lib/auth/dkim/signing_options.ts";
import { OptionError } from "../../lib/options/options.ts";
import type { MessageAuthor } from "./author.ts";
import { ANY_DOMAIN } from "./keys/key_argument.ts";
import { type KeyFile, KeyFileError } from "./keys/key_file.ts";
import { type Unsigned, unsigned } from "./reasons.ts";
import type { KeyName, SignRule } from "./sign_rules.ts";

/** How keys are chosen. */
export interface KeyChoice {
  /** Rules; without any, a key signs for the authors of its domain. */
  readonly rules: readonly SignRule[];
  /** Whether all rules that match sign, and not the first alone. */
  readonly all: boolean;
  /** Whether a domain's keys sign for authors of its subdomains, too. Not with rules. */
  readonly subdomains: boolean;
}

/** The keys in use at one time. */
export class KeyRing {
  readonly #choice: KeyChoice;
  readonly #byDomain = new Map<string, KeyFile[]>();

  /**
   * @param keys the keys
   * @param choice how they are chosen
   * @throws {KeyFileError} for two keys with the same name, or if it is ambiguous which of two keys signs
   * @throws {OptionError} for a rule that names a missing key
   */
  constructor(keys: readonly KeyFile[], choice: KeyChoice) {
    this.#choice = choice;
    for (const key of keys) {
      const others = this.#byDomain.get(key.domain) ?? [];
      refuseConflict(others, key, choice.rules.length > 0);
      this.#byDomain.set(key.domain, [...others, key]);
    }
    for (const { text, keys } of choice.rules) {
      for (const name of keys) {
        if (this.#has(name)) continue;
        throw new OptionError(
          "sign",
          text,
          `there is no key ${name.domain}/${name.selector} in --keys or --key`,
        );
      }
    }
  }

  /** The domains that have keys; `%` stands for any. */
  get domains(): ReadonlySet<string> {
    return new Set(this.#byDomain.keys());
  }

  /** The keys that sign for an author, which may be none; or why none should sign. */
  keysFor({ domain, address }: MessageAuthor): readonly DkimSigningKey[] | Unsigned {
    const { rules, all } = this.#choice;
    if (rules.length === 0) return this.#ofDomain(domain).map((key) => signingKey(key, domain));
    const matching = rules.filter(({ pattern }) => pattern === undefined || pattern.has(address));
    const [first] = matching;
    if (first?.keys.length === 0) return unsigned("excluded", `--sign ${first.text} says so`);
    const chosen = all ? matching : matching.slice(0, 1);
    const keys = chosen.flatMap(({ keys }) => keys.flatMap((name) => this.#named(name, domain)))
      .map((key) => signingKey(key, domain));
    return keys.filter((key, i) => !keys.slice(0, i).some((other) => isSameName(key, other)));
  }

  #ofDomain(domain: string): readonly KeyFile[] {
    for (let name = domain; name !== "";) {
      const keys = this.#byDomain.get(name);
      if (keys) return keys;
      const dot = name.indexOf(".");
      if (!this.#choice.subdomains || dot < 0) break;
      name = name.slice(dot + 1);
    }
    return this.#byDomain.get(ANY_DOMAIN) ?? [];
  }

  /** Whether any author has the key that a rule names. */
  #has({ domain, selector }: KeyName): boolean {
    const keys = domain === ANY_DOMAIN
      ? [...this.#byDomain.values()].flat()
      : this.#byDomain.get(domain) ?? [];
    return keys.some((key) => key.selector === selector);
  }

  /** The key that a rule names; for the domain `%` the author's own, which a file with `%` may have, or else that of all. */
  #named({ domain, selector }: KeyName, author: string): readonly KeyFile[] {
    const domains = domain === ANY_DOMAIN ? [author, ANY_DOMAIN] : [domain];
    const keys = domains.flatMap((name) => this.#byDomain.get(name) ?? []);
    return keys.filter((key) => key.selector === selector).slice(0, 1);
  }
}

function refuseConflict(others: readonly KeyFile[], key: KeyFile, hasRules: boolean): void {
  for (const other of others) {
    if (isSameName(key, other)) {
      const problem = `it and ${other.path} are both for ${key.domain} and the selector ${key.selector}`;
      throw new KeyFileError(key.path, `${problem}; take one away`);
    }
    if (!hasRules && other.key.type === key.key.type) {
      const kind = key.key.type === "rsa" ? "RSA" : "Ed25519";
      const problem =
        `it and ${other.path} are both ${kind} keys of ${key.domain}, and only one of a kind signs`;
      throw new KeyFileError(key.path, `${problem}; take one away, or say with --sign when each signs`);
    }
  }
}

function isSameName(one: KeyName, other: KeyName): boolean {
  return one.domain === other.domain && one.selector === other.selector;
}

function signingKey({ domain, selector, key }: KeyFile, author: string): DkimSigningKey {
  return { domain: domain === ANY_DOMAIN ? author : domain, selector, key };
}
