/**
 * Says why the process ends if something in it calls `process.exit`, such as a filter.
 *
 * @module
 */

import { printMessage } from "./messages.ts";

const WHY = "something in this process ended it, such as a filter's process.exit()";

/** One for the process, which ends only once. */
let tell: () => void = () => printMessage(WHY);

/** Says nothing about it in this process: whoever started it says so in a log. */
export function leaveEarlyExitToParent(): void {
  tell = () => {};
}

/** Says that the process was ended. */
export function tellEarlyExit(): void {
  tell();
}
