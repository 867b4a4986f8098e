/**
 * How long the other side of a connection has said nothing, or taken nothing of what waits for it.
 *
 * @module
 */

/** How long a connection may keep silent, in milliseconds. */
export interface ConnectionTimes {
  /** From connecting to option negotiation. */
  readonly negotiation: number;
  /** Between two packets. */
  readonly idle: number;
  /** While it takes nothing of what waits for it. */
  readonly send: number;
}

/** What a connection is at when it is looked at. */
export interface ConnectionMoment {
  /** Whether options were negotiated. */
  readonly negotiated: boolean;
  /** Whether a callback is at work, so that the other side waits for us. */
  readonly busy: boolean;
  /** How many bytes were written and not taken by the system yet. */
  readonly queued: number;
}

/** Why a connection is to be ended, and for how many milliseconds that was so. */
export interface Silence {
  /** `unread`: it takes nothing; `idle`: nothing comes. */
  readonly type: "unread" | "idle";
  readonly milliseconds: number;
}

/** Watches one connection. It is looked at now and then, so that not every packet needs a look at the clock. */
export class SilenceWatch {
  /** Whether anything came since the last look, and since when nothing has. */
  #spoke = true;
  #silentSince = 0;
  /** All that was written; how much of it the system had taken at the last look, and since when it has taken no more. */
  #written = 0;
  #taken = 0;
  #unreadSince = 0;

  /** Told when something came, or a callback that was waited for is done. */
  heard(): void {
    this.#spoke = true;
  }

  /** Told when so many bytes were written. */
  wrote(bytes: number): void {
    this.#written += bytes;
  }

  /**
   * Looks at the connection.
   *
   * @param now the time in milliseconds
   * @returns undefined where it may go on
   */
  look(now: number, moment: ConnectionMoment, times: ConnectionTimes): Silence | undefined {
    const { negotiated, busy } = moment;
    const unread = this.#unreadFor(now, moment.queued);
    if (unread >= times.send) return { type: "unread", milliseconds: unread };
    // Before negotiation a byte now and then is no sign of life: that is what ports are kept busy with.
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
