/** A case for a seed. */
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { Random } from "../support/random.ts";
import type { Case, CaseChange, CaseFilter, CaseMessage, CaseVerdict, Field, Mailbox } from "./case.ts";

/** Few names, so that they meet; in more than one spelling. */
const NAMES = [
  "Received",
  "Received",
  "From",
  "FROM",
  "Date",
  "Message-Id",
  "Message-ID",
  "Return-Path",
  "Subject",
  "X-A",
  "x-a",
  "X-A",
  "X-B",
];
const ADDRESSES = ["ann@example.net", "bob@example.net", "cy@example.net", "dee@example.org"];
const SENDER_ARGUMENTS = [undefined, undefined, "RET=HDRS", "RET=FULL ENVID=abc", "ENVID=def", ""];
const RECIPIENT_ARGUMENTS = [
  undefined,
  undefined,
  undefined,
  "NOTIFY=NEVER",
  "NOTIFY=SUCCESS,DELAY",
  "NOTIFY=FAILURE ORCPT=rfc822;else@example.org",
];
/** Without CR CR LF, of which Sendmail shows the next filter only one CR. */
const LINE_ENDS = ["\r\n", "\r\n", "\r\n", "\n", "\n\n", "\r\n\n"];
/** More than once: more often. */
const CHANGES: readonly CaseChange["type"][] = [
  ...Array.from({ length: 4 }, () => ["addHeader", "insertHeader", "changeHeader", "deleteHeader"] as const)
    .flat(),
  "deleteHeader",
  "changeFrom",
  "addRcpt",
  "addRcpt",
  "deleteRcpt",
  "deleteRcpt",
  "replaceBody",
  "replaceBody",
  "quarantine",
];
const SKIP: CaseVerdict = { event: "body", call: 1, kind: "skip", withReply: false };
const CHANCES: Readonly<Partial<Record<VerdictEvent, number>>> = {
  connect: 0.1,
  helo: 0.1,
  mail: 0.2,
  rcpt: 0.2,
  data: 0.1,
  header: 0.6,
  eoh: 0.3,
  body: 0.45,
  eom: 0.9,
};

/**
 * The case of a seed; every other one behind Postfix, and those between behind Sendmail.
 *
 * @param random what all but the MTA is drawn from
 */
export function randomCase(seed: number, random: Random = new Random(seed)): Case {
  return new Chance(random).case(seed);
}

class Chance {
  readonly #random: Random;
  /** Every value is another one, so that none can stand for another. */
  #serial = 0;
  #returnPathBrought = false;

  constructor(random: Random) {
    this.#random = random;
  }

  case(seed: number): Case {
    const message = this.#message();
    const filters = this.#times(1 + this.#below(4), () => this.#filter());
    const cuts = this.#times(this.#below(4), () => this.#below(message.body.length + 1));
    return {
      seed,
      mta: seed % 2 ? "postfix" : "sendmail",
      message,
      filters,
      cuts: cuts.sort((a, b) => a - b),
      // Mostly more than any body has; files take their time.
      spoolMemory: this.#often(0.02) ? 16 : 1_000_000,
    };
  }

  #message(): CaseMessage {
    return {
      sender: this.#mailbox(["from@example.org", ""], SENDER_ARGUMENTS.filter((args) => args !== "")),
      recipients: ADDRESSES.slice(0, 1 + this.#below(3)).map((address) =>
        this.#mailbox([address], RECIPIENT_ARGUMENTS)
      ),
      header: this.#times(this.#below(13), () => this.#field()),
      body: this.#often(0.02)
        ? this.#largeText()
        : this.#times(this.#below(4), () => `${this.#text()}\r\n`).join(""),
    };
  }

  #field(): Field {
    return { name: this.#of(NAMES), raw: this.#of([" ", " ", " ", "", "  ", "\t"]) + this.#value("\n") };
  }

  #filter(): CaseFilter {
    const events = (Object.keys(CHANCES) as VerdictEvent[]).filter((event) => this.#often(CHANCES[event]!));
    const changes: CaseChange[] = [];
    if (events.includes("eom")) {
      for (let left = this.#below(7); left > 0; left--) changes.push(this.#change(changes));
    }
    const verdict = this.#often(0.1) ? this.#verdict(events) : this.#often(0.04) ? SKIP : undefined;
    return {
      events,
      listsEvents: this.#often(0.2),
      pace: this.#of(["at once", "at once", "promise", this.#often(0.02) ? "late" : "promise"]),
      keepsHandles: this.#often(0.3),
      leadingSpace: this.#often(0.3),
      actsOutside: this.#often(0.1),
      dryRun: this.#often(0.08),
      declaresAll: this.#often(0.15),
      changes,
      ...(verdict ? { verdict } : {}),
    };
  }

  #change(earlier: readonly CaseChange[]): CaseChange {
    const type = this.#of(CHANGES);
    switch (type) {
      case "addHeader":
        return { type, name: this.#broughtName(), value: this.#newValue() };
      case "insertHeader": {
        const index = this.#often(0.1) ? 100 : this.#below(15);
        return { type, index, name: this.#broughtName(), value: this.#newValue() };
      }
      case "changeHeader":
        return { type, pick: this.#pick(earlier), value: this.#newValue() };
      case "deleteHeader":
        return { type, pick: this.#pick(earlier) };
      case "changeFrom":
        return { type, ...this.#mailbox(["", ...ADDRESSES], SENDER_ARGUMENTS) };
      case "addRcpt":
        return { type, ...this.#mailbox(ADDRESSES, RECIPIENT_ARGUMENTS) };
      case "deleteRcpt":
        return { type, address: this.#of(ADDRESSES) };
      case "replaceBody":
        return { type, text: this.#newBody() };
      case "quarantine":
        return { type, reason: `reason ${++this.#serial}` };
    }
  }

  /**
   * Return-Path once only: Sendmail has one before all else, and what filters put before that cannot always be brought
   * about by so few packets. (It delivers none of theirs.)
   */
  #broughtName(): string {
    const name = this.#of(NAMES);
    if (name !== "Return-Path") return name;
    const first = !this.#returnPathBrought;
    this.#returnPathBrought = true;
    return first ? name : "X-B";
  }

  /** A field, now and then one that was deleted before. */
  #pick(earlier: readonly CaseChange[]): number {
    const deleted = earlier.flatMap((change) => change.type === "deleteHeader" ? [change.pick] : []);
    return deleted.length > 0 && this.#often(0.3) ? this.#of(deleted) : this.#below(12);
  }

  /** A verdict at one of the events; none for a filter that hears of no event. */
  #verdict(events: readonly VerdictEvent[]): CaseVerdict | undefined {
    const event = events[this.#below(events.length)];
    const refusals = ["reject", "tempfail"] as const;
    const kinds = event === "connect" || event === "helo"
      ? refusals
      : event === "body"
      ? [...refusals, "discard", "skip", "skip"] as const
      : [...refusals, "discard"] as const;
    const kind = this.#often(0.4) ? "accept" : this.#of<CaseVerdict["kind"]>(kinds);
    const repeats = event === "header" || event === "rcpt";
    const call = repeats ? 1 + this.#below(3) : 1;
    const withReply = this.#often(0.3);
    return event && { event, call, kind, withReply };
  }

  #mailbox(addresses: readonly string[], args: readonly (string | undefined)[]): Mailbox {
    const chosen = args[this.#below(args.length)];
    return { address: this.#of(addresses), ...(chosen === undefined ? {} : { args: chosen }) };
  }

  /** A value as a filter may set it: line ends of any kind, continued or not. */
  #newValue(): string {
    const lead = this.#often(0.2) ? this.#of([" ", "\t"]) : "";
    const lineEnd = this.#of(["\n", "\r\n", "\r"]);
    // Without white space behind it, the line end would begin a field of its own.
    const unfolded = this.#often(0.1) ? `${lineEnd}X-Not: a field${lineEnd}` : "";
    return lead + this.#value(lineEnd) + unfolded;
  }

  #value(lineEnd: string): string {
    const value = `v${++this.#serial}`;
    switch (this.#below(12)) {
      case 0:
        return "";
      case 1:
        return `${value} \xe9\xff`;
      case 2:
        return `${value}${lineEnd}\tfolded`;
      case 3:
        return `${value}${lineEnd} f\xc3\xa9${lineEnd}\t  twice`;
      default:
        return value;
    }
  }

  #text(): string {
    return this.#of(["", "line ", "l\xefne ", "."]) + ++this.#serial;
  }

  /** A piece of a new body: whole lines or not, with line ends of both kinds. */
  #newBody(): string {
    if (this.#often(0.02)) return this.#largeText();
    const lines = this.#times(this.#below(4), () => this.#text() + this.#of(LINE_ENDS));
    return this.#of(["", "", "", "\n"]) + lines.join("") + this.#of(["", "", "unended", "\r"]);
  }

  /** 70 to 200 kB. */
  #largeText(): string {
    const line = `${"0123456789".repeat(this.#below(7))} ${++this.#serial}\r\n`;
    return line.repeat(Math.ceil((70_000 + this.#below(130_000)) / line.length));
  }

  #often(chance: number): boolean {
    return this.#random.next() < chance;
  }

  #below(end: number): number {
    return this.#random.below(end);
  }

  #of<T>(choices: readonly T[]): T {
    return this.#random.pick(choices);
  }

  #times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }
}
