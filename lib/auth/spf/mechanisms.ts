/**
 * Decides whether mechanisms match (RFC 7208 section 5), except include, which needs a check of its own.
 *
 * @module
 */
import { parseIp } from "../../dns/ip_address.ts";
import { inNetwork, type SpfClient } from "./client.ts";
import type { ClientNames } from "./client_names.ts";
import type { KnownAnswer, SpfLookups } from "./lookups.ts";
import { queryName } from "../dns_names.ts";
import type { Mechanism } from "./record.ts";
import { SpfProblem } from "./results.ts";

/** RFC 7208 section 4.6.4. */
const MAX_MX_HOSTS = 10;

/** What mechanisms are matched with. */
export interface Matching {
  readonly client: SpfClient;
  readonly names: ClientNames;
  readonly lookups: SpfLookups;
}

/** Whether a mechanism that needs no DNS matches the client; undefined for one that does. */
export function matchesWithoutDns(mechanism: Mechanism, client: SpfClient): boolean | undefined {
  switch (mechanism.kind) {
    case "all":
      return true;
    case "ip4":
    case "ip6":
      return mechanism.network !== undefined && isWithin(client, mechanism.network, mechanism);
    default:
      return undefined;
  }
}

/**
 * Whether a mechanism that needs DNS matches the client.
 *
 * @param target the name that the mechanism is about; undefined if it is not a valid DNS name, so that there is no
 * match
 * @throws {SpfProblem} if the check ends here
 */
export async function matches(
  mechanism: Mechanism,
  target: string | undefined,
  matching: Matching,
): Promise<boolean> {
  const { client, lookups } = matching;
  switch (mechanism.kind) {
    case "a":
      if (target === undefined) return false;
      return anyWithin(client, await ownAddresses(target, matching), mechanism);
    case "mx":
      return target !== undefined && await matchesMx(mechanism, target, matching);
    case "ptr":
      return target !== undefined && await matchesPtr(target, matching);
    case "exists": {
      if (target === undefined) return false;
      // Section 5.7: A records even for a client with IPv6.
      const { status } = await lookups.need("A", target);
      if (status !== "found") lookups.countVoid();
      return status === "found";
    }
    default:
      throw new TypeError(`Cannot match ${mechanism.kind} here`);
  }
}

/** Addresses for the mechanism `a`, of the client's family. */
async function ownAddresses(name: string, { client, lookups }: Matching): Promise<readonly string[]> {
  const answer = await lookups.need(client.recordType, name);
  if (answer.status === "found") return answer.records;
  if (answer.status === "nxdomain" || !await hasOtherFamily(name, client, lookups)) lookups.countVoid();
  return [];
}

/**
 * Whether a host without addresses of the client's family has addresses of the other. Strictly, its lookup was void,
 * but counting it would make a record of IPv4-only hosts refuse good mail that comes over IPv6.
 */
async function hasOtherFamily(name: string, client: SpfClient, lookups: SpfLookups): Promise<boolean> {
  const { status } = await lookups.ask(client.recordType === "A" ? "AAAA" : "A", name);
  return status !== "nxdomain" && status !== "nodata";
}

async function matchesMx(
  mechanism: Mechanism,
  target: string,
  { client, lookups }: Matching,
): Promise<boolean> {
  const answer = await lookups.need("MX", target);
  if (answer.status !== "found") {
    lookups.countVoid();
    return false;
  }
  if (answer.records.length > MAX_MX_HOSTS) {
    throw new SpfProblem("permerror", `the domain of mx has more than ${MAX_MX_HOSTS} hosts`);
  }
  const hosts = answer.records.map(({ exchange }) => queryName(exchange)).filter((host) =>
    host !== undefined
  );
  // Hosts without addresses are not void lookups: they are not the term's own query.
  const answers = await Promise.allSettled(hosts.map((host) => lookups.need(client.recordType, host)));
  const known = answers.filter((outcome) => outcome.status === "fulfilled");
  if (known.some(({ value }) => anyWithin(client, recordsOf(value), mechanism))) return true;
  for (const outcome of answers) if (outcome.status === "rejected") throw outcome.reason;
  return false;
}

async function matchesPtr(target: string, { names, lookups }: Matching): Promise<boolean> {
  const found = await names.names();
  if (found === "void") lookups.countVoid();
  return typeof found !== "string" && await names.anyWithin(found, target);
}

function recordsOf(answer: KnownAnswer<string>): readonly string[] {
  return answer.status === "found" ? answer.records : [];
}

function anyWithin(client: SpfClient, addresses: readonly string[], prefixes: Prefixes): boolean {
  return addresses.some((text) => {
    const bytes = parseIp(text);
    return bytes !== undefined && isWithin(client, bytes, prefixes);
  });
}

type Prefixes = Pick<Mechanism, "prefix4" | "prefix6">;

function isWithin({ bytes }: SpfClient, network: Uint8Array, { prefix4, prefix6 }: Prefixes): boolean {
  return inNetwork(bytes, network, bytes.length === 4 ? prefix4 : prefix6);
}
