/**
 * Finds milters in the chain that lead back to this service, as far as its own configuration shows.
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

/** A filter `milter` that leads back to its own listener. */
export interface MilterLoop {
  /** The filter. */
  readonly filter: ConfiguredFilter;
  /** The address that it connects to. */
  readonly address: string;
  /** The mistake, and how to fix it. */
  readonly reason: string;
}

/** Thrown if the address of a filter `milter` leads back to the service itself. */
export class MilterLoopError extends UsageError {
  /** Always `milter-loop`. */
  override readonly code = "milter-loop";

  /** @param loop the first loop found */
  constructor({ address, reason }: MilterLoop) {
    super(`milterkit serve --filter milter: --address ${reason}`, address);
  }
}

/** A filter `milter` that connects to one of the service's own listeners. */
interface OwnListenerAsked {
  readonly filter: ConfiguredFilter;
  readonly address: string;
  /** The index of the listener that it connects to, and that listener's address. */
  readonly to: number;
  readonly listen: string;
}

/**
 * Finds milter loops. Conditions such as `--not-client` do not prevent one: a milter is asked for its options before the
 * client is known.
 *
 * @param listeners all listeners of the service
 */
export async function milterLoops(listeners: readonly ListenerConfig[]): Promise<readonly MilterLoop[]> {
  const addresses = listeners.map(({ options }) => LISTEN_OPTION.value(options).flatMap(readable));
  const asks = await Promise.all(listeners.map(({ filters }) => asksOf(filters, addresses)));
  return asks.flatMap((all, from) =>
    all.filter(({ to }) => reaches(to, from, asks)).map(({ filter, address, to, listen }) => {
      const where = to === from
        ? `leads back to this service, which listens on ${listen}`
        : `leads to ${listen} of this service, and from there a milter leads back`;
      const reason = `${address} ${where}: each message would loop endlessly. ` +
        "Set it to the address of the milter itself, which is none of listen";
      return { filter, address, reason };
    })
  );
}

async function asksOf(
  filters: readonly ConfiguredFilter[],
  addresses: readonly (readonly Address[])[],
): Promise<readonly OwnListenerAsked[]> {
  const found: OwnListenerAsked[] = [];
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

/** Whether one listener connects to another, directly or through others. */
function reaches(from: number, wanted: number, asks: readonly (readonly OwnListenerAsked[])[]): boolean {
  const seen = new Set([from]);
  for (const at of seen) for (const { to } of asks[at] ?? []) seen.add(to);
  return seen.has(wanted);
}

/** Parses an address; returns nothing for an invalid one, which is reported elsewhere. */
function readable(text: string): Address[] {
  try {
    return [parseAddress(text)];
  } catch (error) {
    if (error instanceof AddressError) return [];
    throw error;
  }
}
