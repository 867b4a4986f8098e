/** What is to come of a case: its filters one after the other, each as a milter of its own, at the model of an MTA. */
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import type { Case, CaseFilter, CaseVerdict, Fate, Field } from "./case.ts";
import { type MtaModel, type Place, takeIn } from "./mta_model.ts";
import { at } from "../support/present.ts";

/** What a filter is shown of a message. */
export interface Shown {
  /** By its `header` callback. */
  readonly header: readonly Field[];
  /** By its `body` callback. */
  readonly body: string;
  /** At the end of the message; undefined where it is not called then. */
  readonly atEnd: ShownAtEnd | undefined;
}

/** What a filter is shown at the end of the message. */
export interface ShownAtEnd {
  readonly header: readonly Field[];
  /** The addresses that no filter refused; what filters made of them is not shown. */
  readonly recipients: readonly string[];
}

/** What is to come of a case. */
export interface Expected {
  readonly fate: Fate;
  /** Which filter decided it; undefined where the message passes or nobody is left to get it. */
  readonly decidedBy: number | undefined;
  /** Which filter has the message held, where the MTA asks nobody behind such a one; else undefined. */
  readonly heldBy: number | undefined;
  /** Whether it was decided before there was any content. */
  readonly beforeContent: boolean;
  /** Which of the recipients no filter refused. */
  readonly recipients: readonly number[];
  /** Filter by filter. Of those behind the one that decided, nothing. */
  readonly shown: readonly Shown[];
  /** The message as it came. */
  readonly original: MtaModel;
  /** The message in the end; undefined where it does not pass. */
  readonly message: MtaModel | undefined;
}

/** Works a case out. */
export function workOut(theCase: Case): Expected {
  return new Reference(theCase).play();
}

/** A filter on its way through the message. */
class Milter {
  readonly header: Field[] = [];
  body = "";
  atEnd: ShownAtEnd | undefined;
  /** Whether it is not asked any more. */
  out = false;
  readonly #calls = new Map<VerdictEvent, number>();

  constructor(readonly filter: CaseFilter) {}

  hears(event: VerdictEvent): boolean {
    return !this.out && this.filter.events.includes(event);
  }

  /** Its answer to an event; a dry run lets the message pass, but is asked no more if it would have ended it. */
  answer(event: VerdictEvent): CaseVerdict["kind"] | undefined {
    const { verdict, dryRun } = this.filter;
    const call = (this.#calls.get(event) ?? 0) + 1;
    this.#calls.set(event, call);
    if (verdict?.event !== event || verdict.call !== call) return undefined;
    const { kind } = verdict;
    if (kind === "accept" || kind === "skip" || !dryRun) return kind;
    return event === "rcpt" && kind !== "discard" ? undefined : "accept";
  }
}

class Reference {
  readonly #case: Case;
  readonly #milters: Milter[];
  #decidedBy: number | undefined;
  #heldBy: number | undefined;
  #taken: readonly string[] = [];

  constructor(theCase: Case) {
    this.#case = theCase;
    this.#milters = theCase.filters.map((filter) => new Milter(filter));
  }

  play(): Expected {
    const { message } = this.#case;
    let recipients: number[] = [];
    let fate = this.#command("connect") ?? this.#command("helo") ?? this.#command("mail");
    if (!fate) [fate, recipients] = this.#recipients();
    if (!fate && recipients.length === 0) fate = "nobody";
    fate ??= this.#command("data");
    const beforeContent = fate !== undefined;
    const taken = { ...message, recipients: recipients.map((i) => at(message.recipients, i)) };
    this.#taken = taken.recipients.map(({ address }) => address);
    const mta = takeIn(this.#case.mta, taken);
    fate ??= this.#content(mta);
    return {
      fate: fate ?? "pass",
      decidedBy: this.#decidedBy,
      heldBy: this.#heldBy,
      beforeContent,
      recipients,
      shown: this.#milters.map(({ header, body, atEnd }) => ({ header, body, atEnd })),
      original: takeIn(this.#case.mta, taken),
      message: fate ? undefined : mta,
    };
  }

  /** One command to each in order; what ends the message. */
  #command(event: VerdictEvent): Fate | undefined {
    for (const [i, milter] of this.#milters.entries()) {
      const verdict = milter.hears(event) ? milter.answer(event) : undefined;
      if (verdict === "accept") milter.out = true;
      else if (verdict && verdict !== "skip") return this.#decide(i, verdict);
    }
    return undefined;
  }

  #recipients(): [fate: Fate | undefined, recipients: number[]] {
    const taken: number[] = [];
    for (const i of this.#case.message.recipients.keys()) {
      const verdict = this.#command("rcpt");
      if (verdict === "discard") return [verdict, taken];
      this.#decidedBy = undefined;
      if (!verdict) taken.push(i);
    }
    return [undefined, taken];
  }

  /** The whole content to each in order, each one's changes before the next one comes. */
  #content(mta: MtaModel): Fate | undefined {
    for (const [i, milter] of this.#milters.entries()) {
      if (milter.out) continue;
      const verdict = this.#show(milter, mta) ?? this.#end(milter, mta);
      if (verdict && verdict !== "accept" && verdict !== "skip") return this.#decide(i, verdict);
      if (mta.held === undefined || this.#case.mta !== "postfix") continue;
      this.#heldBy = i;
      return undefined;
    }
    return undefined;
  }

  /** The content to one; the verdict that ends its part in it. */
  #show(milter: Milter, mta: MtaModel): CaseVerdict["kind"] | undefined {
    if (milter.hears("header")) {
      for (const { name, raw } of mta.sendHeader()) {
        milter.header.push({ name, raw });
        const verdict = milter.answer("header");
        if (verdict) return verdict;
      }
    }
    const atEoh = milter.hears("eoh") ? milter.answer("eoh") : undefined;
    if (atEoh) return atEoh;
    const body = mta.sendBody();
    if (!milter.hears("body") || body === "") return undefined;
    milter.body = body;
    // It answers to the first piece if at all, so where the others begin does not matter.
    const verdict = milter.answer("body");
    return verdict === "skip" ? undefined : verdict;
  }

  /** The end of the message for one; its verdict. */
  #end(milter: Milter, mta: MtaModel): CaseVerdict["kind"] | undefined {
    if (!milter.hears("eom")) return undefined;
    const places = mta.visible();
    milter.atEnd = { header: places.map(({ name, raw }) => ({ name, raw })), recipients: this.#taken };
    const verdict = milter.answer("eom");
    const changes = !milter.filter.dryRun && (!verdict || verdict === "accept");
    if (changes) carryOutChanges(milter.filter, mta, places, this.#case.mta === "postfix" ? "\t" : " ");
    return verdict;
  }

  #decide(filter: number, verdict: Exclude<CaseVerdict["kind"], "accept" | "skip">): Fate {
    this.#decidedBy = filter;
    return verdict;
  }
}

/** A filter's changes as the packets that its milter would have to send. */
function carryOutChanges(
  { changes, leadingSpace }: CaseFilter,
  mta: MtaModel,
  shown: readonly (Place & Field)[],
  indent: string,
): void {
  /** The fields that were shown, by the names they had then, each with the place where it is. */
  const fields = shown.map((field): { readonly name: string; place: Place } => ({
    name: field.name,
    place: field,
  }));
  const chunks: string[] = [];
  for (const change of changes) {
    switch (change.type) {
      case "addHeader":
        mta.addHeader(change.name, rawOf(change.value, leadingSpace, indent));
        break;
      case "insertHeader":
        mta.insertHeader(change.index, change.name, rawOf(change.value, leadingSpace, indent));
        break;
      case "changeHeader":
      case "deleteHeader": {
        const field = fields[change.pick % fields.length];
        if (!field) break;
        // Nothing at all would delete the field.
        const raw = change.type === "deleteHeader" ? "" : rawOf(change.value, leadingSpace, indent) || " ";
        field.place = mta.changeHeader(mta.numberOf(field.place), field.name, raw) ?? field.place;
        break;
      }
      case "changeFrom":
        mta.changeFrom(change.address, change.args);
        break;
      case "addRcpt":
        mta.addRcpt(change.address, change.args);
        break;
      case "deleteRcpt":
        mta.deleteRcpt(change.address);
        break;
      case "replaceBody":
        chunks.push(change.text);
        break;
      case "quarantine":
        mta.quarantine(change.reason);
    }
  }
  if (chunks.length > 0) mta.replaceBody(chunks);
}

/** What stands behind the colon for a value that a filter sets: as the library promises it. */
function rawOf(value: string, leadingSpace: boolean, indent: string): string {
  const lines = value.split(/\r\n|\r|\n/).filter((line, i) => i === 0 || line !== "");
  const folded = lines.map((line, i) => i === 0 || /^[ \t]/.test(line) ? line : indent + line);
  return (leadingSpace ? "" : " ") + folded.join("\n");
}
