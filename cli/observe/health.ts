/**
 * `/healthz` and `/readyz`, for load balancers and whoever restarts what hangs.
 *
 * @module
 */

import { type HttpRoute, send } from "./http_route.ts";

/** Whether mail is taken: `starting`, `ready`, or `stopping` from the first signal on. */
export type Readiness = "starting" | "ready" | "stopping" | "no worker";

/**
 * The two paths.
 *
 * @param readiness asked at each request
 */
export function healthRoutes(readiness: () => Readiness): readonly HttpRoute[] {
  return [
    {
      path: "/healthz",
      about: "200 while this process is alive",
      // That it answers is the answer: a process whose loop hangs cannot.
      answer: (_request, response) => send(response, 200, JSON_TYPE, '{"status":"alive"}\n'),
    },
    {
      path: "/readyz",
      about: "200 while mail is taken, else 503",
      answer: (_request, response) => {
        const status = readiness();
        send(response, status === "ready" ? 200 : 503, JSON_TYPE, `${JSON.stringify({ status })}\n`);
      },
    },
  ];
}

const JSON_TYPE = "application/json";
