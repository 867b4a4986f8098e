/**
 * Measures how long the other side of a connection has sent nothing, or read nothing of what was sent to it.
 *
 * @module
 */

/** How long a connection may be silent, in milliseconds. */
export interface ConnectionTimes {
  /** From connecting to option negotiation. */
  readonly negotiation: number;
  /** Between two packets. */
  readonly idle: number;
  /** While it reads nothing of what was sent to it. */
  readonly send: number;
}

/** The state of a connection when it is checked; the connection itself, as each is checked every second. */
export interface ConnectionMoment {
  /** Whether options were negotiated. */
  readonly negotiated: boolean;
  /** Whether a callback is running, so that the other side waits for us. */
  readonly busy: boolean;
  /** How many written bytes the system has not accepted yet. */
  readonly queued: number;
}

/** Why a connection must be ended, and for how many milliseconds it has been silent. */
export interface Silence {
  /** `unread`: it reads nothing; `idle`: it sends nothing. */
  readonly type: "unread" | "idle";
  readonly milliseconds: number;
}

/** Watches one connection. Periodic checks avoid reading the clock for every packet. */
export class SilenceWatch {
  /** Whether anything arrived since the last check, and since when nothing has. */
  #spoke = true;
  #silentSince = 0;
  /** All bytes written; how many the system had accepted at the last check, and since when it accepted no more. */
  #written = 0;
  #taken = 0;
  #unreadSince = 0;

  /** Call when something arrived, or an asynchronous callback has finished. */
  heard(): void {
    this.#spoke = true;
  }

  /** Call when bytes were written. */
  wrote(bytes: number): void {
    this.#written += bytes;
  }

  /**
   * Checks the connection.
   *
   * @param now the time in milliseconds
   * @returns undefined if it may continue
   */
  look(now: number, moment: ConnectionMoment, times: ConnectionTimes): Silence | undefined {
    const { negotiated, busy } = moment;
    const unread = this.#unreadFor(now, moment.queued);
    if (unread >= times.send) return { type: "unread", milliseconds: unread };
    // Before negotiation, an occasional byte is no sign of life: slow attacks send just that.
    const alive = this.#spoke && (negotiated || this.#silentSince === 0);
    if (alive || busy) {
      this.#spoke = false;
      this.#silentSince = now;
      return undefined;
    }
    const silent = now - this.#silentSince;
    return silent < (negotiated ? times.idle : times.negotiation)
      ? undefined
      : { type: "idle", milliseconds: silent };
  }

  #unreadFor(now: number, queued: number): number {
    const taken = this.#written - queued;
    if (queued === 0 || taken > this.#taken) {
      this.#taken = taken;
      this.#unreadSince = now;
    }
    return now - this.#unreadSince;
  }
}
