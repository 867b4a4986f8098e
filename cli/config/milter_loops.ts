/**
 * Milters that lead back to the service that asks them, as far as its own configuration tells.
 *
 * @module
 */

import { milter } from "../../filters/milter/milter.ts";
import { type Address, AddressError, formatAddress, parseAddress } from "../../lib/net/address.ts";
import { LISTEN_OPTION } from "../options/serve_options.ts";
import { UsageError } from "../terminal/arguments.ts";
import type { ConfiguredFilter } from "./filter_arguments.ts";
import type { ListenerConfig } from "./listener_config.ts";
import { isSameEndpoint } from "./same_endpoint.ts";

/** A filter `milter` that asks, in the end, the listener that it belongs to. */
export interface MilterLoop {
  /** The filter. */
  readonly filter: ConfiguredFilter;
  /** Where it asks. */
  readonly address: string;
  /** What is wrong, and what to do. */
  readonly reason: string;
}

/** The address of a filter `milter` leads back to the service itself. */
export class MilterLoopError extends UsageError {
  /** Always `milter-loop`. */
  override readonly code = "milter-loop";

  /** @param loop the first one that was found */
  constructor({ address, reason }: MilterLoop) {
    super(`milterkit serve --filter milter: --address ${reason}`, address);
  }
}

interface Asks {
  readonly filter: ConfiguredFilter;
  readonly address: string;
  /** The number of the listener that it asks, and where that listens. */
  readonly to: number;
  readonly listen: string;
}

/**
 * Finds them. Conditions such as `--not-client` are no way out: what a milter wants is asked before the client is known.
 *
 * @param listeners all that is to be served
 */
export async function milterLoops(listeners: readonly ListenerConfig[]): Promise<readonly MilterLoop[]> {
  const addresses = listeners.map(({ options }) => LISTEN_OPTION.value(options).flatMap(readable));
  const asks = await Promise.all(listeners.map(({ filters }) => asksOf(filters, addresses)));
  return asks.flatMap((all, from) =>
    all.filter(({ to }) => reaches(to, from, asks)).map(({ filter, address, to, listen }) => {
      const where = to === from
        ? `leads back to this service, which listens on ${listen}`
        : `leads to ${listen} of this service, and from there a milter leads back`;
      const reason = `${address} ${where}: each message would go round without an end. ` +
        "Give the address that the milter itself listens on, which is none of listen";
      return { filter, address, reason };
    })
  );
}

async function asksOf(
  filters: readonly ConfiguredFilter[],
  addresses: readonly (readonly Address[])[],
): Promise<readonly Asks[]> {
  const found: Asks[] = [];
  for (const filter of filters) {
    const address = filter.definition.name === milter.name
      ? filter.values.get("connect-address", "address")
      : undefined;
    const target = address === undefined ? undefined : readable(address)[0];
    if (target === undefined) continue;
    for (const [to, listens] of addresses.entries()) {
      for (const listen of listens) {
        if (!await isSameEndpoint(target, listen)) continue;
        found.push({ filter, address: formatAddress(target), to, listen: formatAddress(listen) });
      }
    }
  }
  return found;
}

/** Whether a listener asks another one, be it by way of others. */
function reaches(from: number, wanted: number, asks: readonly (readonly Asks[])[]): boolean {
  const seen = new Set([from]);
  for (const at of seen) for (const { to } of asks[at] ?? []) seen.add(to);
  return seen.has(wanted);
}

/** What cannot be read is told elsewhere. */
function readable(text: string): Address[] {
  try {
    return [parseAddress(text)];
  } catch (error) {
    if (error instanceof AddressError) return [];
    throw error;
  }
}
