/**
 * A proxy between an MTA and a filter that cuts connections at random.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../../tests/support/random.ts";

/** One of so many connections is cut, */
const CUT_SHARE = 12;
/** after at most so many bytes of the MTA's. */
const CUT_WITHIN = 3000;

/** Passes on what both sides say, and cuts some connections at a byte of the MTA's. */
export class CuttingProxy {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** How many connections were cut. */
  cuts = 0;
  /** Whether it cuts any. */
  cutting = true;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param target the filter's port on 127.0.0.1
   * @param random where the chance comes from
   */
  static start(target: number, random: Random): Promise<CuttingProxy> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const proxy = new CuttingProxy(server, typeof address === "object" && address ? address.port : 0);
        server.on("connection", (socket) => proxy.#pass(socket, target, random));
        resolve(proxy);
      });
    });
  }

  /** Ends it, and all that it passes on. */
  stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #pass(near: Socket, target: number, random: Random): void {
    const far = connect({ host: "127.0.0.1", port: target });
    let left = this.cutting && random.below(CUT_SHARE) === 0 ? random.below(CUT_WITHIN) : Infinity;
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("end", () => other.end());
      socket.on("close", () => {
        this.#open.delete(socket);
        other.destroy();
      });
    }
    far.on("data", (bytes) => near.write(bytes));
    near.on("data", (bytes: Uint8Array) => {
      if (bytes.length < left) {
        left -= bytes.length;
        far.write(bytes);
        return;
      }
      this.cuts++;
      far.write(bytes.subarray(0, left), () => {
        far.destroy();
        near.destroy();
      });
    });
  }
}
