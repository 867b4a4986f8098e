/**
 * Parses what names a key on a command line: `DOMAIN:SELECTOR:FILE`.
 *
 * @module
 */
import { OptionError } from "../../../lib/options/options.ts";
import { asciiName } from "./names.ts";

/** The domain of a key that signs as whatever domain is in From. */
export const ANY_DOMAIN = "%";

/** A key's domain, selector and file. */
export interface KeyArgument {
  /** In lower case ASCII; or `%`, which stands for the domain in From. */
  readonly domain: string;
  /** In lower case ASCII. */
  readonly selector: string;
  /** The file; with the domain `%`, a `%` in it stands for the domain. */
  readonly path: string;
}

const WANTED = "want DOMAIN:SELECTOR:FILE, such as example.org:2026:/etc/milterkit/2026.pem";

/**
 * Parses `DOMAIN:SELECTOR:FILE`. DOMAIN may be `%`, for the domain in From, and FILE may then have `%` for it, too.
 *
 * @param text the argument
 * @param option the option that it was given for, named in errors
 * @throws {OptionError} if it is something else
 */
export function parseKeyArgument(text: string, option: string = "key"): KeyArgument {
  const fail = (reason: string): never => {
    throw new OptionError(option, text, reason);
  };
  const [, domainText = "", selectorText = "", path = ""] = /^([^:]*):([^:]*):(.+)$/s.exec(text) ??
    fail(WANTED);
  const domain = domainText === ANY_DOMAIN ? ANY_DOMAIN : asciiName(domainText);
  const selector = asciiName(selectorText);
  if (domain === undefined) return fail(`${JSON.stringify(domainText)} is not a domain; ${WANTED}`);
  if (selector === undefined) return fail(`${JSON.stringify(selectorText)} is not a selector; ${WANTED}`);
  if (`${selector}._domainkey.${domain}`.length > 253) return fail("the name of its record is too long");
  if (path.includes("%") && domain !== ANY_DOMAIN) {
    return fail(`% in the file stands for the domain in From; write it as %:${selector}:${path}`);
  }
  return { domain, selector, path };
}
