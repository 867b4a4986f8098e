/**
 * Asks the servers for their versions at the start, so that the log says at once whether mail will be scanned.
 *
 * @module
 */

import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import type { OnClamdError } from "./options.ts";
import type { ClamdServer } from "./server.ts";

/**
 * Asks, and logs the answers. A server that does not answer is no reason not to start: it may still be loading signatures.
 *
 * @param servers the servers
 * @param onError what happens to messages that no server scans
 * @param kit has the log, and the signal that ends the questions
 * @returns when all have answered, or the filter has ended; never rejects
 */
export async function checkServers(
  servers: readonly ClamdServer[],
  onError: OnClamdError,
  { log, signal }: FilterKit,
): Promise<void> {
  const others = servers.length > 1 ? "until it answers, mail goes to the others" : "";
  const what = others || `until it answers, --on-error ${onError} decides on messages`;
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const asked = servers.map(async (server) => {
    try {
      const version = await server.version(signal);
      log.info(`clamd at ${server.address}: ${version}`);
    } catch (error) {
      if (!signal.aborted) log.warning(`${(error as Error).message}; ${what}`);
    }
  });
  await Promise.race([Promise.all(asked), ended]);
}
