/**
 * The HTTP server for metrics, health checks and the status page. Strict limits keep its clients from disturbing mail.
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

/** The most open connections; a further one is closed at once. */
const MAX_CONNECTIONS = 64;
/** The longest time from a connection to the end of its request's head, in milliseconds. */
const REQUEST_LIMIT = 5000;
/** The longest life of a connection, in milliseconds: a client that reads nothing must not keep others out for longer. */
const LIFETIME = 10_000;
/** The most bytes of a request's head. */
const MAX_HEAD = 8192;
/** A unix socket is for its owner and group, like those for mail. */
const SOCKET_MODE = 0o660;

/** An HTTP server at one address. */
export class HttpServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, HttpRoute>;
  readonly #clock: Clock;
  readonly #open = new Set<Socket>();
  /** Connections that have sent their request. */
  readonly #asked = new WeakSet<Socket>();
  /** Kinds of problems that were already logged: clients must not be able to fill the log. */
  readonly #logged = new Set<string>();
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
   * Starts a server.
   *
   * @param address where it listens; port 0 lets the system choose
   * @param routes its routes
   * @param clock the clock that ends connections
   * @throws {AddressError} `cannot-listen`
   */
  static async listen(
    address: Address,
    routes: readonly HttpRoute[],
    clock: Clock = systemClock,
  ): Promise<HttpServer> {
    const http = new HttpServer(routes, clock);
    http.#listener = await listenBy((bound) => bindTo(http.#server, bound), address, { mode: SOCKET_MODE });
    http.#server.on(
      "error",
      (error) => http.#logOnce("listen", `continuing after an error: ${error.message}`),
    );
    const here = formatHttpAddress(http.address);
    log("info", `metrics and health at ${here}`, { type: "metrics-listening", address: here });
    return http;
  }

  /** The address that it listens on, with the port that the system chose. */
  get address(): Address {
    return this.#listener.address;
  }

  /** Stops listening and closes all connections. */
  async close(): Promise<void> {
    const closed = this.#listener.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #connected(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#open.size >= MAX_CONNECTIONS) {
      this.#logOnce("full", `${MAX_CONNECTIONS} connections are open, further ones are closed`);
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
    // A client that disconnects during a response is no error.
    response.on("error", () => {});
    request.on("error", () => {});
    const { method, socket, url = "/" } = request;
    // Allow one request per connection. HTTP lets clients send many without reading a response (RFC 9112, 9.3.2), and
    // each response would be produced and kept in memory; a client that pipelines must expect the connection to close.
    if (this.#asked.has(socket)) {
      socket.destroy();
      return;
    }
    this.#asked.add(socket);
    response.setHeader("connection", "close");
    const path = url.replace(/\?.*/s, "");
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, TEXT, "Only GET and HEAD are allowed.\n");
    }
    const route = this.#routes.get(path);
    if (!route) return send(response, 404, TEXT, this.#hint());
    try {
      await route.answer(request, response);
    } catch (error) {
      const { message, stack } = error as Error;
      this.#logOnce(path, `cannot answer ${path}: ${message}`, { stack });
      if (response.headersSent) response.destroy();
      else send(response, 500, TEXT, "Internal error; see the log.\n");
    }
  }

  #hint(): string {
    const lines = [...this.#routes.values()].map(({ path, about }) => `  ${path.padEnd(14)} ${about}\n`);
    return `Not found. Available paths:\n${lines.join("")}`;
  }

  #logOnce(key: string, text: string, properties: Record<string, unknown> = {}): void {
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    log("warning", `metrics: ${text} (logged once)`, { type: "metrics-error", ...properties });
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
    else reject(new Error("file descriptors (fd:) are not supported here"));
  });
}
