/**
 * Mailing lists and forwarders whose messages may fail DMARC without consequences (RFC 9989 section 5.4): they change
 * messages, or send them from elsewhere, and are known to be honest.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { isListName } from "../../lib/options/address_pattern.ts";
import { type DomainPattern, readDomainPattern } from "../../lib/options/domain_pattern.ts";
import type { Lists } from "../../lib/options/lists/lists.ts";
import { type Network, readNetwork } from "../../lib/options/network.ts";
import { OptionError } from "../../lib/options/options.ts";

/** What is known of a message that fails. */
export interface Exemptable {
  /** The client's address. */
  readonly client: string;
  /** The domains for which SPF or DKIM passed. */
  readonly passed: readonly string[];
}

/** Networks and domains of such senders. */
export class DmarcExemptions {
  readonly #networks: readonly Network[];
  readonly #domains: readonly DomainPattern[];

  /**
   * @param networks the networks of their clients
   * @param domains domains for which SPF or DKIM must pass
   */
  constructor(networks: readonly Network[], domains: readonly DomainPattern[]) {
    this.#networks = networks;
    this.#domains = domains;
  }

  /** Whether no one is exempt. */
  get empty(): boolean {
    return this.#networks.length === 0 && this.#domains.length === 0;
  }

  /** Why a message is exempt, in a few words; undefined if it is not. */
  reasonFor({ client, passed }: Exemptable): string | undefined {
    const network = this.#networks.find((each) => each.has(client));
    if (network) return `client in ${network.text}`;
    const domain = this.#domains.find((each) => passed.some((one) => each.has(one)));
    return domain === undefined ? undefined : `passes for ${domain.text}`;
  }
}

/**
 * Reads files with a network or domain on each line; `#` begins a comment.
 *
 * @param option the option that names them
 * @param paths the files
 * @param lists the lists that lines can name; each must have networks alone, or domains alone
 * @throws {OptionError} if one cannot be read or understood, with its line
 */
export function readExemptions(
  option: string,
  paths: readonly string[],
  lists: Lists,
): DmarcExemptions {
  const networks: Network[] = [];
  const domains: DomainPattern[] = [];
  for (const path of paths) {
    textOf(option, path).split("\n").forEach((line, i) => {
      const text = line.replace(/#.*/, "").trim();
      if (text === "") return;
      const fail = (reason: string): never => {
        throw new OptionError(option, path, `line ${i + 1}: ${JSON.stringify(text)}: ${reason}`);
      };
      if (/^[\d.]+(\/|$)|:/.test(text)) networks.push(readNetwork(text, fail));
      else if (isListName(text) && lists.fits(text, "network")) networks.push(lists.network(text, fail));
      else domains.push(readDomainPattern(text, lists, fail));
    });
  }
  return new DmarcExemptions(networks, domains);
}

function textOf(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionError(option, path, (error as Error).message);
  }
}
