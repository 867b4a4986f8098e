/**
 * Runs filters inside this process without a socket, for tests and `milterkit check`.
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
   * @param filters the filters, in order
   * @param options the options of the chain
   * @throws {InvalidFilterError} for an invalid filter
   */
  constructor(
    // deno-lint-ignore no-explicit-any -- each filter has its own state types
    filters: readonly Filter<any, any>[],
    options: ChainOptions,
  ) {
    this.#chain = new Chain(filters, options);
  }

  /**
   * Returns a function that connects a client, for `MtaClient.open`.
   *
   * @param emit called with everything that a server would log about this connection
   * @param asked what to report in addition
   * @param listener the address that the client appears to have connected to
   */
  dial(
    emit: (event: ServerEvent) => void,
    asked: Pick<ConnectionOwner, "explained" | "leftOut"> = {},
    listener?: string,
  ): Dial {
    const owner: ConnectionOwner = {
      chain: this.#chain,
      reports: true,
      service: this.#service,
      ...asked,
      emit,
      limitReached: (limit, most, peer, queueId) =>
        emit({ type: "limit", limit, most, peer, queueId, missed: 0 }),
      looped() {},
      stalled() {},
      gone() {},
    };
    const accept = (socket: Connection) => new ServerConnection(++this.#serial, socket, owner, listener);
    return (connect) => Promise.resolve(connectInMemory(accept, connect));
  }
}
