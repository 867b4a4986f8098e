/**
 * Sends one query to one name server over UDP or TCP, and waits for the answer.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Clock } from "../time/clock.ts";
import { type DnsServer, sameAddress } from "./servers.ts";

/** How one exchange ended. */
export type ExchangeOutcome<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "timeout" | "network" | "aborted" };

/** A query, where to send it, what counts as an answer, and how long to wait. */
export interface Exchange<T> {
  readonly server: DnsServer;
  /** The encoded query. */
  readonly query: Uint8Array;
  /** Milliseconds. */
  readonly timeout: number;
  /** The clock for the timeout. */
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Returns undefined for a message that does not belong to the query: then the wait goes on. */
  readonly accept: (message: Uint8Array) => T | undefined;
}

/**
 * Asks over UDP from a new socket with a random port. Messages from other sources are ignored.
 */
export function exchangeUdp<T>(exchange: Exchange<T>): Promise<ExchangeOutcome<T>> {
  const { server } = exchange;
  return settle(exchange, (done) => {
    const socket = createSocket(server.family === 4 ? "udp4" : "udp6");
    // On a connected socket, Node and Bun report a closed port at once; Deno waits for the timeout.
    socket.on("error", () => done({ kind: "network" }));
    socket.on("message", (message, source) => {
      if (source.port !== server.port || !sameAddress(source.address, server.host)) return;
      const value = exchange.accept(message);
      if (value !== undefined) done({ kind: "answer", value });
    });
    socket.connect(server.port, server.host, () => socket.send(exchange.query));
    return () => socket.close();
  });
}

/** Asks over TCP, on a new connection (RFC 7766). */
export function exchangeTcp<T>(exchange: Exchange<T>): Promise<ExchangeOutcome<T>> {
  const { server, query } = exchange;
  return settle(exchange, (done) => {
    const socket = connect({ host: server.host, port: server.port, noDelay: true });
    let received = new Uint8Array(2);
    let length = 0;
    socket.on("error", () => done({ kind: "network" }));
    socket.on("close", () => done({ kind: "network" }));
    socket.on("connect", () => {
      const framed = new Uint8Array(2 + query.length);
      framed[0] = query.length >> 8;
      framed[1] = query.length & 0xff;
      framed.set(query, 2);
      socket.write(framed);
    });
    socket.on("data", (chunk: Uint8Array) => {
      let rest = chunk;
      while (rest.length > 0) {
        const taken = Math.min(rest.length, received.length - length);
        received.set(rest.subarray(0, taken), length);
        length += taken;
        rest = rest.subarray(taken);
        if (length < received.length) return;
        const size = 2 + new DataView(received.buffer).getUint16(0);
        if (size > received.length) {
          const grown = new Uint8Array(size);
          grown.set(received);
          received = grown;
          continue;
        }
        const value = exchange.accept(received.subarray(2));
        if (value !== undefined) return done({ kind: "answer", value });
        received = new Uint8Array(2);
        length = 0;
      }
    });
    return () => socket.destroy();
  });
}

/** Runs `start` until it is done, the time is up or the signal aborts, then `start`'s clean-up, once. */
function settle<T>(
  { timeout, clock, signal }: Exchange<T>,
  start: (done: (outcome: ExchangeOutcome<T>) => void) => () => void,
): Promise<ExchangeOutcome<T>> {
  if (signal.aborted) return Promise.resolve({ kind: "aborted" });
  return new Promise((resolve) => {
    let ended = false;
    let cleanUp: (() => void) | undefined;
    const done = (outcome: ExchangeOutcome<T>): void => {
      if (ended) return;
      ended = true;
      callOff();
      signal.removeEventListener("abort", onAbort);
      cleanUp?.();
      resolve(outcome);
    };
    const onAbort = (): void => done({ kind: "aborted" });
    const callOff = clock.after(timeout, () => done({ kind: "timeout" }));
    signal.addEventListener("abort", onAbort);
    try {
      cleanUp = start(done);
      if (ended) cleanUp();
    } catch {
      done({ kind: "network" });
    }
  });
}
