/**
 * The life of a made filter: what it holds is released once, when nothing serves it any more.
 *
 * @module
 */

import { MADE } from "../filter/filter_keys.ts";
import { FilterDisposedError } from "./filter_errors.ts";
import type { FilterLogLine } from "./kit.ts";

/** What is released: the kit of a filter, with what `create` returned. */
export interface LifeOwner {
  /** The filter's name, for errors. */
  readonly name: string;
  /** Receives the lines that the filter logs. */
  sink: ((line: FilterLogLine) => void) | undefined;
  /** Releases everything; called once. Never rejects. */
  end(): Promise<void>;
}

/** Counts the servers that use a filter, and releases what it holds. */
export class FilterLife {
  readonly #owner: LifeOwner;
  #uses = 0;
  #ended: Promise<void> | undefined;

  /** @param owner what to release */
  constructor(owner: LifeOwner) {
    this.#owner = owner;
  }

  /**
   * Notes that one more server uses the filter.
   *
   * @param onLog receives the lines that the filter logs outside messages, unless `onLog` was given when it was made
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

  /** Releases everything, even if servers still use the filter. Resolves when that is done; never rejects. */
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
   * @param onLog receives the lines that they log outside messages, unless `onLog` was given when one was made
   * @throws {FilterDisposedError} if one of them was disposed already; then the others are disposed, unless another
   * server uses them
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

  /**
   * Notes that the server no longer uses them. Resolves when those that are no longer used are disposed; never rejects.
   */
  async release(): Promise<void> {
    await Promise.all(this.#lives.splice(0).map((life) => life.release()));
  }
}
