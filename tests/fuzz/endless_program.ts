/** A case that never ends, for the test of what notices it. */
import { Watchdog } from "./engine/watchdog.ts";

new Watchdog(500).begins("endless-test", Uint8Array.of(1, 2, 3));
// The other thread needs a moment to begin.
await new Promise((resolve) => setTimeout(resolve, 200));
for (;;);
