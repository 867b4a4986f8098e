/**
 * By which name the page may be asked for. A web site can have its own name lead to 127.0.0.1 (DNS rebinding); a browser
 * would then let its scripts read what is there. Such a request has the site's name in it.
 *
 * @module
 */

import { isIP } from "node:net";

/**
 * Whether a request is for who asked, and not for a web site that he has open.
 *
 * @param localAddress where the request came in; undefined for a unix socket
 * @param host the request's `Host`
 */
export function isAllowedHost(localAddress: string | undefined, host: string | undefined): boolean {
  // Elsewhere names are usual, and no secret of this machine alone.
  if (localAddress === undefined || !/^(::ffff:)?127\.|^::1$/.test(localAddress)) return true;
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return isIP(name) > 0 || name === "localhost" || name.endsWith(".localhost");
}
