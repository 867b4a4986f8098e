/**
 * The life of a made filter: what it holds is let go once, when nobody serves it any more.
 *
 * @module
 */

import { MADE } from "../filter/filter_keys.ts";
import { FilterDisposedError } from "./filter_errors.ts";
import type { FilterLogLine } from "./kit.ts";

/** What lives: the kit of a filter, with what `create` returned. */
export interface LifeOwner {
  /** The filter's name, for errors. */
  readonly name: string;
  /** Gets the lines that the filter logs. */
  sink: ((line: FilterLogLine) => void) | undefined;
  /** Lets go of everything; called once. Never rejects. */
  end(): Promise<void>;
}

/** Lets go of what a filter holds. */
export class FilterLife {
  readonly #owner: LifeOwner;
  #uses = 0;
  #ended: Promise<void> | undefined;

  /** @param owner what lives */
  constructor(owner: LifeOwner) {
    this.#owner = owner;
  }

  /**
   * Notes that one more server uses the filter.
   *
   * @param onLog gets the lines that the filter logs outside messages, unless whoever made it has asked for them
   * @throws {FilterDisposedError} if it was disposed already
   */
  retain(onLog: (line: FilterLogLine) => void): void {
    if (this.#ended) throw new FilterDisposedError(this.#owner.name);
    this.#uses++;
    this.#owner.sink = onLog;
  }

  /** Notes that a server no longer uses the filter; the last one disposes it. */
  async release(): Promise<void> {
    if (--this.#uses <= 0) await this.dispose();
  }

  /** Lets go of everything, whoever uses the filter. Resolves when that is done; never rejects. */
  dispose(): Promise<void> {
    return this.#ended ??= this.#owner.end();
  }
}

/** The life of a filter; undefined for one that was not made. */
export function lifeOf(filter: object): FilterLife | undefined {
  return (filter as { readonly [MADE]?: FilterLife })[MADE];
}

/** The lives of the filters that one server uses. */
export class Lives {
  readonly #lives: FilterLife[] = [];

  /**
   * Notes that a server uses filters.
   *
   * @param filters the filters
   * @param onLog gets the lines that they log outside messages, unless whoever made one has asked for them
   * @throws {FilterDisposedError} if one of them was disposed already; then the others are disposed, unless another server
   * uses them
   */
  constructor(filters: readonly object[], onLog: (line: FilterLogLine) => void) {
    let problem: unknown;
    for (const filter of filters) {
      const life = lifeOf(filter);
      if (!life) continue;
      try {
        life.retain(onLog);
        this.#lives.push(life);
      } catch (error) {
        problem ??= error;
      }
    }
    if (problem === undefined) return;
    void this.release();
    throw problem;
  }

  /** Notes that the server no longer uses them. Resolves when those that nobody uses are disposed; never rejects. */
  async release(): Promise<void> {
    await Promise.all(this.#lives.splice(0).map((life) => life.release()));
  }
}
