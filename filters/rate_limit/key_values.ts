/**
 * The values that a key is made of: what each placeholder stands for, spelled the same way for the same sender.
 *
 * @module
 */

import { domainToASCII } from "node:url";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { networkAround, type PrefixLengths } from "../../lib/options/network.ts";

/** Where the values come from. */
export interface KeySource {
  /** The context of the message. */
  readonly context: MessageContext<unknown, unknown>;
  /** The current recipient; undefined at MAIL. */
  readonly recipient?: EnvelopeAddress | undefined;
  /** What counts as one network. */
  readonly lengths: PrefixLengths;
}

/** One placeholder. */
export interface Placeholder {
  /** Its value for a message; undefined if the message has none. */
  value(source: KeySource): string | undefined;
  /** Spells a value that an administrator gave as {@linkcode value} does; undefined if it can never be one. */
  spelled(text: string, lengths: PrefixLengths): string | undefined;
}

/** The names of the placeholders. */
export type PlaceholderName =
  | "login"
  | "sender"
  | "sender-domain"
  | "client"
  | "client-network"
  | "recipient"
  | "helo";

/** Every placeholder, by its name. */
export const PLACEHOLDERS: Readonly<Record<PlaceholderName, Placeholder>> = {
  login: {
    // Sendmail sends an unset macro as an empty one.
    value: ({ context }) => filled((context.macro("auth_authen") ?? "").trim().toLowerCase()),
    spelled: (text) => filled(text.trim().toLowerCase()),
  },
  sender: {
    value: ({ context }) => addressOf(context.sender?.mailbox ?? ""),
    spelled: addressOf,
  },
  "sender-domain": {
    value: ({ context }) => domainOf(context.sender?.mailbox ?? ""),
    spelled: (text) => text.includes("@") ? undefined : filled(asciiDomain(text.trim())),
  },
  client: {
    value: ({ context }) => networkAround(context.client?.address ?? "", WHOLE),
    spelled: (text) => networkAround(text, WHOLE),
  },
  "client-network": {
    value: ({ context, lengths }) => networkAround(context.client?.address ?? "", lengths),
    spelled: networkOfText,
  },
  recipient: {
    value: ({ recipient }) => addressOf(recipient?.mailbox ?? ""),
    spelled: addressOf,
  },
  helo: {
    value: ({ context }) => filled((context.helo ?? "").trim().toLowerCase()),
    spelled: (text) => filled(text.trim().toLowerCase()),
  },
};

/** Single addresses. */
const WHOLE: PrefixLengths = { ipv4: 32, ipv6: 128 };

function filled(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** An address in lower case, with its domain in ASCII; undefined for the null sender. */
function addressOf(address: string): string | undefined {
  const lower = address.trim().toLowerCase();
  const domain = domainOf(lower);
  return filled(domain === undefined ? lower : lower.slice(0, lower.lastIndexOf("@") + 1) + domain);
}

function domainOf(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  return at < 0 ? undefined : filled(asciiDomain(address.slice(at + 1)));
}

/** A domain in lower case ASCII, without the dot at its end; a text that is no name stays as it is. */
function asciiDomain(domain: string): string {
  const lower = domain.toLowerCase().replace(/\.$/, "");
  // deno-lint-ignore no-control-regex -- whether there is anything but ASCII
  return /^[\x00-\x7f]*$/.test(lower) ? lower : domainToASCII(lower) || lower;
}

/** The network of an address, or a network with just the length that keys have. */
function networkOfText(text: string, lengths: PrefixLengths): string | undefined {
  const [address = "", length] = text.trim().split("/");
  const network = networkAround(address, lengths);
  if (length === undefined || network === undefined) return network;
  return network.endsWith(`/${length}`) && networkAround(address, WHOLE) === network.split("/")[0]
    ? network
    : undefined;
}
