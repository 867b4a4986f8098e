/**
 * Redacts personal data before it is logged.
 *
 * @module
 */

import { isIP } from "node:net";
import type { AuthProperty, AuthResult } from "../../lib/auth/authentication_results.ts";
import type { ConnectionReport, FilterNote, MessageReport, TlsReport } from "../../lib/filter/report.ts";
import { bareAddress } from "../../lib/message/envelope.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { RedactionKind } from "../options/log_options.ts";
import { domainStart, withoutAddresses } from "./address_in_text.ts";
import { withoutNames } from "./names_in_text.ts";
import { type PlainFields, plainFields, plainText } from "./plain_fields.ts";
import { domainIn, propertyName } from "./result_summary.ts";

/** Replaces what is left out. */
const LEFT_OUT = "…";
/** Matches anything that looks like an IPv4 address within a text, even next to something else, such as a port. */
const IPV4_LIKE = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g;
/** The same for IPv6, including the prefix that SMTP uses (RFC 5321, 4.1.3) and a port. */
const IPV6_LIKE = /(?<![\w.:])(?:IPv6:)?[\da-f]*:[\da-f.:]*[\da-f:](?![\w:]|\.\d)/;
const IP_LIKE = new RegExp(`${IPV6_LIKE.source}|${IPV4_LIKE.source}`, "gi");
/** Properties of results whose value is an address, or the domain of one (RFC 8601 section 2.7). */
const SENDERS: ReadonlySet<string> = new Set(["header.d", "header.from", "header.i", "smtp.mailfrom"]);
/** Fields of a line of a filter whose value says whose mail it is, such as a login, which may be no address. */
const KEYS: ReadonlySet<string> = new Set(["key", "login"]);
/** The description of a change of sender or recipients. */
const ENVELOPE_CHANGE = /^((?:add|delete) recipient |change sender to )(.*)$/s;

/** Redacts events and errors. */
export class Redaction {
  readonly #kinds: ReadonlySet<RedactionKind>;

  /** @param kinds what to leave out */
  constructor(kinds: readonly RedactionKind[]) {
    this.#kinds = new Set(kinds);
  }

  /** Returns the event without what must be left out. */
  event(event: ServerEvent): ServerEvent {
    if (this.#kinds.size === 0) return event;
    switch (event.type) {
      case "message":
        return { ...event, report: this.#message(event.report) };
      case "refused":
        return { ...event, report: this.#connection(event.report) };
      case "filter-error":
        return { ...event, error: this.error(event.error) };
      case "filter-log":
        return { ...event, text: this.text(plainText(event.text)), fields: this.#fields(event.fields) };
      default:
        if (!("error" in event) || event.error === undefined) return event;
        return { ...event, error: this.error(event.error) as Error };
    }
  }

  /** Redacts a thrown value; returns an error for an error, and text for anything else. */
  error(error: unknown): unknown {
    if (!(error instanceof Error)) return this.text(String(error));
    // Filters may have set message and stack to anything.
    const redacted = new Error(this.text(String(error.message)));
    redacted.stack = typeof error.stack === "string" ? this.text(error.stack) : "";
    return redacted;
  }

  #message(report: MessageReport): MessageReport {
    const { sender, held, reply, results, helo, login, tls, messageId } = report;
    const names = (results ?? []).flatMap((result) => this.#hiddenNames(result));
    const text = (text: string) => withoutNames(this.text(text), names, LEFT_OUT);
    return {
      ...report,
      client: this.#client(report.client),
      ...(helo === undefined ? {} : { helo: this.#helo(helo) }),
      ...(login === undefined ? {} : { login: this.text(this.#address(login)) }),
      ...(tls === undefined ? {} : { tls: this.#tls(tls) }),
      ...(messageId === undefined ? {} : { messageId: this.#messageId(messageId) }),
      labels: report.labels.map(text),
      sender: sender && this.#address(sender),
      recipients: report.recipients.map((recipient) => this.#address(recipient)),
      ...(reply === undefined ? {} : { reply: text(reply) }),
      ...(held === undefined ? {} : { held: text(held) }),
      notes: report.notes.map((note) => this.#note(note, text)),
      ...(results === undefined ? {} : { results: results.map((result) => this.#result(result, text)) }),
    };
  }

  #note(note: FilterNote, text: (text: string) => string): FilterNote {
    const { remark, reply, recipient, changes } = note;
    return {
      ...note,
      ...(remark === undefined ? {} : { remark: text(remark) }),
      ...(reply === undefined ? {} : { reply: text(reply) }),
      ...(recipient === undefined ? {} : { recipient: this.#address(recipient) }),
      ...(changes === undefined ? {} : { changes: changes.map((change) => this.#change(change, text)) }),
    };
  }

  /** Redacts a result. Nothing shows its comment, which may name the client. */
  #result(
    { method, result, reason, properties }: AuthResult,
    text: (text: string) => string,
  ): AuthResult {
    return {
      method,
      result,
      ...(reason === undefined ? {} : { reason: text(reason) }),
      ...(properties === undefined
        ? {}
        : { properties: properties.map((each) => ({ ...each, value: this.#propertyValue(each, text) })) }),
    };
  }

  #propertyValue(property: AuthProperty, text: (text: string) => string): string {
    const { value } = property;
    const name = propertyName(property);
    if (name === "smtp.helo") return this.#kinds.has("clients") ? LEFT_OUT : text(value);
    if (name === "smtp.auth" || (SENDERS.has(name) && value.includes("@"))) return this.#address(value);
    return SENDERS.has(name) && this.#kinds.has("addresses") ? LEFT_OUT : text(value);
  }

  /**
   * The names in a result that must be left out wherever the filters mention them: domains of senders with `addresses`, names
   * of the client with `clients`.
   */
  #hiddenNames(result: AuthResult): string[] {
    const names = (result.properties ?? []).filter((property) => {
      const name = propertyName(property);
      return name === "smtp.helo"
        ? this.#kinds.has("clients")
        : SENDERS.has(name) && this.#kinds.has("addresses");
    }).map(({ value }) => value);
    // Its comment is the client's name (RFC 8601 section 3).
    if (result.method === "iprev" && this.#kinds.has("clients")) names.push(result.comment ?? "");
    return names.map(domainIn).filter((name) => name !== "");
  }

  #connection(report: ConnectionReport): ConnectionReport {
    const { reply, helo, labels, notes } = report;
    return {
      ...report,
      client: this.#client(report.client),
      helo: helo === undefined ? undefined : this.#helo(helo),
      ...(reply === undefined ? {} : { reply: this.text(reply) }),
      ...(labels === undefined ? {} : { labels: labels.map((label) => this.text(label)) }),
      ...(notes === undefined
        ? {}
        : { notes: notes.map((note) => this.#note(note, (text) => this.text(text))) }),
    };
  }

  #tls({ version, cipher }: TlsReport): TlsReport {
    return { version: this.text(version), ...(cipher === undefined ? {} : { cipher: this.text(cipher) }) };
  }

  #helo(helo: string): string {
    return this.#kinds.has("clients") ? LEFT_OUT : this.text(helo);
  }

  /** Redacts a change. The address of a local user may have no domain, so its text alone would not show an address. */
  #change(change: string, text: (text: string) => string): string {
    const [, verb, path] = ENVELOPE_CHANGE.exec(change) ?? [];
    if (path === undefined) return text(change);
    const bare = bareAddress(path);
    const address = this.#address(bare);
    return text(verb + (bare === path ? address : `<${address}>`));
  }

  #fields(fields: unknown): PlainFields {
    const redacted = (name: string, value: PlainFields[string]) =>
      typeof value !== "string" ? value : KEYS.has(name) ? this.key(value) : this.text(value);
    return Object.fromEntries(
      Object.entries(plainFields(fields)).map(([name, value]) => [this.text(name), redacted(name, value)]),
    );
  }

  /** Redacts a text by which mail is counted: a login, an address, a domain, an IP address or a network. */
  key(key: string): string {
    const [, address = key, length] = /^(.*)\/(\d{1,3})$/s.exec(key) ?? [];
    if (isIP(address) === 0) return this.text(this.#address(key));
    if (!this.#kinds.has("clients")) return key;
    const isNetwork = length !== undefined && Number(length) <= (isIP(address) === 4 ? 24 : 48);
    return isNetwork ? key : networkOf(address);
  }

  /** Redacts a text from a filter, which may contain addresses. */
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
    // The null sender identifies nobody.
    if (!hides || address === "") return address;
    const start = this.#kinds.has("addresses") ? undefined : domainStart(address);
    return start === undefined ? LEFT_OUT : `${LEFT_OUT}@${address.slice(start)}`;
  }

  /** Redacts a Message-ID, which many programs make of the names of a user and of the machine. */
  #messageId(id: string): string {
    const redacted = this.#address(id);
    if (!this.#kinds.has("clients")) return redacted;
    const at = redacted.lastIndexOf("@");
    return at < 0 ? this.text(redacted) : `${this.text(redacted.slice(0, at))}@${LEFT_OUT}`;
  }

  #client(client: string | undefined): string | undefined {
    if (client === undefined || !this.#kinds.has("clients")) return client;
    return isIP(client) === 0 ? LEFT_OUT : networkOf(client);
  }
}

/** Replaces what looks like an IP address by its network, and keeps the text around it. */
function withoutHost(word: string): string {
  const [, tag = "", address = word] = /^(ipv6:)?(.*)$/i.exec(word) ?? [];
  // If the whole text is an address, it has no port.
  const end = isIP(address) === 0 ? address.search(/:\d*$/) : address.length;
  const host = address.slice(0, Math.max(end, 0));
  if (isIP(host) !== 0) return tag + networkOf(host) + address.slice(end);
  return word.replace(IPV4_LIKE, (part) => isIP(part) === 0 ? part : networkOf(part));
}

/** Returns the network of an IP address in CIDR notation. */
function networkOf(address: string): string {
  const [, ipv4] = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address) ?? [];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  const [head = "", tail] = address.replace(/%.*/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  // :: may stand for zeros among the first three groups.
  while (tail !== undefined && groups.length < 3) groups.push("0");
  return `${groups.slice(0, 3).map((group) => parseInt(group, 16).toString(16)).join(":")}::/48`;
}
