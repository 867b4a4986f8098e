/**
 * Makes the resolver for keys, from the filter's options.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { TxtResolver } from "../../lib/dns/resolver.ts";
import { parseDnsServer } from "../../lib/dns/servers.ts";
import { StubResolver } from "../../lib/dns/stub.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";

/**
 * Makes the resolver that the options `dns-records`, `dns-server` and `dns-timeout` describe.
 *
 * @throws {OptionError} if they exclude each other, or one cannot be parsed or read
 */
export function createResolver(options: OptionValues): TxtResolver {
  const path = options.get("file", "dns-records");
  const servers = options.all("string", "dns-server");
  if (path !== undefined) {
    if (servers.length > 0) {
      throw new OptionError("dns-records", path, "with it no server is asked; leave out --dns-server");
    }
    const timeout = options.given.find(({ name }) => name === "dns-timeout");
    if (timeout) {
      throw new OptionError("dns-timeout", timeout.text, "with --dns-records no server is waited for");
    }
    return understood("dns-records", path, () => parseRecordsFile(readFileSync(path, "utf8")));
  }
  for (const server of servers) understood("dns-server", server, () => parseDnsServer(server));
  const deadline = options.get("duration", "dns-timeout")!;
  return new StubResolver({ deadline, ...(servers.length > 0 ? { servers } : {}) });
}

function understood<T>(option: string, text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new OptionError(option, text, (error as Error).message);
  }
}
