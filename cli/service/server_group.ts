/**
 * Starts and stops one server per listener as a unit.
 *
 * @module
 */

import { serve, type Server } from "../../lib/server/server.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { disposeFilters } from "../config/filter_arguments.ts";
import { asUsageError, type ListenerConfig, serverSettings } from "../config/listener_config.ts";
import { LISTEN_OPTION } from "../options/serve_options.ts";
import type { Readiness } from "../observe/health.ts";
import type { MonitoredService } from "../observe/monitored_service.ts";
import type { Started } from "./lifecycle.ts";

/** One server per listener. */
export class ServerGroup implements Started, MonitoredService {
  readonly finished: Promise<void>;
  readonly #servers: readonly Server[];
  #ending = false;

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    this.finished = Promise.all(servers.map(({ finished }) => finished)).then(() => {});
  }

  /**
   * Starts a server for each listener; if one fails to start, stops the others and disposes all filters. A server that has
   * ended disposes its own.
   *
   * @param listeners what to serve
   * @param name the name of the service, the same in all its processes
   * @param addressOf maps an address of a listener to the one to listen on
   * @param onEvent called with the events of all servers, and the number of the listener: each numbers its own connections
   * @param reports whether those include a report of each message
   * @throws {AddressError} for an address that cannot be listened on
   * @throws {UsageError} for an invalid address
   */
  static async start(
    listeners: readonly ListenerConfig[],
    name: string,
    addressOf: (address: string) => string,
    onEvent: (event: ServerEvent, listener: number) => void,
    reports: boolean,
  ): Promise<ServerGroup> {
    const servers: Server[] = [];
    try {
      for (const [i, listener] of listeners.entries()) {
        const listen = LISTEN_OPTION.value(listener.options).map(addressOf);
        // A name for each listener: one may lead to another, and only a return to the same one is a loop.
        const service = `${name}.${i}`;
        const tell = (event: ServerEvent) => onEvent(event, i);
        servers.push(await serve({ ...serverSettings(listener), listen, onEvent: tell, reports, service }));
      }
    } catch (error) {
      await Promise.all(servers.map((server) => server.abort()));
      // Those that no server has served.
      await Promise.all(listeners.map(({ filters }) => disposeFilters(filters)));
      throw asUsageError(error as Error);
    }
    return new ServerGroup(servers);
  }

  get connections(): number {
    return this.#servers.reduce((count, { connections }) => count + connections, 0);
  }

  get readiness(): Readiness {
    return this.#ending ? "stopping" : "ready";
  }

  /** Always true: if a server hangs, so does this process, and cannot answer at all. */
  get alive(): boolean {
    return true;
  }

  async stop(timeout: number): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#servers.map((server) => server.stop(timeout)));
  }

  async abort(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#servers.map((server) => server.abort()));
  }
}
