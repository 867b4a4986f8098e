/**
 * Records what filters in this process did with messages, as a server would log it.
 *
 * @module
 */

import type { FilterNote, LeftOut } from "../filter/report.ts";
import type { FilterLogLine } from "../kit/kit.ts";
import type { EventName } from "../protocol/constants.ts";
import type { ServerEvent } from "../server/server_events.ts";
import { MilterConnectionError } from "./client.ts";

/** A callback that failed. */
export interface FilterFailure {
  /** The filter's name. */
  readonly filter: string;
  /** The event. */
  readonly event: EventName | "negotiate";
  /** What it threw, or why its answer is invalid. */
  readonly error: unknown;
}

/** The log of one message. It grows until the next message begins or the connection ends. */
export interface MessageLog {
  /** What each filter did, and its remarks. */
  readonly notes: FilterNote[];
  /** Callbacks that failed. */
  readonly failures: FilterFailure[];
  /** What filters wrote to the log. */
  readonly logs: FilterLogLine[];
  /** The labels that filters gave it, once it has ended. */
  readonly labels: string[];
  /** The filters that took part, by name. */
  readonly tookPart: string[];
  /** What filters did not apply to; empty unless the connection was asked to report it. */
  readonly leftOut: LeftOut[];
  /** Why filters decided as they did; empty unless the connection was asked to report it. */
  readonly explanations: FilterExplanation[];
}

/** Why a filter decided as it did. */
export interface FilterExplanation {
  /** The filter's name. */
  readonly filter: string;
  /** One line. */
  readonly text: string;
}

/** Returns an empty log. */
export function emptyLog(): MessageLog {
  return { notes: [], failures: [], logs: [], labels: [], tookPart: [], leftOut: [], explanations: [] };
}

/** The log of one connection. */
export class FilterLog {
  /** Resolves when the connection has ended and every filter has closed. */
  readonly disconnected: Promise<void>;
  #current = emptyLog();
  #begun = false;
  #error: Error | undefined;
  #disconnect!: () => void;

  /** Makes an empty log. */
  constructor() {
    this.disconnected = new Promise((resolve) => this.#disconnect = resolve);
  }

  /** Records an event of a server. */
  readonly take = (event: ServerEvent): void => {
    switch (event.type) {
      case "message":
        this.#current.notes.push(...event.report.notes);
        this.#current.labels.push(...event.report.labels);
        this.#current.tookPart.push(...event.report.filters.map(({ filter }) => filter));
        break;
      case "filter-error":
        this.#current.failures.push({ filter: event.filter, event: event.event, error: event.error });
        break;
      case "filter-log": {
        const { filter, level, text, fields } = event;
        this.#current.logs.push({ filter, level, text, fields });
        break;
      }
      case "protocol-error":
      case "internal-error":
        this.#error = event.error;
        break;
      case "disconnected":
        this.#disconnect();
    }
  };

  /** Records why a filter decided as it did. */
  readonly explained = (filter: string, text: string): void => {
    this.#current.explanations.push({ filter, text });
  };

  /** Records what a filter did not apply to. */
  readonly leftOut = (leftOut: LeftOut): void => {
    this.#current.leftOut.push(leftOut);
  };

  /** Begins the log of a message; events before the first message count with it. */
  begin(): MessageLog {
    if (this.#begun) this.#current = emptyLog();
    this.#begun = true;
    return this.#current;
  }

  /** Adds the reason from the filters' side of the connection to an error of the client. */
  explain(error: unknown): unknown {
    const reason = this.#error;
    if (!reason || !(error instanceof MilterConnectionError)) return error;
    return new MilterConnectionError(error.code, error.value, `${error.message}: ${reason.message}`, {
      cause: reason,
    });
  }
}
