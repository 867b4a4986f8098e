/**
 * Checks the host name of a request. A web site can point its own name at 127.0.0.1 (DNS rebinding), and a browser would
 * then let its scripts read the page; such a request carries the site's name.
 *
 * @module
 */

import { isIP } from "node:net";

/**
 * Whether a request comes from the user, and not from a web site that the user has open.
 *
 * @param localAddress the local address of the connection; undefined for a unix socket
 * @param host the request's `Host` header
 */
export function isAllowedHost(localAddress: string | undefined, host: string | undefined): boolean {
  // On other addresses host names are normal, and other machines can reach the page anyway.
  if (localAddress === undefined || !/^(::ffff:)?127\.|^::1$/.test(localAddress)) return true;
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return isIP(name) > 0 || name === "localhost" || name.endsWith(".localhost");
}
