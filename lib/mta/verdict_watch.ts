/**
 * Finds verdicts that a callback makes but does not return, and that therefore have no effect. For tests and `milterkit
 * check`; filters that serve mail are not watched.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { isThenable } from "../chain/maybe_promise.ts";
import type { Filter } from "../filter/filter.ts";
import { plainFilter } from "../filter/filter_keys.ts";
import { observeVerdicts, type Verdict } from "../filter/verdict.ts";
import { type AnsweredEvent, EVENT_NAMES } from "../protocol/events.ts";
import type { VerdictKind } from "../protocol/verdict_scope.ts";

/** The callbacks that may return verdicts. */
const WATCHED: readonly WatchedCallback[] = ["negotiate", ...EVENT_NAMES];

type WatchedCallback = AnsweredEvent | "negotiate";

/** One call of a callback. */
interface Call {
  readonly watch: VerdictWatch;
  readonly filter: string;
  readonly event: WatchedCallback;
  /** The verdicts that it has made and not returned yet. */
  readonly made: Set<Verdict>;
  ended: boolean;
}

/** Follows a call across its awaits. */
const calls = new AsyncLocalStorage<Call>();

/**
 * Copies the verdict: those without a reply are constants, and the verdicts of different calls must be distinguishable.
 */
function observe<K extends VerdictKind>(verdict: Verdict<K>): Verdict<K> {
  const call = calls.getStore();
  // `continue` is the default anyway.
  if (call === undefined || verdict.kind === "continue") return verdict;
  const copy = { ...verdict };
  call.made.add(copy);
  if (call.ended) call.watch.leave(call);
  return copy;
}

/** Watches filters for verdicts that they make but do not return. */
export class VerdictWatch {
  /** Verdicts of calls that have ended. A filter may keep one in its state, and return it from a later callback. */
  readonly #left = new Map<Verdict, Call>();

  /** Returns a filter that does the same and is watched; what is not a filter is returned as it is. */
  watch<F extends Filter>(filter: F): F {
    if (typeof filter !== "object" || filter === null) return filter;
    observeVerdicts(observe);
    const plain = plainFilter(filter);
    const watched = { ...plain } as unknown as Record<string, unknown>;
    for (const event of WATCHED) {
      if (typeof plain[event] !== "function") continue;
      watched[event] = (...args: never[]) => {
        const call: Call = { watch: this, filter: filter.name, event, made: new Set(), ended: false };
        const callback = plain[event] as unknown as (...args: never[]) => unknown;
        const answer = calls.run(call, () => callback.apply(plain, args));
        if (!isThenable(answer)) {
          this.#end(call, answer);
          return answer;
        }
        const pending = Promise.resolve(answer);
        // What the callback threw is reported as a failure.
        pending.then((verdict) => this.#end(call, verdict), () => {});
        return pending;
      };
    }
    // Symbols are copied too: a made filter keeps its life.
    return watched as unknown as F;
  }

  /** Notes the verdicts of a call that has ended. */
  leave(call: Call): void {
    for (const verdict of call.made) this.#left.set(verdict, call);
    call.made.clear();
  }

  /**
   * Returns a warning for each callback that made a verdict which no callback has returned, and forgets these verdicts.
   *
   * @param which the callbacks to look at; all unless given
   */
  take(which: (event: WatchedCallback) => boolean = () => true): string[] {
    const warnings = new Map<string, string>();
    for (const [verdict, { filter, event }] of this.#left) {
      if (!which(event)) continue;
      this.#left.delete(verdict);
      const key = `${filter}\0${event}\0${verdict.kind}`;
      if (!warnings.has(key)) warnings.set(key, warningOf(filter, event, verdict));
    }
    return [...warnings.values()];
  }

  #end(call: Call, answer: unknown): void {
    call.made.delete(answer as Verdict);
    this.#left.delete(answer as Verdict);
    call.ended = true;
    this.leave(call);
  }
}

/** Whether an event belongs to the connection, so that its verdict may be kept for every message of it. */
export function isOfConnection(event: WatchedCallback): boolean {
  return event === "negotiate" || event === "connect" || event === "helo";
}

function warningOf(filter: string, event: string, { kind, reply }: Verdict): string {
  const { code, enhanced, lines = [] } = reply ?? {};
  const args = code === undefined ? [] : [code, ...[enhanced, ...lines].filter((text) => text !== undefined)];
  const call = `${kind}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  const advice = args.length === 0 ? call : `${kind}(…)`;
  return `filter ${filter}: ${event} made ${call} and did not return it; write return ${advice}`;
}
