/** A filter of a case as the library wants it, and what it was shown. */
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { type Answer, defineFilter, type Filter, type VerdictEvent } from "../../lib/filter/filter.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import { type CaseFilter, type CaseVerdict, declaredChanges, type Field } from "./case.ts";
import type { Shown } from "./reference.ts";

const EVENTS: readonly VerdictEvent[] = [
  "connect",
  "helo",
  "mail",
  "rcpt",
  "data",
  "header",
  "eoh",
  "body",
  "eom",
];

/** A filter of a case. */
export class ScriptedFilter {
  /** For the chain. */
  readonly filter: Filter;
  readonly #script: CaseFilter;
  readonly #calls = new Map<VerdictEvent, number>();
  readonly #header: HeaderField[] = [];
  /** As they came, so that one that is written to afterwards is noticed. */
  readonly #body: Uint8Array[] = [];
  #atEnd: Field[] | undefined;

  constructor(script: CaseFilter, name: string) {
    this.#script = script;
    const { events, listsEvents, leadingSpace, actsOutside, dryRun, verdict } = script;
    const callbacks = listsEvents ? EVENTS : events;
    this.filter = defineFilter({
      name,
      changes: declaredChanges(script),
      ...(listsEvents ? { events } : {}),
      verdicts: verdict && events.includes(verdict.event) ? [verdict.event] : [],
      leadingSpace,
      actsOutside,
      dryRun,
      ...Object.fromEntries(callbacks.map((event) => [event, this.#callback(event)])),
    });
  }

  /** What it was shown. */
  shown(): Shown {
    return {
      header: this.#header.map(fieldOf),
      body: this.#body.map(latin1Text).join(""),
      atEnd: this.#atEnd,
    };
  }

  #callback(event: VerdictEvent): (argument: unknown) => Answer {
    const { pace } = this.#script;
    if (pace === "at once") return (argument) => this.#react(event, argument);
    const late = pace === "late" && event === "eom";
    return async (argument) => {
      await (late ? new Promise((resolve) => setTimeout(resolve)) : undefined);
      return this.#react(event, argument);
    };
  }

  #react(event: VerdictEvent, argument: unknown): Verdict | undefined {
    if (event === "header") this.#header.push(argument as HeaderField);
    if (event === "body") this.#body.push(argument as Uint8Array);
    if (event === "eom") this.#end(argument as EndOfMessage);
    const call = (this.#calls.get(event) ?? 0) + 1;
    this.#calls.set(event, call);
    const { verdict } = this.#script;
    return verdict?.event === event && verdict.call === call ? verdictOf(verdict) : undefined;
  }

  #end(message: EndOfMessage): void {
    const atEnd = [...message.headers];
    this.#atEnd = atEnd.map(fieldOf);
    const { changes, keepsHandles, events } = this.#script;
    const handles = keepsHandles && events.includes("header") ? this.#header : atEnd;
    for (const change of changes) {
      switch (change.type) {
        case "addHeader":
          message.addHeader(change.name, given(change.value));
          break;
        case "insertHeader":
          message.insertHeader(change.index, change.name, given(change.value));
          break;
        case "changeHeader":
          if (handles.length === 0) break;
          message.changeHeader(handles[change.pick % handles.length], given(change.value));
          break;
        case "deleteHeader":
          if (handles.length > 0) message.deleteHeader(handles[change.pick % handles.length]);
          break;
        case "changeFrom":
        case "addRcpt":
          message[change.type](change.address, change.args);
          break;
        case "deleteRcpt":
          message.deleteRcpt(change.address);
          break;
        case "replaceBody":
          message.replaceBody(given(change.text));
          break;
        case "quarantine":
          message.quarantine(change.reason);
      }
    }
  }
}

function fieldOf(field: HeaderField): Field {
  return { name: latin1Text(field.nameBytes), raw: latin1Text(field.rawValueBytes) };
}

/** Text where it means the same, else bytes: both can be given. */
function given(text: string): string | Uint8Array {
  // deno-lint-ignore no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text) ? text : latin1Bytes(text);
}

function verdictOf({ kind, withReply }: CaseVerdict): Verdict {
  switch (kind) {
    case "accept":
      return accept();
    case "discard":
      return discard();
    case "skip":
      return skip();
    case "reject":
      return withReply ? reject(550, "5.7.1", "No 100% of this") : reject();
    case "tempfail":
      return withReply ? tempfail(451, "4.7.1", "Later", "perhaps") : tempfail();
  }
}
