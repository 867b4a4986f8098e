/**
 * What can be asked for by HTTP.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";

/** One path and what it gives. */
export interface HttpRoute {
  /** The path, such as `/healthz`; what stands behind a `?` is not part of it. */
  readonly path: string;
  /** What is there, in a few words. */
  readonly about: string;
  /**
   * Answers GET and HEAD; for HEAD what is written as content is not sent. An answer that stays open is closed with the
   * server. What it throws gives status 500.
   */
  answer(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/** Answers at once, and has nobody keep the answer. */
export function send(response: ServerResponse, status: number, type: string, content: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": new TextEncoder().encode(content).length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(content);
}
