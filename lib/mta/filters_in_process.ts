/**
 * Filters that are talked to without a socket: what tests and `milterkit check` have behind their client.
 *
 * @module
 */

import { Chain, type ChainOptions } from "../filter/chain.ts";
import type { Filter } from "../filter/filter.ts";
import { connectInMemory } from "../net/memory.ts";
import type { Accept, Connection } from "../net/transport.ts";
import { type ConnectionOwner, ServerConnection } from "../server_connection.ts";
import type { ServerEvent } from "../server_events.ts";

/** A chain of filters that clients can connect to inside this process. */
export class FiltersInProcess implements ConnectionOwner {
  readonly chain: Chain;
  readonly reports = true;
  readonly #onEvent: (event: ServerEvent) => void;
  #serial = 0;

  /**
   * @param filters in the order in which they are asked
   * @param options of the chain
   * @param onEvent told of everything that a server would log
   * @throws {InvalidFilterError} for a filter that cannot be served
   */
  constructor(
    // deno-lint-ignore no-explicit-any -- each filter has state types of its own
    filters: readonly Filter<any, any>[],
    options: ChainOptions,
    onEvent: (event: ServerEvent) => void,
  ) {
    this.chain = new Chain(filters, options);
    this.#onEvent = onEvent;
  }

  /** Connects a client, as `MtaClient.open` wants it. */
  readonly dial = (connect: Accept): Promise<Connection> => {
    const accept = (socket: Connection) => new ServerConnection(++this.#serial, socket, this);
    return Promise.resolve(connectInMemory(accept, connect));
  };

  emit(event: ServerEvent): void {
    this.#onEvent(event);
  }

  gone(): void {}
}
