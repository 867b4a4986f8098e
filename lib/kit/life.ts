/**
 * The life of a made filter: what it holds is let go once, when nobody serves it any more.
 *
 * @module
 */

import { MADE } from "../filter/filter_keys.ts";
import { FilterDisposedError } from "./filter_errors.ts";

/** Lets go of what a filter holds. */
export class FilterLife {
  readonly #name: string;
  readonly #end: () => Promise<void>;
  #uses = 0;
  #ended: Promise<void> | undefined;

  /**
   * @param name the filter's name, for errors
   * @param end lets go of everything; called once
   */
  constructor(name: string, end: () => Promise<void>) {
    this.#name = name;
    this.#end = end;
  }

  /**
   * Notes that one more server uses the filter.
   *
   * @throws {FilterDisposedError} if it was disposed already
   */
  retain(): void {
    if (this.#ended) throw new FilterDisposedError(this.#name);
    this.#uses++;
  }

  /** Notes that a server no longer uses the filter; the last one disposes it. */
  async release(): Promise<void> {
    if (--this.#uses <= 0) await this.dispose();
  }

  /** Lets go of everything, whoever uses the filter. Resolves when that is done; never rejects. */
  dispose(): Promise<void> {
    return this.#ended ??= this.#end();
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
   * @throws {FilterDisposedError} if one of them was disposed already; then the others are disposed, unless another server
   * uses them
   */
  constructor(filters: readonly object[]) {
    let problem: unknown;
    for (const filter of filters) {
      const life = lifeOf(filter);
      if (!life) continue;
      try {
        life.retain();
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
