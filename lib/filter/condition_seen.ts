/**
 * Says in words what conditions look at: the client, the sender, header fields and so on.
 *
 * @module
 */

import { authorDomains } from "../auth/author.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import { unmappedAddress } from "../options/network.ts";
import type { Client } from "./context.ts";
import type { ConditionFacts } from "./scope.ts";

/** The maximum number of characters shown of a text that a sender chose. */
const MOST_CHARACTERS = 80;
/** The maximum number of list items shown. */
const MOST_ITEMS = 3;

/** The client's address. */
export function clientSeen({ client }: ConditionFacts): string {
  const address = unmappedAddress(client?.address ?? "");
  return address === "" ? "the client's address is unknown" : `the client is ${shortened(address)}`;
}

/** The host name of a client; empty if there is none, where the MTA gives an address in brackets. */
export function nameOfClient(client: Client | undefined): string {
  const name = client?.hostname ?? "";
  return name.startsWith("[") || name === "unknown" ? "" : name;
}

/** The client's host name. */
export function clientNameSeen({ client }: ConditionFacts): string {
  const name = nameOfClient(client);
  return name === "" ? "the client has no host name" : `the client's name is ${shortened(name)}`;
}

/** The name in HELO. */
export function heloSeen({ helo = "" }: ConditionFacts): string {
  return helo === "" ? "the client did not greet" : `the client greeted as ${quoted(helo)}`;
}

/** The header as a whole. */
export function headerSeen({ headers }: ConditionFacts): string {
  const count = headers === undefined ? 0 : [...headers].length;
  return count === 1 ? "the header has 1 field" : `the header has ${count} fields`;
}

/** The address that the MTA connected to. */
export function listenerSeen({ listener }: ConditionFacts): string {
  return listener === undefined ? "the listener is unknown" : `the MTA connected to ${listener}`;
}

/** The sender. */
export function senderSeen({ sender }: ConditionFacts): string {
  return sender === undefined ? "the sender is unknown" : `the sender is ${bracketed(sender)}`;
}

/** The recipient, or all of them. */
export function recipientsSeen({ recipients }: ConditionFacts): string {
  if (recipients.length === 0) return "there is no recipient";
  const be = recipients.length === 1 ? "the recipient is" : "the recipients are";
  return `${be} ${listed(recipients.map(bracketed))}`;
}

/** A macro. */
export function macroSeen(name: string): (facts: ConditionFacts) => string {
  const shown = name.length === 1 ? name : `{${name}}`;
  return ({ macro }) => {
    const value = macro(name) ?? "";
    return value === "" ? `there is no macro ${shown}` : `the macro ${shown} is ${quoted(value)}`;
  };
}

/** The size that the client announced in MAIL (RFC 1870), in bytes; undefined if it announced none. */
export function announcedSize(sender: EnvelopeAddress | undefined): number | undefined {
  const [, digits] = /^SIZE=(\d+)$/i.exec(sender?.args.find((arg) => /^SIZE=/i.test(arg)) ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The size, or the announced one if the size is not known yet. */
export function sizeSeen({ sender, size }: ConditionFacts): string {
  if (size !== undefined) return `it has ${size} bytes`;
  const bytes = announcedSize(sender);
  return bytes === undefined ? "the client announced no size" : `the client announced ${bytes} bytes`;
}

/** The domains of the authors. */
export function fromSeen({ headers }: ConditionFacts): string {
  const fields = headers?.all("From") ?? [];
  if (fields.length === 0) return "there is no From";
  const authors = authorDomains(fields.map((field) => field.valueBytes));
  if ("domains" in authors) return `From names ${listed(authors.domains.map(shortened))}`;
  return `From is unclear: ${listed(fields.map(({ text }) => quoted(text)))}`;
}

/** The fields with a name. */
export function fieldSeen(name: string): (facts: ConditionFacts) => string {
  return ({ headers }) => {
    const fields = headers?.all(name) ?? [];
    return fields.length === 0
      ? `there is no ${name}`
      : `${name} is ${listed(fields.map(({ text }) => quoted(text)))}`;
  };
}

/** The results of methods. */
export function resultSeen(methods: readonly string[]): (facts: ConditionFacts) => string {
  return ({ results }) =>
    methods.map((method) => {
      const found = results?.of(method) ?? [];
      return found.length === 0
        ? `there is no result of ${method}`
        : `${method} is ${listed(found.map(({ result }) => result))}`;
    }).join(", ");
}

function bracketed({ address }: EnvelopeAddress): string {
  return `<${shortened(address)}>`;
}

function quoted(text: string): string {
  return JSON.stringify(shortened(text.trim()));
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…`.toWellFormed() : text;
}

function listed(items: readonly string[]): string {
  const more = items.length - MOST_ITEMS;
  return items.slice(0, MOST_ITEMS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
