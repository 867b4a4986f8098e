/**
 * The URIs of a record that reports go to (RFC 9989 sections 4.6 and 4.8).
 *
 * @module
 */
import { asciiDomain } from "../domain_name.ts";

/** RFC 3986, without commas and exclamation marks, which must be encoded here. */
const URI = /^[a-z][a-z0-9+.-]*:(?:[a-z0-9._~:/?#[\]@$&'()*+;=-]|%[0-9a-f]{2})+$/i;

/** The URI without the obsolete limit of a report's size, such as `!10m`. */
export function withoutReportSize(text: string): string {
  return text.replace(/![0-9]+[kmgt]?$/i, "");
}

/**
 * Whether a text is a URI that a report can be sent to. One with `mailto:` must have a mailbox (RFC 6068), one with `http:` or
 * `https:` a host.
 */
export function isReportUri(text: string): boolean {
  if (!URI.test(text)) return false;
  if (/^https?:/i.test(text)) return /^https?:\/\/[a-z0-9[]/i.test(text);
  if (!/^mailto:/i.test(text)) return true;
  const [mailbox = ""] = text.slice("mailto:".length).split("?");
  const at = mailbox.lastIndexOf("@");
  return at > 0 && asciiDomain(mailbox.slice(at + 1)) !== undefined;
}
