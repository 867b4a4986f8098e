import type { Clock } from "../../lib/time/clock.ts";

/** A clock that a test advances manually. */
export class ManualClock implements Clock {
  #now = 0;
  #runs = false;
  readonly #calls = new Set<
    { readonly at: number; readonly milliseconds: number; readonly call: () => void }
  >();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    if (this.#runs) {
      const timer = setTimeout(call);
      return () => clearTimeout(timer);
    }
    const entry = { at: this.#now + milliseconds, milliseconds, call };
    this.#calls.add(entry);
    return () => void this.#calls.delete(entry);
  }

  /** Whether somebody waits for so long. */
  waited(milliseconds: number): boolean {
    return [...this.#calls].some((entry) => entry.milliseconds === milliseconds);
  }

  /** Returns the remaining time of a wait of this length, in milliseconds; the longest if there are several. */
  left(milliseconds: number): number {
    const ends = [...this.#calls].filter((entry) => entry.milliseconds === milliseconds).map(({ at }) => at);
    return Math.max(...ends) - this.#now;
  }

  /** Resolves when this much time has passed. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.after(milliseconds, resolve));
  }

  /** The same, but advances step by step from one scheduled call to the next, each after pending work has finished. */
  async pass(milliseconds: number): Promise<void> {
    const passed = this.sleep(milliseconds);
    const end = this.#now + milliseconds;
    while (this.#now < end) {
      await new Promise((resolve) => setTimeout(resolve));
      const next = Math.min(end, ...[...this.#calls].map(({ at }) => at));
      this.advance(Math.max(0, next - this.#now));
    }
    await passed;
  }

  /** Advances the time without running callbacks, as blocking work does: callbacks that are due run late. */
  block(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Ends all current and future waits at once, for the end of a test. */
  letGo(): void {
    this.#runs = true;
    this.advance(Infinity);
  }

  /** Advances the time and runs all callbacks that are due by then, earliest first. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    while (true) {
      const due = [...this.#calls].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#calls.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.call();
    }
    this.#now = until;
  }
}
