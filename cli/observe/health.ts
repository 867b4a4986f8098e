/**
 * `/healthz` and `/readyz`, for load balancers and whoever restarts what hangs.
 *
 * @module
 */

import { type HttpRoute, send } from "./http_route.ts";

/**
 * Whether mail is taken: `starting`, `ready`, or `stopping` from the first signal on; `stuck` where connections wait and
 * no worker takes any.
 */
export type Readiness = "starting" | "ready" | "stopping" | "no worker" | "stuck";

/**
 * The two paths.
 *
 * @param readiness asked at each request
 * @param alive asked at each request: false where nothing but a restart helps
 */
export function healthRoutes(readiness: () => Readiness, alive: () => boolean): readonly HttpRoute[] {
  return [
    {
      path: "/healthz",
      about: "200 while this process is alive, 503 where its workers have taken nothing for too long",
      // A process whose loop hangs cannot answer.
      answer: (_request, response) =>
        alive()
          ? send(response, 200, JSON_TYPE, '{"status":"alive"}\n')
          : send(response, 503, JSON_TYPE, '{"status":"stuck"}\n'),
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
