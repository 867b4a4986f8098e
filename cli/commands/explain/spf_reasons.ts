/**
 * Says why a term of an SPF record matches or not.
 *
 * @module
 */

import { isIPv4 } from "node:net";
import type { Mechanism } from "../../../lib/auth/spf/record.ts";
import type { SpfRecordNode, SpfTermNode } from "./spf_nodes.ts";

/** A term that ended. */
interface Ended {
  readonly node: SpfTermNode;
  /** Its mechanism; undefined for `redirect=`. */
  readonly mechanism: Mechanism | undefined;
  readonly client: string;
  /** The domain of the record. */
  readonly domain: string;
}

/** Why a term matched or not, in a short clause. */
export function whyOf(ended: Ended): string {
  const { node, mechanism, client } = ended;
  const matched = node.outcome === "match";
  switch (mechanism?.kind) {
    case undefined:
      return "no mechanism matched, so the record of another domain decides";
    case "all":
      return "every client matches it";
    case "ip4":
    case "ip6":
      if (isIPv4(client) !== (mechanism.kind === "ip4")) return `${client} is an address of the other family`;
      return `${client} is ${matched ? "" : "not "}${isOneAddress(mechanism) ? "this address" : "in it"}`;
    case "include":
      return includeReason(node);
    case "a":
      return `${client} is ${matched ? "" : "not "}an address of ${nameIn(node, ["A", "AAAA"])}${near(node)}`;
    case "mx":
      return `${client} is ${matched ? "" : "not "}the address of a host that takes mail for ${
        nameIn(node, ["MX"])
      }${near(node)}`;
    case "ptr":
      return matched
        ? "a name of the client is within the domain, and has the client's address"
        : "no name of the client that has its address is within the domain";
    case "exists":
      return `${nameIn(node, ["A"])} has ${matched ? "an" : "no"} address`;
  }
}

function isOneAddress({ kind, prefix4, prefix6 }: Mechanism): boolean {
  return kind === "ip4" ? prefix4 === 32 : prefix6 === 128;
}

/** What a record that was evaluated says, as a result of SPF; undefined if it was not evaluated to its end. */
export function recordSays(record: SpfRecordNode): string | undefined {
  const last = record.terms.at(-1);
  if (record.problem !== undefined || last?.outcome === "error") return undefined;
  if (last?.outcome !== "match") return "neutral";
  if (/^redirect=/i.test(last.term)) {
    const next = last.needed.find((needed) => needed.type === "record");
    return next === undefined ? undefined : recordSays(next);
  }
  return { "-": "fail", "~": "softfail", "?": "neutral" }[last.term.charAt(0)] ?? "pass";
}

function includeReason({ needed, outcome }: SpfTermNode): string {
  const record = needed.find((node) => node.type === "record");
  if (record === undefined) {
    return outcome === "match" ? "its record says pass" : "DNS cannot be asked for its name";
  }
  const said = recordSays(record) ?? "nothing";
  return outcome === "match"
    ? `the record of ${record.domain} says pass`
    : `the record of ${record.domain} says ${said}; include matches only a pass`;
}

/** The name that a term was about; lookups for its macros come before it. */
function nameIn({ needed }: SpfTermNode, types: readonly string[]): string {
  const lookup = needed.findLast((node) => node.type !== "record" && types.includes(node.type));
  return lookup === undefined || lookup.type === "record" ? "a name that DNS can be asked for" : lookup.name;
}

/** A network around the addresses counts too. */
function near({ term }: SpfTermNode): string {
  const slash = term.indexOf("/");
  return slash < 0 ? "" : `, or within ${term.slice(slash)} of one`;
}
