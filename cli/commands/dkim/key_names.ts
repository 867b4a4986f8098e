/**
 * The names of keys: selectors by date, and files by selector and state.
 *
 * @module
 */

import type { KeyFileName } from "../../../filters/dkim_sign/keys/key_folder.ts";
import type { DkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";

/** The kind of a key. */
export type KeyType = DkimPrivateKey["type"];

/** The kinds in the order in which they are made, shown and used: RSA first, since every receiver knows it. */
export const KEY_TYPES: readonly KeyType[] = ["rsa", "ed25519"];

/** What people call the kinds. */
export const KEY_TYPE_NAMES: Readonly<Record<KeyType, string>> = { rsa: "RSA", ed25519: "Ed25519" };

/** What a key is for, as its file's name says. */
export type KeyState = KeyFileName["state"];

const ENDS: Readonly<Record<KeyState, string>> = { current: ".pem", next: ".next.pem", old: ".old.pem" };

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
 * The name of a key's file.
 *
 * @param selector the selector
 * @param state what the key is for
 */
export function keyFileName(selector: string, state: KeyState): string {
  return selector + ENDS[state];
}

/** The path of a key's file after its state has changed. */
export function inState(path: string, state: KeyState): string {
  return path.replace(/(?:\.next|\.old)?\.pem$/, ENDS[state]);
}
