/**
 * Orders to end, of which a service manager is told.
 *
 * @module
 */

import type { Orders } from "../until_stopped.ts";
import type { ServiceManager } from "./service_manager.ts";

/** The same orders, told to a service manager before they are carried out. */
export function toldTo(manager: ServiceManager, orders: Orders): Orders {
  return {
    get stopping() {
      return orders.stopping;
    },
    stop(timeout) {
      manager.stopping();
      orders.stop(timeout);
    },
    abort(code) {
      manager.stopping();
      orders.abort(code);
    },
  };
}
