/**
 * Says in words how keys changed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { KeyFile } from "./keys/key_file.ts";

/**
 * The changes, a line each.
 *
 * @param before the keys before
 * @param after the keys now
 */
export function keyChanges(before: readonly KeyFile[], after: readonly KeyFile[]): readonly string[] {
  const known = new Set(before.map(identityOf));
  const kept = new Set(after.map(identityOf));
  return [
    ...after.filter((key) => !known.has(identityOf(key))).map((key) =>
      `signs with ${keyText(key)} from now on`
    ),
    ...before.filter((key) => !kept.has(identityOf(key))).map((key) =>
      `signs with ${keyText(key)} no longer`
    ),
  ];
}

function keyText({ domain, selector, key, path }: KeyFile): string {
  return `${path} (${key.type}, d=${domain} s=${selector})`;
}

function identityOf({ domain, selector, key }: KeyFile): string {
  return `${domain} ${selector} ${Buffer.from(key.publicKey).toString("base64")}`;
}
