/** A process in which nothing but a call in the background is still to come. */
import { systemClock } from "../../lib/time/clock.ts";

systemClock.after(600_000, () => {}, true);
