/**
 * Converts lists of hosts: InternalHosts and PeerList.
 *
 * @module
 */

import { isIP } from "node:net";
import type { DataSet, SetEntry } from "./data_set.ts";
import { canonicalIpv6, firstAddress, type ListedNetwork, networksOf } from "./network_set.ts";
import type { Report } from "../conversion/report.ts";

/**
 * The networks of a list of hosts, without the exceptions that begin with `!`. What OpenDKIM never finds, since it compares
 * the text of the client's address and of each network that holds it, is left out with a note.
 *
 * @param hosts the list
 * @param report receives names of hosts, which cannot be converted
 */
export function networksOfHosts(hosts: DataSet, report: Report): readonly string[] {
  return networksOf(hosts.entries.flatMap((entry) => {
    if (hosts.kind === "patterns") {
      report.problem(entry.place, `host patterns are not supported; write networks, as in 192.0.2.0/24`);
      return [];
    }
    return hostOf(entry, report);
  }));
}

function hostOf({ key, place }: SetEntry, report: Report): readonly ListedNetwork[] {
  const included = !key.startsWith("!");
  const host = key.slice(included ? 0 : 1).toLowerCase();
  const never = (why: string): [] => {
    report.note(place, `OpenDKIM never finds ${key}: ${why}. It is left out here`);
    return [];
  };
  if (host === "") return [];
  const [, bracketed, plain = "", prefix] = /^(?:\[([^\]]*)\]|([^/]*))(?:\/(.*))?$/.exec(host) ?? [];
  const address = bracketed ?? plain;
  const version = address.includes("%") ? 0 : isIP(address);
  if (version === 0) return nameOf(host, included, never, (why) => report.problem(place, why));
  if (version === 6 && isMapped(address)) return never("a client with an IPv4 address counts as IPv4");
  if (version === 6 && canonicalIpv6(address) !== address) {
    return never(`it expects ${canonicalIpv6(address)}`);
  }
  if (prefix === undefined) return [{ address, length: undefined, included }];
  const length = Number(prefix);
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || length > (version === 4 ? 32 : 128)) {
    return never("it expects the length of the prefix, as in 192.0.2.0/24");
  }
  const first = firstAddress(address, length);
  if (first !== address) return never(`the network of /${length} is ${first}/${length}`);
  return [{ address, length, included }];
}

function nameOf(
  host: string,
  included: boolean,
  never: (why: string) => [],
  refuse: (why: string) => void,
): readonly ListedNetwork[] {
  if (host.includes("*")) return never("* is a wildcard only in tables that refile: names");
  if (!/[a-z]/.test(host) || !/^[a-z0-9._-]+$/.test(host)) {
    return never("it is neither an address nor a name");
  }
  // A client that was let in by its address stays in.
  if (!included) return never("an exception by name applies to hosts that are listed by name alone");
  if (host === "localhost") {
    return ["127.0.0.1", "::1"].map((address) => ({ address, length: undefined, included }));
  }
  refuse(`clients are known by their addresses, not by their names: write the address of ${host}`);
  return [];
}

function isMapped(address: string): boolean {
  return /^::ffff:(\d+\.|[0-9a-f]+:[0-9a-f]+$)/.test(address);
}
