/**
 * The names of keys: selectors by date, and files by selector and state.
 *
 * @module
 */

import { join } from "node:path";
import type { DkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";

/** The kind of a key. */
export type KeyType = DkimPrivateKey["type"];

/** The kinds in the order in which they are made, shown and used: RSA first, since every receiver knows it. */
export const KEY_TYPES: readonly KeyType[] = ["rsa", "ed25519"];

/** What people call the kinds. */
export const KEY_TYPE_NAMES: Readonly<Record<KeyType, string>> = { rsa: "RSA", ed25519: "Ed25519" };

/**
 * What a key is for: `active` ones sign, `next` ones wait until the DNS has them, `old` ones signed before, and their records
 * stay until no mail with their signatures is on its way.
 */
export type KeyState = "active" | "next" | "old";

/** What ends the selector of the Ed25519 key that is made with an RSA key: one name can have only one key. */
const ED25519_END = "-ed";

/**
 * The selector of a key by the name that it shares with the other kind's.
 *
 * @param set the shared name, such as `20261130`
 * @param type the kind of the key
 */
export function selectorInSet(set: string, type: KeyType): string {
  return type === "rsa" ? set : set + ED25519_END;
}

/** The name that a selector shares with the other kind's; the selector itself if it does not look so. */
export function setOf(selector: string, type: KeyType): string {
  return type === "ed25519" && selector.endsWith(ED25519_END)
    ? selector.slice(0, -ED25519_END.length)
    : selector;
}

/**
 * A shared name by date: `20261130`, then `20261130b` to `20261130z`.
 *
 * @param now milliseconds since 1970
 * @param taken selectors that are in use
 * @returns undefined if all are in use
 */
export function setByDate(now: number, taken: ReadonlySet<string>): string | undefined {
  const date = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
  const names = ["", ..."bcdefghijklmnopqrstuvwxyz"].map((letter) => date + letter);
  return names.find((name) => KEY_TYPES.every((type) => !taken.has(selectorInSet(name, type))));
}

/**
 * The path of a key's file.
 *
 * @param folder the folder of all keys
 * @param domain the domain that signs
 * @param selector the selector
 * @param state what the key is for
 */
export function keyPath(folder: string, domain: string, selector: string, state: KeyState): string {
  return join(folder, domain, `${selector}${state === "active" ? "" : `.${state}`}.pem`);
}

/** The selector and state that a file's name says; undefined if it is not the name of a key. */
export function parseKeyFileName(
  name: string,
): { readonly selector: string; readonly state: KeyState } | undefined {
  const [, selector, state = "active"] = /^([^.].*?)(?:\.(next|old))?\.pem$/s.exec(name) ?? [];
  return selector === undefined ? undefined : { selector, state: state as KeyState };
}
