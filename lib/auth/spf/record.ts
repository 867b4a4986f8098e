/**
 * Parses SPF records (RFC 7208 sections 4.6, 5, 6 and 12).
 *
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";
import { parseIp } from "../../dns/ip_address.ts";
import { type MacroString, parseMacroString } from "./macro_string.ts";

/** The kinds of mechanisms. */
export type MechanismKind = "all" | "include" | "a" | "mx" | "ptr" | "ip4" | "ip6" | "exists";

/** What a matching mechanism means. */
export type SpfQualifier = "pass" | "fail" | "softfail" | "neutral";

/** A mechanism with its qualifier. */
export interface Mechanism {
  /** Its text as {@link shownTerm} returns it. */
  readonly text: string;
  readonly qualifier: SpfQualifier;
  readonly kind: MechanismKind;
  /** The domain-spec; if there is none, the domain of the record. */
  readonly target: MacroString | undefined;
  /** The network of `ip4` and `ip6`, as 4 or 16 bytes. */
  readonly network: Uint8Array | undefined;
  /** How many leading bits must agree for IPv4 and IPv6. */
  readonly prefix4: number;
  readonly prefix6: number;
}

/** A record with valid syntax. */
export interface SpfRecord {
  readonly mechanisms: readonly Mechanism[];
  readonly redirect: MacroString | undefined;
  /** The text of the redirect modifier. */
  readonly redirectText: string | undefined;
  readonly exp: MacroString | undefined;
}

/** What is wrong with a record. */
export interface RecordProblem {
  /** A short clause. */
  readonly problem: string;
  /** The term that is wrong. */
  readonly term: string;
}

const QUALIFIERS: Readonly<Record<string, SpfQualifier>> = {
  "+": "pass",
  "-": "fail",
  "~": "softfail",
  "?": "neutral",
};
/** Whether a mechanism has a domain-spec, and whether prefix lengths. */
const SHAPES: Readonly<Record<string, { target: "none" | "optional" | "required"; prefixes: boolean }>> = {
  all: { target: "none", prefixes: false },
  include: { target: "required", prefixes: false },
  a: { target: "optional", prefixes: true },
  mx: { target: "optional", prefixes: true },
  ptr: { target: "optional", prefixes: false },
  exists: { target: "required", prefixes: false },
};
const MAX_SHOWN_TERM = 200;

/** Whether a TXT record is an SPF record (section 4.5). */
export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/** A term for logs and results: printable ASCII, cut to 200 characters. */
export function shownTerm(text: string): string {
  return text.slice(0, MAX_SHOWN_TERM).replace(/[^!-~]/g, "?");
}

/**
 * Parses a record. All of its syntax is checked, even after `all`.
 *
 * @param text the record, for which {@link isSpfRecord} is true; one character per byte
 */
export function parseSpfRecord(text: string): SpfRecord | RecordProblem {
  const mechanisms: Mechanism[] = [];
  const modifiers = new Map<string, { value: MacroString; text: string }>();
  for (const term of text.slice("v=spf1".length).split(" ")) {
    if (term === "") continue;
    const shown = shownTerm(term);
    const [, name, value = ""] = /^([a-z][a-z0-9._-]*)=(.*)$/is.exec(term) ?? [];
    if (name === undefined) {
      const mechanism = parseMechanism(term, shown);
      if (typeof mechanism === "string") return { problem: mechanism, term: shown };
      mechanisms.push(mechanism);
      continue;
    }
    const key = name.toLowerCase();
    const known = key === "redirect" || key === "exp";
    const parsed = parseMacroString(value);
    if (parsed === undefined) {
      return { problem: "a macro or a character of a modifier is invalid", term: shown };
    }
    if (!known) continue;
    if (!parsed.isDomainSpec) return { problem: `${key}= has no valid domain`, term: shown };
    if (modifiers.has(key)) return { problem: `${key}= occurs twice`, term: shown };
    modifiers.set(key, { value: parsed, text: shown });
  }
  const redirect = modifiers.get("redirect");
  return {
    mechanisms,
    redirect: redirect?.value,
    redirectText: redirect?.text,
    exp: modifiers.get("exp")?.value,
  };
}

/** @returns what is wrong, as text, if it is invalid */
function parseMechanism(term: string, text: string): Mechanism | string {
  const sign = QUALIFIERS[term.charAt(0)];
  const bare = sign === undefined ? term : term.slice(1);
  const [, name = "", rest = ""] = /^([a-z][a-z0-9._-]*)(.*)$/is.exec(bare) ?? [];
  const kind = name.toLowerCase();
  const base = {
    text,
    qualifier: sign ?? "pass",
    target: undefined,
    network: undefined,
    prefix4: 32,
    prefix6: 128,
  };
  if (kind === "ip4" || kind === "ip6") {
    const network = parseNetwork(kind, rest);
    return network === undefined ? `${kind}: has no valid network` : { ...base, kind, ...network };
  }
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  if (shape === undefined) return "the mechanism is unknown";
  let spec = rest;
  let [prefix4, prefix6] = [32, 128];
  if (shape.prefixes) {
    const [, before = "", first, second] = /^(.*?)(?:\/([0-9]{1,3}))?(?:\/\/([0-9]{1,3}))?$/s.exec(rest) ??
      [];
    spec = before;
    prefix4 = prefixLength(first, 32);
    prefix6 = prefixLength(second, 128);
    if (prefix4 < 0 || prefix6 < 0) return "a prefix length is invalid";
  }
  const wanted = kind as MechanismKind;
  if (spec === "") {
    if (shape.target === "required") return `${kind} has no domain`;
    return { ...base, kind: wanted, prefix4, prefix6 };
  }
  if (shape.target === "none" || !spec.startsWith(":")) return `${kind} is followed by what it cannot have`;
  const target = parseMacroString(spec.slice(1));
  if (target === undefined || !target.isDomainSpec) return `${kind}: has no valid domain`;
  return { ...base, kind: wanted, target, prefix4, prefix6 };
}

function parseNetwork(kind: "ip4" | "ip6", rest: string): Partial<Mechanism> | undefined {
  const [, address = "", digits] = /^:([^/]*)(?:\/([0-9]{1,3}))?$/s.exec(rest) ?? [];
  if (kind === "ip4") {
    const prefix4 = prefixLength(digits, 32);
    return !isIPv4(address) || prefix4 < 0 ? undefined : { network: parseIp(address), prefix4 };
  }
  const prefix6 = prefixLength(digits, 128);
  const network = isIPv6(address) ? parseIp(address) : undefined;
  if (network === undefined || prefix6 < 0) return undefined;
  // ip6 is about IPv6 alone, so a mapped network stays one of 16 bytes.
  return { network: network.length === 16 ? network : Uint8Array.of(...MAPPED, ...network), prefix6 };
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** -1 if it is invalid. */
function prefixLength(digits: string | undefined, max: number): number {
  if (digits === undefined) return max;
  return /^(?:0|[1-9][0-9]*)$/.test(digits) && Number(digits) <= max ? Number(digits) : -1;
}
