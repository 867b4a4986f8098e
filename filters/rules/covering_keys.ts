/**
 * Keys for finding a rule that covers another one without comparing each rule with all others.
 *
 * If one value covers another, they have a key in common. The reverse need not be true: values with a common key must
 * still be compared.
 *
 * @module
 */

import { type AddressPattern, isListName, partsOfPattern } from "../../lib/options/address_pattern.ts";
import { sharedBits } from "../../lib/options/network.ts";
import type { DomainPattern, GivenOption, Network } from "../../lib/options/options.ts";

/** The conditions of a rule by the names of their options. */
export type WrittenConditions = ReadonlyMap<string, readonly GivenOption[]>;

/** Options of which any value may cover any other. */
const OF_SIZE = /-(?:larger|smaller)$/;

/** Options of which one value can cover another with a different spelling. */
const COMPARED = /-(?:client|sender|recipient|from)$/;

/**
 * The keys of a rule that may cover others, by each of its conditions: those of any one of them will do.
 *
 * @returns empty if no condition has keys, so that it is to be compared with each rule
 */
export function keysOfOuter(conditions: WrittenConditions): readonly ReadonlySet<string>[] {
  return [...conditions].filter(([name]) => !OF_SIZE.test(name)).map(([name, options]) => {
    // Of "only", a value covers those of the other rule; of "not", one of the other rule covers each of these.
    const keys = name.startsWith("only-")
      ? options.flatMap((option) => own(name, option))
      : options.slice(0, 1).flatMap((option) => covering(name, option));
    return new Set(keys.map((key) => `${name} ${key}`));
  });
}

/**
 * The keys of rules that may cover a rule. Each rule that covers it has one of them among the keys of any of its
 * conditions.
 */
export function keysOfInner(conditions: WrittenConditions): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const [name, options] of conditions) {
    if (OF_SIZE.test(name)) continue;
    const found = name.startsWith("only-")
      ? options.slice(0, 1).flatMap((option) => covering(name, option))
      : options.flatMap((option) => own(name, option));
    for (const key of found) keys.add(`${name} ${key}`);
  }
  return keys;
}

/** The keys that say what a value stands for. */
function own(name: string, { text, value }: GivenOption): readonly string[] {
  return [`=${text}`, ...(COMPARED.test(name) ? ownOf(name, value as Value) : [])];
}

/** The keys of the values that stand for everything that this one stands for. */
function covering(name: string, { text, value }: GivenOption): readonly string[] {
  return [`=${text}`, ...(COMPARED.test(name) ? coveringOf(name, value as Value) : [])];
}

type Value = AddressPattern | DomainPattern | Network;

function ownOf(name: string, value: Value): readonly string[] {
  const parts = "parts" in value ? value.parts?.() : undefined;
  if (parts) return [`=${value.text}`, ...parts.flatMap((part) => ownOf(name, part))];
  return [`=${value.text}`, ...keysOf(name, value).slice(0, 1)];
}

/** What covers a list covers its first entry. */
function coveringOf(name: string, value: Value): readonly string[] {
  const parts = "parts" in value ? value.parts?.() : undefined;
  if (!parts) return [`=${value.text}`, ...keysOf(name, value)];
  const [first] = parts;
  return [`=${value.text}`, ...(first ? coveringOf(name, first) : [])];
}

/** The key of a value, and then those of the wider ones that cover it. */
function keysOf(name: string, value: Value): readonly string[] {
  if (name.endsWith("-client")) return networkKeys(value);
  return name.endsWith("-from") ? domainKeys(value.text.toLowerCase()) : addressKeys(value);
}

function networkKeys({ text }: Value): readonly string[] {
  const bits = sharedBits(text);
  if (bits === undefined) return [];
  const shortest = bits.indexOf(":") + 1;
  return Array.from({ length: bits.length - shortest + 1 }, (_, i) => bits.slice(0, bits.length - i));
}

function addressKeys(value: Value): readonly string[] {
  if (isListName(value.text)) return [];
  const { user, domain, below } = partsOfPattern(value);
  if (domain === undefined) return ["<>"];
  const wider = parentsOf(domain);
  if (user !== undefined) return [`${user}@${domain}`, domain, ...wider];
  return below ? [`.${domain}`, ...wider] : [domain, ...wider];
}

function domainKeys(text: string): readonly string[] {
  return text.startsWith("@") ? [text] : [text, ...parentsOf(text)];
}

/** `.b.example`, `.example` for `a.b.example`. */
function parentsOf(domain: string): readonly string[] {
  return [...domain.matchAll(/\./g)].map(({ index }) => domain.slice(index));
}
