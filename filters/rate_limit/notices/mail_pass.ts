/**
 * Lets our own notices pass our own limits: each uses an unguessable name in EHLO that is valid only until the notice
 * has been handed over.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { Store } from "../../../lib/store/store.ts";

/** How long a pass holds at most, in milliseconds: as long as the mail may take, and a little. */
const LIFE = 70_000;
const NAME = /^notice-([0-9a-f]{32})\.milterkit\.invalid$/i;

/** Makes passes, and knows them again in every process with the same store. */
export class MailPasses {
  readonly #store: Store;

  /** @param store where they are kept */
  constructor(store: Store) {
    this.#store = store;
  }

  /** Does something with a name for EHLO that has a pass until it is done. */
  async during<T>(use: (helo: string) => Promise<T>): Promise<T> {
    const secret = randomBytes(16).toString("hex");
    await this.#store.set(secret, "notice", LIFE);
    try {
      return await use(`notice-${secret}.milterkit.invalid`);
    } finally {
      await this.#store.delete(secret);
    }
  }

  /** Whether a client greeted with a name that has a pass. Only a name that looks like one is looked up. */
  has(helo: string | undefined): boolean | Promise<boolean> {
    const [, secret] = NAME.exec(helo ?? "") ?? [];
    return secret !== undefined && this.#isKept(secret.toLowerCase());
  }

  async #isKept(secret: string): Promise<boolean> {
    return await this.#store.get(secret) !== undefined;
  }
}
