/**
 * A filter that occasionally fails, at any event and in any way, and otherwise adds a header field.
 *
 * The program under test loads it as a user's own filter.
 *
 * @module
 */

import { defineFilter } from "milterkit";

/** The time-out of a callback, and the duration of one that hangs, in milliseconds. */
const TIMEOUT = 200;
const HANG = 500;

function perhaps(): Promise<undefined> | undefined {
  const chance = Math.random();
  if (chance < 0.003) throw new Error("a fault that was asked for");
  if (chance < 0.005) return Promise.reject(new Error("a fault that was asked for"));
  if (chance < 0.006) return "rubbish" as never;
  if (chance < 0.008) return new Promise((resolve) => setTimeout(() => resolve(undefined), HANG));
}

export default defineFilter({
  name: "faulty",
  changes: ["addHeader"],
  timeout: TIMEOUT,
  connect: perhaps,
  helo: perhaps,
  mail: perhaps,
  rcpt: perhaps,
  data: perhaps,
  header: perhaps,
  eoh: perhaps,
  body: perhaps,
  eom(message) {
    const add = () => message.addHeader("X-Faulty", "was here");
    const fault = perhaps();
    // The filter's own time-out does not apply at end of message: a hanging callback answers late.
    if (fault instanceof Promise) return fault.then(add);
    if (fault) return fault;
    add();
  },
});
