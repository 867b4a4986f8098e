/**
 * Checksums in the format of sha256sum(1).
 *
 * @module
 */

import { createHash } from "node:crypto";

/** Returns the text of SHA256SUMS. */
export function checksums(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): string {
  return files.map(({ name, bytes }) => `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`)
    .sort((a, b) => a.slice(64) < b.slice(64) ? -1 : 1).join("");
}
