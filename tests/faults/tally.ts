/** A filter that counts what it makes and what it lets go. */
import assert from "node:assert/strict";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { ALL_EVENTS, type AnyFilter, until } from "../server/support.ts";

/** What a filter was asked to make, and told of its end. */
export class Tally {
  connections = 0;
  closed = 0;
  messages = 0;
  /** Messages that ended for it: by its own answer at the end, or by an abort. */
  ended = 0;

  /** A line for whoever compares. */
  get held(): string {
    return `${this.connections - this.closed} connections, ${this.messages - this.ended} messages`;
  }

  /** Waits until nothing is held: callbacks that are late take their time. */
  async balanced(what: string): Promise<void> {
    await until(() => this.held === "0 connections, 0 messages", `${what}: ${this.held}`).catch(() => {});
    assert.equal(this.held, "0 connections, 0 messages", what);
  }
}

type React = (event: VerdictEvent | "abort" | "close") => unknown;

/**
 * A filter with all callbacks that counts into a tally.
 *
 * @param tally where it counts
 * @param react what a callback does then; its answer is the callback's
 * @param settings more of the filter
 */
export function counting(
  tally: Tally,
  react: React = () => undefined,
  settings: Partial<AnyFilter> = {},
): AnyFilter {
  const filter: Record<string, unknown> = {
    name: "counting",
    connectionState: () => ({ number: ++tally.connections }),
    messageState: () => ({ number: ++tally.messages }),
  };
  for (const event of ALL_EVENTS) filter[event] = () => react(event);
  // Once: an end that comes too late is followed by an abort, and only one that answered in time is not.
  const end = (state: { over?: boolean }) => {
    if (!state.over) tally.ended++;
    state.over = true;
  };
  filter.eom = (_message: unknown, { messageState }: { messageState: object }) => {
    const answer = react("eom");
    if (answer === undefined) return end(messageState);
    if (!(answer instanceof Promise)) return answer;
    return answer.then((settled) => {
      if (settled === undefined) end(messageState);
      return settled;
    });
  };
  filter.abort = ({ messageState }: { messageState: object }) => {
    end(messageState);
    return react("abort");
  };
  filter.close = () => {
    tally.closed++;
    return react("close");
  };
  return { ...filter, ...settings } as AnyFilter;
}
