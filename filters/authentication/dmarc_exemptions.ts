/**
 * Mailing lists and forwarders whose messages may fail DMARC without consequences (RFC 9989 section 5.4): they change
 * messages, or send them from elsewhere, and are known to be honest.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseDomain } from "../../lib/options/address_pattern.ts";
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
  readonly #domains: readonly string[];

  /**
   * @param networks the networks of their clients
   * @param domains domains in lower case for which SPF or DKIM must pass; with a leading dot all subdomains
   */
  constructor(networks: readonly Network[], domains: readonly string[]) {
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
    const domain = this.#domains.find((each) =>
      passed.some((one) => each.startsWith(".") ? one.endsWith(each) : one === each)
    );
    return domain === undefined ? undefined : `passes for ${domain}`;
  }
}

/**
 * Reads files with a network or domain on each line; `#` begins a comment.
 *
 * @param option the option that names them
 * @param paths the files
 * @throws {OptionError} if one cannot be read or understood, with its line
 */
export function readExemptions(option: string, paths: readonly string[]): DmarcExemptions {
  const networks: Network[] = [];
  const domains: string[] = [];
  for (const path of paths) {
    textOf(option, path).split("\n").forEach((line, i) => {
      const text = line.replace(/#.*/, "").trim();
      if (text === "") return;
      const fail = (reason: string): never => {
        throw new OptionError(option, path, `line ${i + 1}: ${JSON.stringify(text)}: ${reason}`);
      };
      if (/^[\d.]+(\/|$)|:/.test(text)) networks.push(readNetwork(text, fail));
      else domains.push(parseDomain(text, fail));
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
