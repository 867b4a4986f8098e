/** A filter of a case as the library wants it, and what it was shown. */
import type { Answer } from "../../lib/filter/allowed.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import { type CaseFilter, type CaseVerdict, declaredChanges, type Field } from "./case.ts";
import type { Shown, ShownAtEnd } from "./reference.ts";

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
  #atEnd: ShownAtEnd | undefined;
  /** What it is not to be called for any more. */
  #doneWith: "nothing" | "body" | "all" = "nothing";
  readonly #strayCalls: string[] = [];

  constructor(script: CaseFilter, name: string) {
    this.#script = script;
    const { events, listsEvents, leadingSpace, actsOutside, dryRun, verdict } = script;
    const callbacks = listsEvents ? EVENTS : events;
    this.filter = {
      name,
      changes: declaredChanges(script),
      ...(listsEvents ? { events } : {}),
      verdicts: verdict && isRefusal(verdict) && events.includes(verdict.event) ? [verdict.event] : [],
      leadingSpace,
      actsOutside,
      dryRun,
      ...Object.fromEntries(callbacks.map((event) => [event, this.#callback(event)])),
    };
  }

  /** Calls that should not have been, after what it answered. */
  get strayCalls(): readonly string[] {
    return this.#strayCalls;
  }

  /** What it was shown. */
  shown(): Shown {
    return {
      header: this.#header.map(fieldOf),
      body: this.#body.map(latin1Text).join(""),
      atEnd: this.#atEnd,
    };
  }

  #callback(event: VerdictEvent): (argument: unknown, context?: MessageContext<unknown, unknown>) => Answer {
    const { pace } = this.#script;
    if (pace === "at once") return (argument, context) => this.#react(event, argument, context);
    const late = pace === "late" && event === "eom";
    return async (argument, context) => {
      await (late ? new Promise((resolve) => setTimeout(resolve)) : undefined);
      return this.#react(event, argument, context);
    };
  }

  #react(
    event: VerdictEvent,
    argument: unknown,
    context?: MessageContext<unknown, unknown>,
  ): Verdict | undefined {
    if (this.#doneWith === "all" || this.#doneWith === event) {
      this.#strayCalls.push(`${event} of ${this.filter.name}`);
    }
    if (event === "header") this.#header.push(argument as HeaderField);
    if (event === "body") this.#body.push(argument as Uint8Array);
    if (event === "eom") this.#end(argument as EndOfMessage, context!);
    const call = (this.#calls.get(event) ?? 0) + 1;
    this.#calls.set(event, call);
    const { verdict } = this.#script;
    if (verdict?.event !== event || verdict.call !== call) return undefined;
    const { kind } = verdict;
    const ofRecipient = event === "rcpt" && (kind === "reject" || kind === "tempfail");
    if (!ofRecipient) this.#doneWith = kind === "skip" ? "body" : "all";
    return verdictOf(verdict);
  }

  #end(message: EndOfMessage, context: MessageContext<unknown, unknown>): void {
    const atEnd = [...message.headers];
    this.#atEnd = {
      header: atEnd.map(fieldOf),
      recipients: context.recipients.map(({ address }) => address),
    };
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
        case "changeHeader": {
          const handle = handles[change.pick % handles.length];
          if (handle) message.changeHeader(handle, given(change.value));
          break;
        }
        case "deleteHeader": {
          const handle = handles[change.pick % handles.length];
          if (handle) message.deleteHeader(handle);
          break;
        }
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

/** What a filter has to declare. */
function isRefusal({ kind }: CaseVerdict): boolean {
  return kind !== "accept" && kind !== "skip";
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
