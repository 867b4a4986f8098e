/**
 * What `deno.lock` says of npm packages.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** A package. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** As npm has it: `sha512-` and the archive's checksum in base64. */
  readonly integrity: string;
}

/** All packages of the lock file, by name; where there are several versions of one, the last. */
export function lockedPackages(): ReadonlyMap<string, LockedPackage> {
  const lock = JSON.parse(readFileSync(new URL("../../deno.lock", import.meta.url), "utf8"));
  return new Map(
    Object.entries<{ integrity: string }>(lock.npm).map(([id, { integrity }]) => {
      // Behind a version there can be, after an underscore, those of what it is used with.
      const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(id) ?? [];
      if (name === undefined || version === undefined) throw new Error(`deno.lock: ${id} has no version`);
      return [name, { name, version, integrity }];
    }),
  );
}
