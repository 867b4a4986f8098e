/**
 * Parses and compares the addresses of name servers.
 *
 * @module
 */
import { getServers } from "node:dns";
import { isIPv4, isIPv6 } from "node:net";

/** The address of one name server. */
export interface DnsServer {
  /** An IPv4 or IPv6 address, the latter with its zone (`%eth0`) if one was given. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/**
 * Parses `IP`, `IPv4:PORT` or `[IPv6]:PORT`; the default port is 53.
 *
 * @throws {TypeError} if `text` is none of these
 */
export function parseDnsServer(text: string): DnsServer {
  let host = text;
  let port = "53";
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    host = text.slice(1, close < 0 ? undefined : close);
    const rest = close < 0 ? "?" : text.slice(close + 1);
    if (rest !== "") port = rest.startsWith(":") ? rest.slice(1) : "?";
  } else if (text.indexOf(":") === text.lastIndexOf(":") && text.includes(":")) {
    host = text.slice(0, text.indexOf(":"));
    port = text.slice(text.indexOf(":") + 1);
  }
  const number = /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  const family = isIPv4(host) ? 4 : isIPv6(host) ? 6 : undefined;
  if (family === undefined || number < 1 || number > 65535) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(text)} as a name server: write an IP address, IPv4:PORT or [IPv6]:PORT`,
    );
  }
  return { host, port: number, family };
}

/** The system's configured name servers, each once; the local host if there are none. */
export function systemDnsServers(): readonly DnsServer[] {
  const servers = [...new Set(getServers())].map(parseDnsServer);
  return servers.length > 0 ? servers : [{ host: "127.0.0.1", port: 53, family: 4 }];
}

/** Whether two textual IP addresses are the same address, however they are written. */
export function sameAddress(a: string, b: string): boolean {
  return a === b || canonicalAddress(a) === canonicalAddress(b);
}

function canonicalAddress(address: string): string {
  const zone = address.indexOf("%");
  const bare = zone < 0 ? address : address.slice(0, zone);
  return isIPv6(bare) ? new URL(`http://[${bare}]/`).hostname : bare;
}
