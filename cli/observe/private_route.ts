/**
 * Routes that show mail: only to their user, not to web sites that the user has open.
 *
 * @module
 */

import { type HttpRoute, send } from "./http_route.ts";
import { isAllowedHost } from "./host_check.ts";

/** An HTTP response. */
export interface PrivateAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers of every response that shows mail. */
export const PRIVATE_HEADERS = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const PLAIN = "text/plain; charset=utf-8";
const WRONG_NAME = "Request this page as localhost or by its IP address. " +
  "A web server in front of it must not forward the original Host header.\n";

/**
 * Returns a route that checks the host name of each request.
 *
 * @param path its path
 * @param about what it returns, in a few words
 * @param collect called before each answer, to update the counts
 * @param answerTo answers a query
 */
export function privateRoute(
  path: string,
  about: string,
  collect: () => Promise<void>,
  answerTo: (query: URLSearchParams) => PrivateAnswer,
): HttpRoute {
  return {
    path,
    about,
    async answer({ url = "", socket, headers: { host } }, response) {
      if (!isAllowedHost(socket.localAddress, host)) return send(response, 421, PLAIN, WRONG_NAME);
      await collect();
      const { status, headers, body } = answerTo(queryOf(url));
      response.writeHead(status, { ...headers, "Content-Length": new TextEncoder().encode(body).length });
      response.end(body);
    },
  };
}

/** Returns a response with data as JSON. */
export function jsonAnswer(data: unknown, status = 200): PrivateAnswer {
  return {
    status,
    headers: { ...PRIVATE_HEADERS, "Content-Type": "application/json" },
    body: `${JSON.stringify(data)}\n`,
  };
}

/** Returns a response with status 400 and a sentence that says what to ask instead. */
export function badRequest(sentence: string): PrivateAnswer {
  return { status: 400, headers: { ...PRIVATE_HEADERS, "Content-Type": PLAIN }, body: `${sentence}\n` };
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}
