/** Sendmail: what `milter.c`, `headers.c` and `recipient.c` of 8.17 do, with the fields that `proto.m4` declares. */
import type { CaseMessage, Field } from "./case.ts";
import type { MtaModel, Place } from "./mta_model.ts";

interface Header extends Place {
  readonly name: string;
  /** `H_USER`: it came from a client or a milter, so that its number counts. */
  user: boolean;
  readonly origin: "sendmail" | "message" | "milter";
  /** What it was before the first milter came. */
  readonly before: string | null;
  /** Whether a milter changed or deleted it. */
  touched: boolean;
}

interface Recipient {
  readonly flags: Set<string>;
  orcpt: string;
  removed: boolean;
}

/** The H lines, in their order: they stand in the list before all fields of a message, for what it may lack. */
const DECLARED = [
  "Return-Path",
  "Received",
  "Resent-Date",
  "Date",
  "Resent-From",
  "From",
  "Full-Name",
  "Resent-Message-Id",
  "Message-Id",
];

/** `H_TRACE` of conf.c. */
const TRACE = new Set(["received", "x400-received", "via", "mail-from"]);

/** `H_FORCE` of conf.c: the declared field stays where the message has one of the name. */
const FORCE = new Set([...TRACE, "comments", "return-path", "x-authentication-warning"]);

/** What stands for the value of a field that Sendmail makes itself. */
const DEFAULT = " of Sendmail's own";

/** Sendmail with a message. */
export class SendmailModel implements MtaModel {
  readonly #header: Header[];
  /** With LF line ends, as in the queue. */
  #body: string;
  #sender: string;
  #senderArgs = "";
  readonly #recipients = new Map<string, Recipient>();
  held: string | undefined;

  constructor(message: CaseMessage) {
    this.#header = shownHeader(message.header);
    this.#body = queued(message.body);
    this.#sender = message.sender.address;
    this.#senderArgs = sortedArguments(message.sender.args ?? "");
    for (const { address, args } of message.recipients) this.addRcpt(address, args);
  }

  /** `milter_headers`, which takes `H_USER` from what was deleted, as far as it comes. */
  *sendHeader(): Generator<Place & Field, void> {
    for (const header of this.#header) {
      if (header.raw === null) header.user = false;
      else if (header.user) yield header as Place & Field;
    }
  }

  visible(): (Place & Field)[] {
    return this.#header.filter(({ user, raw }) => user && raw !== null) as (Place & Field)[];
  }

  /** `milter_body`: LF becomes CRLF, unless a CR is there. */
  sendBody(): string {
    return this.#body.replace(/(?<!\r)\n/g, "\r\n");
  }

  numberOf(place: Place): number {
    return this.#header.filter((header) => header.user && sameName(header.name, place.name))
      .indexOf(place as Header) + 1;
  }

  /** `milter_addheader`: a declared field, or one that is gone, is taken; else before the first of the name. */
  addHeader(name: string, raw: string): Place {
    const free = this.#header.find((header) =>
      sameName(header.name, name) && !header.user && !isTrace(header)
    );
    if (!free) return this.#addFirst(name, raw);
    set(free, raw);
    return free;
  }

  /** `insheader`: behind the place that the index says, for nothing comes before the first; a number with a sign. */
  insertHeader(index: number, name: string, raw: string): void {
    this.#header.splice(Math.max(index | 0, 0) + 1, 0, newHeader(name, raw, "milter"));
  }

  /** `milter_changeheader` */
  changeHeader(index: number, name: string, raw: string): Place | undefined {
    let left = index;
    let declared: Header | undefined;
    let found: Header | undefined;
    for (const header of this.#header) {
      if (!sameName(header.name, name)) continue;
      if (header.user && --left <= 0) {
        found = header;
        break;
      }
      if (!header.user && !isTrace(header)) declared = header;
    }
    found ??= declared;
    if (!found) return raw === "" ? undefined : this.#addFirst(name, raw);
    if (raw !== "") {
      set(found, raw);
    } else {
      found.raw = null;
      found.touched = true;
    }
    return found;
  }

  /** `milter_chgfrom`: arguments, be they empty, replace all that there were. */
  changeFrom(address: string, args?: string): void {
    this.#sender = bare(address);
    if (args !== undefined) this.#senderArgs = sortedArguments(args);
  }

  /** `recipient`: nothing for one that is there; one that was removed comes back with the flags that it had. */
  addRcpt(address: string, args = ""): void {
    const { flags, orcpt } = parsedRecipient(args);
    const known = this.#recipients.get(bare(address));
    if (!known) {
      this.#recipients.set(bare(address), { flags, orcpt, removed: false });
    } else if (known.removed) {
      known.removed = false;
      for (const flag of flags) known.flags.add(flag);
    }
  }

  deleteRcpt(address: string): void {
    const known = this.#recipients.get(bare(address));
    if (known) known.removed = true;
  }

  replaceBody(chunks: readonly string[]): void {
    this.#body = queued(chunks.join(""));
  }

  quarantine(reason: string): void {
    this.held = reason;
  }

  lines(): string[] {
    const recipients: string[] = [];
    for (const [address, { flags, orcpt, removed }] of this.#recipients) {
      if (!removed) recipients.push(`recipient ${address} ${orcpt} ${[...flags].sort()}`);
    }
    const header = this.#header.filter(({ raw }) => raw !== null);
    return [
      `sender ${this.#sender} ${this.#senderArgs}`,
      // It delivers by host, in an order of its own.
      ...recipients.sort(),
      `held: ${this.held}`,
      ...header.map(({ name, raw }) => `header ${name}:${raw}`),
      ...this.#body.split("\n").map((line) => `body ${line}`),
    ];
  }

  headerPacketsNeeded(): number {
    return this.#header.reduce((packets, { origin, raw, before, touched }) => {
      if (origin !== "message") return packets + Number(raw !== before);
      // To change a field to nothing at all would delete it, so it is deleted, and brought anew.
      return packets + (!touched ? 0 : raw === "" ? 2 : 1);
    }, 0);
  }

  /** `addheader` */
  #addFirst(name: string, raw: string): Place {
    const header = newHeader(name, raw, "milter");
    const first = this.#header.findIndex((other) => sameName(other.name, name));
    this.#header.splice(first < 0 ? this.#header.length : first, 0, header);
    return header;
  }
}

/** `dochompheader`, field after field: one that the message has takes the place of the declared one. */
function shownHeader(fields: readonly Field[]): Header[] {
  const header = DECLARED.map((name) => newHeader(name, DEFAULT, "sendmail"));
  for (const { name, raw } of fields) {
    const declared = header.filter((other) =>
      other.origin === "sendmail" && sameName(other.name, name) && !FORCE.has(name.toLowerCase())
    );
    // Without a value it is as if the message had none.
    if (declared.length > 0 && raw.trim() === "") continue;
    for (const other of declared) other.raw = null;
    header.push(newHeader(name, raw, "message"));
  }
  return header.map((each) => ({ ...each, before: each.raw }));
}

function newHeader(name: string, raw: string, origin: Header["origin"]): Header {
  const before = origin === "milter" ? null : raw;
  return { name, raw, user: origin !== "sendmail", origin, before, touched: false };
}

function set(header: Header, raw: string): void {
  header.raw = raw;
  header.user = true;
  header.touched = true;
}

function isTrace({ name }: Header): boolean {
  return TRACE.has(name.toLowerCase());
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function queued(body: string): string {
  return body.replace(/\r\n/g, "\n");
}

/** `rcpt_esmtp_args` */
function parsedRecipient(args: string): { flags: Set<string>; orcpt: string } {
  const flags = new Set<string>();
  let orcpt = "";
  for (const arg of args.split(" ")) {
    const [key, value = ""] = arg.split("=");
    if (key === "ORCPT") orcpt = value;
    if (key !== "NOTIFY") continue;
    flags.add("notify");
    for (const when of value.split(",")) if (when !== "NEVER") flags.add(when);
  }
  return { flags, orcpt };
}

function sortedArguments(args: string): string {
  return args.split(" ").filter(Boolean).sort().join(" ");
}

function bare(address: string): string {
  return address.replace(/^<(.*)>$/, "$1");
}
