/**
 * Reads the npm packages in `deno.lock`.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** A package. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** In npm's format: `sha512-` and the archive's checksum in base64. */
  readonly integrity: string;
}

/** Returns all packages in the lock file, by name; for several versions of one, the last. */
export function lockedPackages(): ReadonlyMap<string, LockedPackage> {
  const lock = JSON.parse(readFileSync(new URL("../../deno.lock", import.meta.url), "utf8"));
  return new Map(
    Object.entries<{ integrity: string }>(lock.npm).map(([id, { integrity }]) => {
      // An underscore and the versions of peer dependencies may follow a version.
      const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(id) ?? [];
      if (name === undefined || version === undefined) throw new Error(`deno.lock: ${id} has no version`);
      return [name, { name, version, integrity }];
    }),
  );
}
