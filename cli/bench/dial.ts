/**
 * Connecting, within a time.
 *
 * @module
 */

import { type Address, AddressError, formatAddress } from "../../lib/net/address.ts";
import { connect } from "../../lib/net/listen.ts";
import type { Accept } from "../../lib/net/transport.ts";

/**
 * Connects.
 *
 * @param address whom to
 * @param timeout how long it may take, in milliseconds; a connection that comes later is closed
 * @param accept called with the connection once it stands
 * @throws {AddressError} `cannot-connect`
 */
export async function connectWithin(address: Address, timeout: number, accept: Accept): Promise<void> {
  let late = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      const text = formatAddress(address);
      const message = `Cannot connect to ${text}: no answer within ${timeout} ms`;
      reject(new AddressError("cannot-connect", text, message));
    }, timeout);
  });
  const connecting = connect(address, (socket) => {
    if (!late) return accept(socket);
    socket.destroy();
    return { data() {}, drain() {}, closed() {} };
  });
  connecting.catch(() => {});
  await Promise.race([connecting, tooLate]).finally(() => clearTimeout(timer));
}
