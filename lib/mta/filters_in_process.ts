/**
 * Filters that are talked to without a socket: what tests and `milterkit check` have behind their client.
 *
 * @module
 */

import { Chain } from "../chain/chain.ts";
import type { ChainOptions } from "../chain/chain_options.ts";
import type { Filter } from "../filter/filter.ts";
import { newServiceName } from "../protocol/hops.ts";
import { connectInMemory } from "../net/memory.ts";
import type { Connection } from "../net/transport.ts";
import { type ConnectionOwner, ServerConnection } from "../server/server_connection.ts";
import type { ServerEvent } from "../server/server_events.ts";
import type { Dial } from "./client.ts";

/** A chain of filters that clients can connect to inside this process. */
export class FiltersInProcess {
  readonly #chain: Chain;
  readonly #service = newServiceName();
  #serial = 0;

  /**
   * @param filters in the order in which they are asked
   * @param options of the chain
   * @throws {InvalidFilterError} for a filter that cannot be served
   */
  constructor(
    // deno-lint-ignore no-explicit-any -- each filter has state types of its own
    filters: readonly Filter<any, any>[],
    options: ChainOptions,
  ) {
    this.#chain = new Chain(filters, options);
  }

  /**
   * How to connect a client, as `MtaClient.open` wants it.
   *
   * @param emit told of everything that a server would log of this connection
   */
  dial(emit: (event: ServerEvent) => void): Dial {
    const owner: ConnectionOwner = {
      chain: this.#chain,
      reports: true,
      service: this.#service,
      emit,
      limitReached: (limit, most, peer, queueId) =>
        emit({ type: "limit", limit, most, peer, queueId, missed: 0 }),
      looped() {},
      stalled() {},
      gone() {},
    };
    const accept = (socket: Connection) => new ServerConnection(++this.#serial, socket, owner);
    return (connect) => Promise.resolve(connectInMemory(accept, connect));
  }
}
