/**
 * The state of a chain on one connection. Other files operate on it: events, verdicts, the end of a message, reports.
 *
 * @module
 */

import { EventBit } from "../protocol/events.ts";
import type { MacroRequest } from "../protocol/macros.ts";
import { type MtaKind, mtaKindOf } from "../message/mta.ts";
import type { Clock } from "../time/clock.ts";
import type { Client } from "../filter/context.ts";
import type { LabelSet } from "../filter/labels.ts";
import type { FilterNote } from "../filter/report.ts";
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

/** The state of a chain on one connection. */
export class ConnectionState implements ConnectionInfo {
  /** Settings that all connections of the chain share. */
  readonly settings: ChainSettings;
  readonly host: ConnectionHost;
  /** The filters, in order. */
  readonly instances: readonly FilterInstance[];
  client: Client | undefined;
  helo: string | undefined;
  notes: FilterNote[] | undefined;
  labels: LabelSet | undefined;
  cancelled = false;
  /** The result of negotiation. */
  terms: AgreedTerms = NO_TERMS;
  requestedMacros: MacroRequest | undefined;
  /** The verdict on the whole connection. */
  verdict: Verdict | undefined;
  /** The current message. */
  message: MessageState | undefined;
  /** Settled when the running abort and close callbacks have finished: no other callback starts before. */
  cleanup: Promise<unknown> | undefined;
  /** The MTA, set once a message began, so that it is not looked up for each message: the macro comes at connect. */
  #mtaSeen: MtaKind | undefined;
  /** Created for the first asynchronous callback. */
  #budget: Budget | undefined;

  /**
   * @param plans the filters' terms, in order
   * @param settings settings that all connections of the chain share
   * @param host the connection
   * @param before the state for the previous SMTP client on the same socket
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

  /** The MTA, as far as it is known from the macros at connect. */
  mta(): MtaKind {
    return this.#mtaSeen ?? this.settings.mta ?? mtaKindOf(this.host.macro("v"));
  }

  /** The same once the MTA has sent all macros that identify it. Remembers the result. */
  mtaAtMessage(): MtaKind {
    return this.#mtaSeen ??= this.mta();
  }

  /**
   * The current message.
   *
   * @throws {Error} if there is none: an event of a message came before its sender
   */
  get openMessage(): MessageState {
    if (this.message) return this.message;
    throw new Error("An event of a message came before its sender");
  }

  /** Whether messages are reported. */
  get reports(): boolean {
    return this.host.onMessage !== undefined;
  }

  /** Call when everything the MTA sent has been processed: what comes next gets the full time. */
  caughtUp(): void {
    this.#budget?.caughtUp();
  }

  /** Call when an event begins. */
  eventBegins(): void {
    this.#budget?.eventBegins();
  }

  /** Call when work becomes asynchronous, so that the MTA may have to wait from this moment. */
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
