/** A module that advances a clock at its top level while a filter has yet to be called, on a machine with much to do. */
import { defineFilter } from "../../mod.ts";
import { deliver, TestClock } from "../../lib/testing.ts";

const stuck = defineFilter({ name: "stuck", mail: () => new Promise<void>(() => {}) });
const clock = new TestClock();
const delivery = deliver(stuck, { clock });
const advanced = clock.advance(8000);
// Timers that are set by now are due when this module has been evaluated.
for (const began = performance.now(); performance.now() - began < 10;);
await advanced;

/** Whether the filter's time is up. */
export const isTimedOut = await Promise.race([
  delivery.then(({ outcome }) => outcome === "tempfail"),
  new Promise<boolean>((resolve) => void setTimeout(resolve, 2000, false)),
]);
