/**
 * What is wrong with a value of `serve` though its kind is right: found when the file is read, where its place is known.
 *
 * @module
 */

import { hasGroup } from "../../lib/net/unix_socket.ts";
import { spoolFolder } from "./listener_config.ts";
import { httpAddress } from "../options/http_address.ts";
import { socketMode } from "../options/socket_mode.ts";
import { workersOf } from "../options/worker_count.ts";
import type { Problem } from "./problem.ts";
import type { Setting } from "./toml.ts";

/** Each throws for a text that cannot be used. */
const CHECKS: Readonly<Record<string, (text: string) => unknown>> = {
  workers: (text) => workersOf(text),
  metrics: (text) => httpAddress("metrics", text),
  "socket-mode": (text) => socketMode("serve", text),
  "socket-group"(text) {
    if (!hasGroup(text)) throw new Error(`there is no group ${JSON.stringify(text)} on this machine`);
  },
  "spool-folder": (text) => spoolFolder(text),
};

/**
 * Looks at the values of settings.
 *
 * @param settings the settings of a table
 * @param problems gets what is wrong
 */
export function checkServedValues(settings: readonly Setting[], problems: Problem[]): void {
  for (const { key, values } of settings) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
    for (const { place, kind, text } of check ? values : []) {
      // Another kind of value is told of elsewhere.
      if (text === "" || (kind !== "string" && kind !== "number")) continue;
      try {
        check!(text);
      } catch (error) {
        problems.push({ place, reason: withoutDashes((error as Error).message) });
      }
    }
  }
}

/** The words of a command line's error in those of a file. */
function withoutDashes(message: string): string {
  const text = message.replace(/^(milterkit )?serve: /, "").replace(/--([a-z][\w-]*)/g, "$1");
  return `${text[0].toLowerCase()}${text.slice(1)}`;
}
