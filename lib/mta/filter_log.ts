/**
 * What filters in this process did with messages, as a server would log it.
 *
 * @module
 */

import type { FilterNote } from "../filter/report.ts";
import type { EventName } from "../protocol/constants.ts";
import type { ServerEvent } from "../server/server_events.ts";
import { MilterConnectionError } from "./client.ts";

/** A callback that did not answer as it should. */
export interface FilterFailure {
  /** The filter's name. */
  readonly filter: string;
  /** The event. */
  readonly event: EventName | "negotiate";
  /** What it threw, or why its answer does not count. */
  readonly error: unknown;
}

/** What is known of one message. It grows until the next one begins, or the connection is over. */
export interface MessageLog {
  /** What each filter did, and its remarks. */
  readonly notes: FilterNote[];
  /** Callbacks that failed. */
  readonly failures: FilterFailure[];
}

/** The log of one connection. */
export class FilterLog {
  /** Settled when the connection is over and every filter has closed. */
  readonly disconnected: Promise<void>;
  #current: MessageLog = { notes: [], failures: [] };
  #begun = false;
  #error: Error | undefined;
  #disconnect!: () => void;

  /** Nothing was logged yet. */
  constructor() {
    this.disconnected = new Promise((resolve) => this.#disconnect = resolve);
  }

  /** Takes what a server tells. */
  readonly take = (event: ServerEvent): void => {
    switch (event.type) {
      case "message":
        this.#current.notes.push(...event.report.notes);
        break;
      case "filter-error":
        this.#current.failures.push({ filter: event.filter, event: event.event, error: event.error });
        break;
      case "protocol-error":
      case "internal-error":
        this.#error = event.error;
        break;
      case "disconnected":
        this.#disconnect();
    }
  };

  /** A message begins; what came before the first one counts with it. */
  begin(): MessageLog {
    if (this.#begun) this.#current = { notes: [], failures: [] };
    this.#begun = true;
    return this.#current;
  }

  /** An error of the client's, with the reason that the filters' side of the connection has for it. */
  explain(error: unknown): unknown {
    const reason = this.#error;
    if (!reason || !(error instanceof MilterConnectionError)) return error;
    return new MilterConnectionError(error.code, error.value, `${error.message}: ${reason.message}`, {
      cause: reason,
    });
  }
}
