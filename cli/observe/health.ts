/**
 * Serves `/healthz`, for supervisors that restart what hangs, and `/readyz`, for load balancers.
 *
 * @module
 */

import { type HttpRoute, send } from "./http_route.ts";

/**
 * Whether the service accepts mail: `starting`, `ready`, or `stopping` after the first signal; `no worker` while none is
 * ready, and `stuck` if connections wait and no worker takes any.
 */
export type Readiness = "starting" | "ready" | "stopping" | "no worker" | "stuck";

/**
 * Returns the routes for both paths.
 *
 * @param readiness called at each request
 * @param alive called at each request; returns false if only a restart helps
 */
export function healthRoutes(readiness: () => Readiness, alive: () => boolean): readonly HttpRoute[] {
  return [
    {
      path: "/healthz",
      about: "200 while this process is alive, 503 if workers have taken no connections for too long",
      // A process whose event loop hangs cannot answer at all.
      answer: (_request, response) =>
        alive()
          ? send(response, 200, JSON_TYPE, '{"status":"alive"}\n')
          : send(response, 503, JSON_TYPE, '{"status":"stuck"}\n'),
    },
    {
      path: "/readyz",
      about: "200 while Milterkit accepts mail, otherwise 503",
      answer: (_request, response) => {
        const status = readiness();
        send(response, status === "ready" ? 200 : 503, JSON_TYPE, `${JSON.stringify({ status })}\n`);
      },
    },
  ];
}

const JSON_TYPE = "application/json";
