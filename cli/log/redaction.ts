/**
 * What a log does not say of people.
 *
 * @module
 */

import { isIP } from "node:net";
import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import type { ServerEvent } from "../../lib/server_events.ts";
import { withoutAddresses } from "./address_in_text.ts";

/**
 * What can be left out: what stands before the `@` of addresses, whole addresses, or all of a client but its network (24
 * bits of IPv4, 48 of IPv6, which are no longer one person's).
 */
export const REDACTIONS = ["local-parts", "addresses", "clients"] as const;

/** One of {@linkcode REDACTIONS}. */
export type RedactionKind = typeof REDACTIONS[number];

/** Stands for what is left out. */
const LEFT_OUT = "…";
/** What may be an IP address within a text. */
const IP_LIKE = /(?<![\w.:])[\da-fA-F]*[.:][\da-fA-F.:]*[\da-fA-F:](?![\w:])/g;

/** Leaves out what is not to be logged. */
export class Redaction {
  readonly #kinds: ReadonlySet<RedactionKind>;

  /** @param kinds what is to be left out */
  constructor(kinds: readonly RedactionKind[]) {
    this.#kinds = new Set(kinds);
  }

  /** What may be told of an event. */
  event(event: ServerEvent): ServerEvent {
    if (this.#kinds.size === 0) return event;
    switch (event.type) {
      case "message":
        return { ...event, report: this.#message(event.report) };
      case "refused":
        return { ...event, report: this.#connection(event.report) };
      case "filter-error":
        return { ...event, error: this.#error(event.error) };
      default:
        return event;
    }
  }

  #message(report: MessageReport): MessageReport {
    const { sender, reply, quarantine } = report;
    return {
      ...report,
      client: this.#client(report.client),
      sender: sender && this.#address(sender),
      recipients: report.recipients.map((recipient) => this.#address(recipient)),
      ...(reply === undefined ? {} : { reply: this.text(reply) }),
      ...(quarantine === undefined ? {} : { quarantine: this.text(quarantine) }),
      notes: report.notes.map((note) => this.#note(note)),
    };
  }

  #note(note: FilterNote): FilterNote {
    const { remark, verdict, recipient, changes } = note;
    return {
      ...note,
      ...(remark === undefined ? {} : { remark: this.text(remark) }),
      ...(verdict === undefined ? {} : { verdict: this.text(verdict) }),
      ...(recipient === undefined ? {} : { recipient: this.#address(recipient) }),
      ...(changes === undefined ? {} : { changes: changes.map((change) => this.text(change)) }),
    };
  }

  #connection(report: ConnectionReport): ConnectionReport {
    const { reply, helo } = report;
    return {
      ...report,
      client: this.#client(report.client),
      helo: helo === undefined || !this.#kinds.has("clients") ? helo : LEFT_OUT,
      ...(reply === undefined ? {} : { reply: this.text(reply) }),
    };
  }

  #error(error: unknown): unknown {
    if (!(error instanceof Error)) return this.text(String(error));
    const redacted = new Error(this.text(error.message));
    redacted.stack = this.text(error.stack ?? "");
    return redacted;
  }

  /** A text that filters made, which may name whom it is about. */
  text(text: string): string {
    let redacted = text;
    if (this.#kinds.has("addresses")) redacted = withoutAddresses(redacted, () => LEFT_OUT);
    else if (this.#kinds.has("local-parts")) {
      redacted = withoutAddresses(redacted, (domain) => `${LEFT_OUT}@${domain}`);
    }
    if (!this.#kinds.has("clients")) return redacted;
    return redacted.replace(IP_LIKE, (word) => isIP(word) === 0 ? word : networkOf(word));
  }

  #address(address: string): string {
    const hides = this.#kinds.has("addresses") || this.#kinds.has("local-parts");
    // The null sender is nobody.
    if (!hides || address === "") return address;
    const at = this.#kinds.has("addresses") ? -1 : address.lastIndexOf("@");
    return at < 0 ? LEFT_OUT : LEFT_OUT + address.slice(at);
  }

  #client(client: string | undefined): string | undefined {
    if (client === undefined || !this.#kinds.has("clients")) return client;
    return isIP(client) === 0 ? LEFT_OUT : networkOf(client);
  }
}

/** The network of an IP address, written as networks are. */
function networkOf(address: string): string {
  const [, ipv4] = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address) ?? [];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  const [head, tail] = address.replace(/%.*/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  // Zeros that :: stands for may be among the first three.
  while (tail !== undefined && groups.length < 3) groups.push("0");
  return `${groups.slice(0, 3).map((group) => parseInt(group, 16).toString(16)).join(":")}::/48`;
}
