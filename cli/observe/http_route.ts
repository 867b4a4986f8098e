/**
 * Routes of the HTTP server.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";

/** A path and its response. */
export interface HttpRoute {
  /** The path, such as `/healthz`, without a query. */
  readonly path: string;
  /** What it returns, in a few words. */
  readonly about: string;
  /**
   * Answers GET and HEAD; the server does not send the content for HEAD. It closes responses that are still open when it
   * closes itself. If this throws, it responds with status 500.
   */
  answer(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/** Sends a complete response that must not be cached. */
export function send(response: ServerResponse, status: number, type: string, content: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": new TextEncoder().encode(content).length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(content);
}
