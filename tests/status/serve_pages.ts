/** Serves the pages of a made-up state over HTTP, by the server that serves the real ones. */
import { HttpServer } from "../../cli/observe/http_server.ts";
import { mailLogRoutes } from "../../cli/observe/mail_log/routes.ts";
import { formatHttpAddress } from "../../cli/options/http_address.ts";
import type { PageSource } from "../../cli/observe/status/answers.ts";
import { pageRoutes } from "../../cli/observe/status/status_routes.ts";
import { parseAddress } from "../../lib/net/address.ts";

/** A server of pages. */
export interface PageServer {
  /** The address of the overview. */
  readonly url: string;
  /** Ends it. */
  stop(): Promise<void>;
}

/**
 * Starts a server.
 *
 * @param source what there is to show
 * @param before called before each answer
 */
export async function servePages(
  source: PageSource,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<PageServer> {
  const routes = [...pageRoutes(source, before), ...mailLogRoutes(source.log, before)];
  const server = await HttpServer.listen(parseAddress("inet:0@127.0.0.1"), routes);
  return { url: formatHttpAddress(server.address), stop: () => server.close() };
}
