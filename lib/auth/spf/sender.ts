/**
 * The sender of a message, as SPF sees it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isAscii } from "../bytes.ts";
import { asciiDomain } from "../domain_name.ts";
import type { SpfIdentity } from "./results.ts";

/** The sender. Texts have one character per byte of their UTF-8, and are cut to what can matter. */
export interface SpfSender {
  readonly identity: SpfIdentity;
  readonly localPart: string;
  /** The domain as it was given, without the final dot; U-labels become A-labels (RFC 8616 section 4). */
  readonly domain: string;
  /** The domain that is checked, in lower case ASCII, or undefined if it cannot be: see `problem`. */
  readonly checked: string | undefined;
  readonly problem: string;
  readonly helo: string;
}

/** Longer than any local part (64) and host name (255) may be, so that macros stay small whatever a client sends. */
const MAX_LENGTH = 1000;

/**
 * Finds the sender.
 *
 * @param identity which name is checked; with a null sender that of HELO (RFC 7208 section 2.4)
 * @param mailFrom the address, with or without angle brackets
 * @param helo what the client said
 */
export function spfSenderOf(identity: SpfIdentity, mailFrom: string, helo: string): SpfSender {
  // A source route is no part of the address (RFC 5321 appendix C).
  const address = byteText(mailFrom).replace(/^<|>$/g, "").replace(/^@[^:@]*(?:,@[^:@,]*)*:/, "");
  const shortHelo = byteText(helo).slice(0, MAX_LENGTH);
  const at = address.lastIndexOf("@");
  const useHelo = identity === "helo" || address === "";
  const localPart = useHelo || at <= 0 ? "postmaster" : address.slice(0, at).slice(0, MAX_LENGTH);
  const domain = (useHelo ? shortHelo : address.slice(at + 1)).slice(0, MAX_LENGTH).replace(/\.$/, "");
  const name = useHelo ? "HELO" : "the domain of MAIL FROM";
  const checked = asciiDomain(domain);
  const problem = checked === undefined
    ? `${name} is not a domain name`
    : checked.includes(".")
    ? isAddress(checked) ? `${name} is an address, not a domain name` : ""
    : `${name} has no dot`;
  return {
    identity: useHelo ? "helo" : "mailfrom",
    localPart,
    domain: withALabels(domain),
    checked: problem === "" ? checked : undefined,
    problem,
    helo: withALabels(shortHelo),
  };
}

function withALabels(name: string): string {
  return isAscii(name) ? name : asciiDomain(name) ?? name;
}

/** No top-level domain is a number, so DNS need not be asked. */
function isAddress(domain: string): boolean {
  return /\.[0-9]+$/.test(domain);
}

/** The UTF-8 of a text, one character per byte. */
function byteText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}
