/**
 * What a log does not say of people.
 *
 * @module
 */

import { isIP } from "node:net";
import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import { bareAddress } from "../../lib/message/envelope.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { RedactionKind } from "../options/log_options.ts";
import { domainStart, withoutAddresses } from "./address_in_text.ts";

/** Stands for what is left out. */
const LEFT_OUT = "…";
/** What may be an IPv4 address within a text, whatever is in front or behind, such as a port. */
const IPV4_LIKE = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g;
/** The same of IPv6, with what SMTP has in front of it (RFC 5321, 4.1.3) and the port behind it. */
const IPV6_LIKE = /(?<![\w.:])(?:IPv6:)?[\da-f]*:[\da-f.:]*[\da-f:](?![\w:]|\.\d)/;
const IP_LIKE = new RegExp(`${IPV6_LIKE.source}|${IPV4_LIKE.source}`, "gi");
/** A change of sender or recipients, in words. */
const ENVELOPE_CHANGE = /^((?:add|delete) recipient |change sender to )(.*)$/s;

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
        return { ...event, error: this.error(event.error) };
      default:
        if (!("error" in event) || event.error === undefined) return event;
        return { ...event, error: this.error(event.error) as Error };
    }
  }

  /** What may be told of what was thrown: an error, or its text where it is none. */
  error(error: unknown): unknown {
    if (!(error instanceof Error)) return this.text(String(error));
    // Filters may have put anything in place of both.
    const redacted = new Error(this.text(String(error.message)));
    redacted.stack = typeof error.stack === "string" ? this.text(error.stack) : "";
    return redacted;
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
      ...(changes === undefined ? {} : { changes: changes.map((change) => this.#change(change)) }),
    };
  }

  #connection(report: ConnectionReport): ConnectionReport {
    const { reply, helo } = report;
    return {
      ...report,
      client: this.#client(report.client),
      helo: helo === undefined ? undefined : this.#kinds.has("clients") ? LEFT_OUT : this.text(helo),
      ...(reply === undefined ? {} : { reply: this.text(reply) }),
    };
  }

  /** Of a change. Local users need no domain, so that nothing in the text itself would tell an address. */
  #change(change: string): string {
    const [, verb, path] = ENVELOPE_CHANGE.exec(change) ?? [];
    if (path === undefined) return this.text(change);
    const bare = bareAddress(path);
    const address = this.#address(bare);
    return this.text(verb + (bare === path ? address : `<${address}>`));
  }

  /** A text that filters made, which may name whom it is about. */
  text(text: string): string {
    let redacted = text;
    if (this.#kinds.has("addresses")) redacted = withoutAddresses(redacted, () => LEFT_OUT);
    else if (this.#kinds.has("local-parts")) {
      redacted = withoutAddresses(redacted, (domain) => `${LEFT_OUT}@${domain}`);
    }
    if (!this.#kinds.has("clients")) return redacted;
    return redacted.replace(IP_LIKE, withoutHost);
  }

  #address(address: string): string {
    const hides = this.#kinds.has("addresses") || this.#kinds.has("local-parts");
    // The null sender is nobody.
    if (!hides || address === "") return address;
    const start = this.#kinds.has("addresses") ? undefined : domainStart(address);
    return start === undefined ? LEFT_OUT : `${LEFT_OUT}@${address.slice(start)}`;
  }

  #client(client: string | undefined): string | undefined {
    if (client === undefined || !this.#kinds.has("clients")) return client;
    return isIP(client) === 0 ? LEFT_OUT : networkOf(client);
  }
}

/** What may be an IP address with its network in place of it, what is around it kept. */
function withoutHost(word: string): string {
  const [, tag = "", address = word] = /^(ipv6:)?(.*)$/i.exec(word) ?? [];
  // What is an address as a whole has no port.
  const end = isIP(address) === 0 ? address.search(/:\d*$/) : address.length;
  const host = address.slice(0, Math.max(end, 0));
  if (isIP(host) !== 0) return tag + networkOf(host) + address.slice(end);
  return word.replace(IPV4_LIKE, (part) => isIP(part) === 0 ? part : networkOf(part));
}

/** The network of an IP address, written as networks are. */
function networkOf(address: string): string {
  const [, ipv4] = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address) ?? [];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  const [head = "", tail] = address.replace(/%.*/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  // Zeros that :: stands for may be among the first three.
  while (tail !== undefined && groups.length < 3) groups.push("0");
  return `${groups.slice(0, 3).map((group) => parseInt(group, 16).toString(16)).join(":")}::/48`;
}
