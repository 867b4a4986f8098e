/**
 * The HTTP server for figures and health: whatever is sent to it, mail goes on.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Address } from "../../lib/net/address.ts";
import { type Clock, systemClock } from "../../lib/time/clock.ts";
import { listenBy } from "../../lib/net/listen.ts";
import type { Bound, Listener } from "../../lib/net/transport.ts";
import { log } from "../log/log.ts";
import { formatHttpAddress } from "../options/http_address.ts";
import { type HttpRoute, send } from "./http_route.ts";

/** Connections at one time; further ones are closed at once. */
const MAX_CONNECTIONS = 64;
/** Longest time from a connection to the end of its request's head, in milliseconds. */
const REQUEST_LIMIT = 5000;
/** Longest life of a connection, in milliseconds: who does not read an answer must not keep others away for longer. */
const LIFETIME = 10_000;
/** Most bytes of a request's head. */
const MAX_HEAD = 8192;
/** A unix socket is for its owner and group, as those for mail are. */
const SOCKET_MODE = 0o660;

/** An HTTP server at one address. */
export class HttpServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, HttpRoute>;
  readonly #clock: Clock;
  readonly #open = new Set<Socket>();
  /** Connections that have sent their request. */
  readonly #asked = new WeakSet<Socket>();
  /** Kinds of failures that are in the log already: strangers must not fill it. */
  readonly #told = new Set<string>();
  #listener!: Listener;

  private constructor(routes: readonly HttpRoute[], clock: Clock) {
    this.#clock = clock;
    this.#routes = new Map(routes.map((route) => [route.path, route]));
    this.#server = createServer({
      headersTimeout: REQUEST_LIMIT,
      requestTimeout: REQUEST_LIMIT,
      maxHeaderSize: MAX_HEAD,
      connectionsCheckingInterval: 1000,
    }, (request, response) => void this.#answer(request, response));
    this.#server.on("connection", (socket: Socket) => this.#connected(socket));
    this.#server.on("clientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  /**
   * Listens.
   *
   * @param address where; port 0 lets the system choose
   * @param routes what can be asked for
   * @param clock measures how long a connection lives
   * @throws {AddressError} `cannot-listen`
   */
  static async listen(
    address: Address,
    routes: readonly HttpRoute[],
    clock: Clock = systemClock,
  ): Promise<HttpServer> {
    const http = new HttpServer(routes, clock);
    http.#listener = await listenBy((bound) => bindTo(http.#server, bound), address, { mode: SOCKET_MODE });
    http.#server.on("error", (error) => http.#tellOnce("listen", `goes on after an error: ${error.message}`));
    const here = formatHttpAddress(http.address);
    log("info", `metrics and health at ${here}`, { type: "metrics-listening", address: here });
    return http;
  }

  /** Where it listens, with the port that the system chose. */
  get address(): Address {
    return this.#listener.address;
  }

  /** Listens no more, and ends what is open. */
  async close(): Promise<void> {
    const closed = this.#listener.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #connected(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#open.size >= MAX_CONNECTIONS) {
      this.#tellOnce("full", `${MAX_CONNECTIONS} connections are open, those that come now are closed`);
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    const callOff = this.#clock.after(LIFETIME, () => socket.destroy());
    socket.on("close", () => {
      callOff();
      this.#open.delete(socket);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whoever goes away in the middle of an answer is nobody's error.
    response.on("error", () => {});
    request.on("error", () => {});
    const { method, socket, url = "/" } = request;
    // One request for each connection. HTTP lets many be sent without reading an answer (RFC 9112, 9.3.2), and each would
    // be worked out and kept; a client that does so has to expect the end of the connection.
    if (this.#asked.has(socket)) {
      socket.destroy();
      return;
    }
    this.#asked.add(socket);
    response.setHeader("connection", "close");
    const path = url.split("?", 1)[0];
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, TEXT, "Only GET and HEAD are answered here.\n");
    }
    const route = this.#routes.get(path);
    if (!route) return send(response, 404, TEXT, this.#hint());
    try {
      await route.answer(request, response);
    } catch (error) {
      const { message, stack } = error as Error;
      this.#tellOnce(path, `cannot answer ${path}: ${message}`, { stack });
      if (response.headersSent) response.destroy();
      else send(response, 500, TEXT, "This could not be worked out; the log says why.\n");
    }
  }

  #hint(): string {
    const lines = [...this.#routes.values()].map(({ path, about }) => `  ${path.padEnd(14)} ${about}\n`);
    return `There is nothing here. There is:\n${lines.join("")}`;
  }

  #tellOnce(key: string, text: string, properties: Record<string, unknown> = {}): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    log("warning", `metrics: ${text} (said once)`, { type: "metrics-error", ...properties });
  }
}

const TEXT = "text/plain; charset=utf-8";

function bindTo(server: Server, address: Parameters<Parameters<typeof listenBy>[0]>[0]): Promise<Bound> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const bound = () => {
      server.off("error", reject);
      const here = server.address() as AddressInfo | string | null;
      resolve({
        port: here !== null && typeof here === "object" ? here.port : 0,
        close: () => new Promise((done) => server.close(() => done())),
      });
    };
    if (address.kind === "tcp") server.listen({ host: address.ip, port: address.port }, bound);
    else if (address.kind === "unix") server.listen({ path: address.path }, bound);
    else reject(new Error("a descriptor is not taken here"));
  });
}
