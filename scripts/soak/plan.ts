/**
 * Decides what the soak test does next, reproducibly at random.
 *
 * @module
 */

import { Random } from "../../tests/support/random.ts";

/** What happens to a message, or to its connection. */
export type Fate =
  /** It is sent to its end. */
  | { readonly kind: "whole"; readonly sample: SampleName; readonly sender: string }
  /** ABORT after so many of its answered events. */
  | { readonly kind: "abort"; readonly after: number }
  /** Its bytes end at this share of them: the socket is closed, or only its writing half. */
  | { readonly kind: "cut"; readonly after: number; readonly half: boolean }
  /** A malformed or misplaced packet comes in the middle of it. */
  | { readonly kind: "garbage"; readonly after: number; readonly bytes: Uint8Array };

/** The sample messages. */
export type SampleName = "usual" | "two-recipients" | "too-large";

/** What comes after a message. */
export type Next = "same-connection" | "next-client" | "reconnect";

const EVENTS = ["mail", "rcpt", "data", "header", "eoh", "body", "eom"] as const;
const WAYS = ["throw", "throw", "reject", "rubbish"] as const;
const LETTERS = "ABCDEHKLMNOQRTU!c\0";

/** Draws from a seed. */
export class Plan {
  readonly #random: Random;

  /** @param seed where the chance comes from */
  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** What becomes of the next message. Nine of ten are as mail is. */
  fate(): Fate {
    const random = this.#random;
    const share = random.below(1000);
    if (share < 840) return { kind: "whole", sample: "usual", sender: "ok" };
    if (share < 890) return { kind: "whole", sample: "two-recipients", sender: "ok" };
    if (share < 910) return { kind: "whole", sample: "too-large", sender: "ok" };
    if (share < 935) return { kind: "whole", sample: "usual", sender: this.#trouble() };
    if (share < 937) return { kind: "whole", sample: "usual", sender: `hang-${this.#event()}` };
    if (share < 960) return { kind: "abort", after: random.below(9) };
    if (share < 985) return { kind: "cut", after: random.below(9), half: random.below(2) === 0 };
    return { kind: "garbage", after: random.below(9), bytes: this.#garbage() };
  }

  /** What comes after a message whose connection stands. */
  next(): Next {
    const share = this.#random.below(100);
    return share < 92 ? "same-connection" : share < 96 ? "next-client" : "reconnect";
  }

  /** A whole number from 0 up to `end`, without `end`. */
  below(end: number): number {
    return this.#random.below(end);
  }

  #event(): string {
    return this.#random.pick(EVENTS);
  }

  #trouble(): string {
    return `${this.#random.pick(WAYS)}-${this.#event()}`;
  }

  #garbage(): Uint8Array {
    const random = this.#random;
    const bytes = Uint8Array.from(
      { length: 5 + random.below(200) },
      (_, i) => random.below(256) | (i === 0 ? 0x80 : 0),
    );
    // Half of it is a packet of a possible length with any letter. The other half is anything, but for a length that may
    // be waited for.
    if (random.below(2) === 0) {
      bytes.set([0, 0, 0, bytes.length - 4, random.pick([...LETTERS]).charCodeAt(0)]);
    }
    return bytes;
  }
}
