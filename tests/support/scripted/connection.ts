/**
 * One connection of a scripted filter: at each callback it applies the rules, writes a line to the log, and returns the
 * verdict.
 *
 * @module
 */

import {
  accept,
  type Answer,
  discard,
  type EndOfMessage,
  type FilterTerms,
  type Offer,
  reject,
  skip,
  tempfail,
  type Verdict,
} from "../../../mod.ts";
import { Agreement } from "./agreement.ts";
import { atoi, cString, fromText } from "./bytes.ts";
import { holds, type Occasion } from "./conditions.ts";
import { Conversation } from "./conversation.ts";
import { expand } from "./expansion.ts";
import type { Log, Operation } from "./log.ts";
import { type MacroLookup, MacroMemory } from "./macros.ts";
import { MessageChanges } from "./message_changes.ts";
import { type Mta, type MtaChoice, mtaOf } from "./mta.ts";
import { replyVerdict } from "./reply.ts";
import { readScript, type Script, type Stage } from "./script.ts";
import { isMessageAction, isSilent, termsOf } from "./terms.ts";

/** What all connections of a filter share. */
export interface Shared {
  /** The name of the filter. */
  readonly name: string;
  /** The path of the script, which is read for each connection. */
  readonly scriptPath: string;
  readonly mta: MtaChoice;
  readonly log: Log;
  /** Called for errors in a script. */
  readonly warn: (text: string) => void;
  /** Numbers the connections. */
  readonly nextNumber: () => number;
}

/** What holds for a connection once it is negotiated. */
interface Session {
  readonly number: number;
  readonly script: Script;
  readonly agreement: Agreement;
  readonly macros: MacroMemory;
}

/** One callback at work. */
interface Call {
  readonly occasion: Occasion;
  readonly args: readonly string[];
  readonly macro: MacroLookup;
  readonly mta: Mta;
  readonly changes: MessageChanges | undefined;
  readonly operations: Operation[];
}

const VERDICTS = ["continue", "accept", "reject", "tempfail", "discard", "skip"] as const;

/** A verdict as scripts write it. */
type VerdictWord = typeof VERDICTS[number];

/** What macros come with: those that Postfix sends before a header or a piece of the body are lost on libmilter. */
const BRING_MACROS: ReadonlySet<Stage> = new Set(
  ["connect", "helo", "mail", "rcpt", "data", "eoh", "eom"] as const,
);

/** For an SMTP client that comes over a socket negotiated for the one before it, see `SMFIC_QUIT_NC`. */
const ALL_OFFERED = { actions: 0x1ff, protocol: 0x1fffff };

/** One connection of a scripted filter. */
export class ScriptedConnection {
  /** What was seen so far. */
  readonly seen: Conversation = new Conversation();
  readonly #shared: Shared;
  #session: Session | undefined;
  /** The reply of the last `setreply`, until it is given. */
  #reply: Verdict | undefined;

  /** @param shared what it shares with the filter's other connections */
  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Whether anything was negotiated, and so whether there is anything in the log. */
  get begun(): boolean {
    return this.#session !== undefined;
  }

  /** Reads the script, and asks for what it says. */
  negotiate(offer: Offer): FilterTerms {
    const { number, script, agreement } = this.#session = this.#begin(offer);
    this.#shared.log.negotiation({
      connection: number,
      offered: agreement.offered,
      wanted: agreement.wanted,
      got: agreement.got,
      operations: [...script.symlists].map(() => ["setsymlist", 0]),
    });
    return termsOf(script, agreement, offer);
  }

  /** Whether header values have the leading space that they have in the message. */
  get leadingSpace(): boolean {
    return this.#session?.agreement.has("hdr-leadspc") ?? false;
  }

  /** Lets go of the macros of a message: libmilter does so when another one begins, or the client says HELO. */
  forgetMacros(): void {
    this.#session?.macros.forget();
  }

  /**
   * Goes through the rules of a callback.
   *
   * @param occasion what conditions look at
   * @param args what the callback was called with, for the log
   * @param macro looks a macro up
   * @param message the message, at its end
   * @returns the verdict; a promise only where a rule says `sleep`
   */
  call(occasion: Occasion, args: readonly string[], macro: MacroLookup, message?: EndOfMessage): Answer {
    const session = this.#session ??= this.#begin(ALL_OFFERED);
    this.seen.count(occasion.stage);
    if (BRING_MACROS.has(occasion.stage)) session.macros.update(macro);
    const mta = mtaOf(this.#shared.mta, macro("v"));
    const changes = message && new MessageChanges(message, session.agreement, mta);
    const call: Call = { occasion, args, macro, mta, changes, operations: [] };
    const word = this.#follow(call, session, 0);
    return word instanceof Promise
      ? word.then((settled) => this.#finish(call, session, settled))
      : this.#finish(call, session, word);
  }

  #begin(offer: Pick<Offer, "actions" | "protocol">): Session {
    const { scriptPath, warn, nextNumber } = this.#shared;
    const script = readScript(scriptPath, warn);
    return {
      number: nextNumber(),
      script,
      agreement: new Agreement(script, offer),
      macros: new MacroMemory(script),
    };
  }

  /** Goes through the rules, from one of them on. */
  #follow(call: Call, session: Session, from: number): VerdictWord | Promise<VerdictWord> {
    const { rules } = session.script;
    const { occasion } = call;
    const sources = {
      name: fromText(this.#shared.name),
      seen: this.seen,
      macro: (name: string) => session.macros.get(name, call.macro),
    };
    for (const [i, { stage, conditions, action, args }] of rules.entries()) {
      if (i < from) continue;
      if (stage !== occasion.stage) continue;
      if (!conditions.every((condition) => holds(condition, occasion, this.seen, this.#shared.warn))) {
        continue;
      }
      if (isVerdictWord(action)) return action;
      const values = args.map((argument) => expand(argument, sources));
      if (action === "sleep") {
        call.operations.push([action, 0]);
        return delay(atoi(values[0] ?? "")).then(() => this.#follow(call, session, i + 1));
      }
      call.operations.push(this.#perform(call, action, values));
    }
    return "continue";
  }

  #perform({ changes, mta }: Call, action: string, args: readonly string[]): Operation {
    if (isMessageAction(action)) return changes?.carryOut(action, args) ?? [action, -1];
    switch (action) {
      case "setreply": {
        const reply = replyVerdict(args.map(cString), mta);
        this.#reply = reply ?? this.#reply;
        return [action, reply ? 0 : -1];
      }
      case "progress":
        // Milterkit itself sends progress packets.
        return [action, 0];
      default:
        this.#shared.warn(`unknown action ${action}`);
        return [action, -99];
    }
  }

  #finish(call: Call, session: Session, word: VerdictWord): Verdict | undefined {
    const { stage } = call.occasion;
    const { number, agreement, macros } = session;
    call.changes?.finish();
    const silent = isSilent(stage, agreement);
    this.#shared.log.callback({
      connection: number,
      message: this.seen.message,
      stage,
      args: call.args,
      macros: stage === "header" || stage === "body" ? undefined : macros.logged(),
      operations: call.operations,
      verdict: silent ? "noreply" : word,
    });
    if (stage === "eom" || stage === "abort") this.seen.endMessage();
    return silent ? undefined : this.#verdict(stage, word, call.mta);
  }

  /** The verdict, where it can be given; what the MTA makes of one that Milterkit does not give. */
  #verdict(stage: Stage, word: VerdictWord, mta: Mta): Verdict | undefined {
    if (stage === "abort" || stage === "close") return undefined;
    switch (word) {
      case "continue":
        return undefined;
      case "reject":
      case "tempfail":
        return this.#refusal(word);
      case "accept":
        // Milterkit refuses it there, since Postfix drops the SMTP connection.
        return stage === "unknown" ? undefined : accept();
      case "discard":
        // Before there is a message Sendmail takes it for accept at connect, and both go on everywhere else.
        if (stage === "connect") return mta === "sendmail" ? accept() : undefined;
        return stage === "helo" || stage === "unknown" ? undefined : discard();
      case "skip":
        // libmilter gives it whether it was negotiated or not, and both MTAs heed it.
        return stage === "body" ? skip() : undefined;
    }
  }

  /** A reject or tempfail, with the reply that was set for it. */
  #refusal(kind: "reject" | "tempfail"): Verdict {
    const reply = this.#reply;
    if (reply?.kind !== kind) return kind === "reject" ? reject() : tempfail();
    this.#reply = undefined;
    return reply;
  }
}

function isVerdictWord(action: string): action is VerdictWord {
  return (VERDICTS as readonly string[]).includes(action);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
