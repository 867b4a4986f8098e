// A rate-limit filter with a clock that the test turns, and what it answers.
import { rateLimit } from "../../filters/rate_limit/rate_limit.ts";
import type { KitParts } from "../../lib/kit/kit.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { deliver, type Delivered, type TestClient, TestClock, type TestMail } from "../../lib/testing.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface Limited {
  readonly filter: MadeFilter;
  readonly clock: TestClock;
  /** Delivers a message. */
  send(mail?: TestMail & TestClient): Promise<Delivered>;
  /** Delivers a message of a login. */
  sendAs(login: string, mail?: TestMail & TestClient): Promise<Delivered>;
  /** Delivers messages of a login; how many got through. */
  count(login: string, messages: number): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a filter. */
export async function limited(given: Given, parts: KitParts = {}): Promise<Limited> {
  const clock = new TestClock();
  const filter = await madeFilter(rateLimit, given, { clock, ...parts });
  const send = (mail: TestMail & TestClient = {}) => deliver(filter, { clock, ...mail });
  const sendAs = (login: string, mail: TestMail & TestClient = {}) =>
    send({ ...mail, macros: { ...mail.macros, auth_authen: login } });
  return {
    filter,
    clock,
    send,
    sendAs,
    count: async (login, messages) => {
      let through = 0;
      for (let i = 0; i < messages; i++) if ((await sendAs(login)).outcome === "accept") through++;
      return through;
    },
    [Symbol.asyncDispose]: () => filter.dispose(),
  };
}

/** The outcome for each recipient, in order. */
export function outcomes(delivered: Delivered, recipients: readonly string[]): string[] {
  return recipients.map((recipient) =>
    delivered.refused.find((each) => each.recipient === recipient)?.outcome ?? delivered.outcome
  );
}

/** Waits until a check no longer throws: for what programs and servers do outside of the clock. */
export async function eventually(check: () => void, limit = 15_000): Promise<void> {
  const end = performance.now() + limit;
  while (true) {
    try {
      return check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
