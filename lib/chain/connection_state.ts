/**
 * What a chain knows of one connection. Events, verdicts, the end of a message and reports are files of their own that
 * work on it.
 *
 * @module
 */

import { EventBit } from "../protocol/events.ts";
import { type MtaKind, mtaKindOf } from "../message/mta.ts";
import type { Clock } from "../time/clock.ts";
import type { Client } from "../filter/context.ts";
import type { Verdict } from "../filter/verdict.ts";
import { type AgreedTerms, NO_TERMS } from "./agreed_terms.ts";
import { type Allowance, Budget } from "./budget.ts";
import type { ChainSettings } from "./chain_settings.ts";
import type { ConnectionHost } from "./connection_host.ts";
import { FilterInstance } from "./filter_instance.ts";
import type { MessageState } from "./message_state.ts";
import type { ConnectionInfo } from "./participant_info.ts";
import type { Plan } from "./plan.ts";
import { ScopedInstance } from "./scoped_instance.ts";

/** One connection of a chain. */
export class ConnectionState implements ConnectionInfo {
  /** What the connections of the chain share. */
  readonly settings: ChainSettings;
  readonly host: ConnectionHost;
  /** The filters, in order. */
  readonly instances: readonly FilterInstance[];
  client: Client | undefined;
  helo: string | undefined;
  cancelled = false;
  /** What negotiation brought. */
  terms: AgreedTerms = NO_TERMS;
  /** The verdict on the whole connection. */
  verdict: Verdict | undefined;
  /** The message at hand. */
  message: MessageState | undefined;
  /** Settled when the abort and close callbacks at work are done: nothing else is asked before. */
  cleanup: Promise<unknown> | undefined;
  /** The MTA, once a message began: what told it came at connect, and is not looked up for each message. */
  #mtaSeen: MtaKind | undefined;
  /** Made when a filter first takes its time. */
  #budget: Budget | undefined;

  /**
   * @param plans the filters' terms, in order
   * @param settings what the connections of the chain share
   * @param host the connection
   * @param before the SMTP client before this one on the same socket
   */
  constructor(
    plans: readonly Plan[],
    settings: ChainSettings,
    host: ConnectionHost,
    before: ConnectionState | undefined,
  ) {
    this.settings = settings;
    this.host = host;
    this.instances = plans.map((plan) =>
      plan.filter.scope ? new ScopedInstance(plan, this) : new FilterInstance(plan, this)
    );
    if (before) this.#budget = before.#budget;
  }

  get clock(): Clock {
    return this.settings.clock;
  }

  /** The MTA, as far as it is known: by what it told at connect. */
  mta(): MtaKind {
    return this.#mtaSeen ?? this.settings.mta ?? mtaKindOf(this.host.macro("v"));
  }

  /** The same once it has told all that it tells of itself. */
  mtaAtMessage(): MtaKind {
    return this.#mtaSeen ??= this.mta();
  }

  /**
   * The message at hand, where there must be one.
   *
   * @throws {Error} where an event of a message came before its sender
   */
  get openMessage(): MessageState {
    if (this.message) return this.message;
    throw new Error("An event of a message came before its sender");
  }

  /** Whether anybody wants to be told of what the filters do. */
  get reports(): boolean {
    return this.host.onMessage !== undefined;
  }

  /** Told when all that the MTA sent is worked off: what comes next has the whole time. */
  caughtUp(): void {
    this.#budget?.caughtUp();
  }

  /** Told when an event begins. */
  eventBegins(): void {
    this.#budget?.eventBegins();
  }

  /** Told when something takes its time, so that the MTA may have to wait from here on. */
  waits(): void {
    this.#ownBudget.waits();
  }

  /** How long a callback other than `eom` may take. */
  allowance(instance: FilterInstance, event: number): Allowance {
    const own = instance.plan.filter.timeout ?? this.settings.timeouts.callback;
    return this.#ownBudget.allowance(event, own, this.terms.answered);
  }

  /** How long `eom` may take. */
  allowanceAtEnd(): Allowance {
    return this.#ownBudget.allowance(EventBit.eom, Infinity, this.terms.answered);
  }

  get #ownBudget(): Budget {
    return this.#budget ??= new Budget(this.settings.timeouts, this.clock);
  }
}
