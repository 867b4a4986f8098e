/**
 * Takes the next step of a domain's rotation.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { TxtResolver } from "../../../lib/dns/resolver.ts";
import type { StatusLine } from "../../terminal/status_line.ts";
import { checkKeys, type KeyCheck } from "./check_report.ts";
import { accessAsOf } from "./key_access.ts";
import { inState, keyFileName } from "./key_names.ts";
import { type StoredKey, storedKeys } from "./key_store.ts";
import { makeKey } from "./make_key.ts";
import { doFileStep, switchSteps } from "./rotation_files.ts";
import { type KeyToMake, planRotation, type RotationSettings } from "./rotation_plan.ts";
import { writeKey } from "./write_key.ts";

/** What a run did for a domain. */
export type RotationDone =
  /** These keys were made, and wait for their records. */
  | { readonly name: "made"; readonly keys: readonly StoredKey[] }
  /** The keys wait: a record is missing or wrong, or a lookup failed. */
  | { readonly name: "waiting"; readonly checks: readonly KeyCheck[] }
  /** These keys sign from now on, and these do not any more. */
  | {
    readonly name: "switched";
    readonly keys: readonly StoredKey[];
    readonly replaced: readonly StoredKey[];
  }
  /** Nothing is due before this time, in milliseconds since 1970. */
  | {
    readonly name: "nothing-due";
    readonly until: number;
    readonly why: "keys-are-young" | "old-keys-are-young";
  }
  /** Nothing can be done before somebody has done this. */
  | { readonly name: "failed"; readonly reason: string };

/** What a run did for a domain, and what is left to people. */
export interface DomainRotation {
  readonly domain: string;
  readonly done: RotationDone;
  /** Old keys whose record and file can go. */
  readonly removable: readonly StoredKey[];
}

/** What a rotation needs to know. */
export interface RotationContext extends RotationSettings {
  /** What error messages begin with. */
  readonly program: string;
  /** The folder of all keys. */
  readonly folder: string;
  /** The size of new RSA keys; undefined for that of the key that is replaced, but at least 2048. */
  readonly bits: number | undefined;
  readonly resolver: TxtResolver;
  readonly progress: StatusLine;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** RFC 8301 section 3.2: signers should use at least this. */
const WANTED_BITS = 2048;

/**
 * Takes the next step.
 *
 * @param domain the domain
 * @param context the rest
 * @throws {UsageError} if a key cannot be read or used
 * @throws {KeyWriteError} if a key cannot be written
 * @throws {KeyNameError} if a name cannot be changed
 */
export async function rotateDomain(domain: string, context: RotationContext): Promise<DomainRotation> {
  const { program, folder, now } = context;
  const keys = storedKeys(program, folder, domain);
  const { leftovers, step, removable } = planRotation(keys, now, context);
  for (const { path } of leftovers) doFileStep({ name: "unlink", path }, now);
  const failed = (reason: string): RotationDone => ({ name: "failed", reason });
  const done = async (): Promise<RotationDone> => {
    switch (step.name) {
      case "no-key":
        return failed(`there is no key that signs in ${folder}; make one with \`milterkit dkim keygen\``);
      case "ambiguous":
        return failed(
          `${
            step.keys.map(({ path }) => path).join(" and ")
          } are of one kind, and only one can sign or wait; ` +
            "remove or rename the others",
        );
      case "no-selector":
        return failed("all selectors for today's date are in use; try again tomorrow");
      case "wait":
        return { ...step, name: "nothing-due" };
      case "make":
        return { name: "made", keys: await makeAll(step.keys, context) };
      case "switch":
        return await switchTo(
          step.keys,
          keys.filter((key) => key.state === "current" && !leftovers.includes(key)),
          context,
        );
    }
  };
  return { domain, done: await done(), removable };
}

async function makeAll(
  wanted: readonly KeyToMake<StoredKey>[],
  { program, bits, now }: RotationContext,
): Promise<readonly StoredKey[]> {
  const made = [];
  for (const each of wanted) {
    const access = accessAsOf(program, each.replaces.path);
    const size = bits ?? Math.max(WANTED_BITS, each.replaces.type === "rsa" ? each.replaces.key.bits : 0);
    made.push({ ...each, access, ...await makeKey(each.type, size) });
  }
  return made.map(({ selector, type, replaces, access, key, pem }): StoredKey => {
    const path = join(dirname(replaces.path), keyFileName(selector, "next"));
    writeKey(path, pem, access);
    return { path, domain: replaces.domain, selector, key, type, state: "next", changed: now };
  });
}

async function switchTo(
  next: readonly StoredKey[],
  current: readonly StoredKey[],
  { resolver, progress, now }: RotationContext,
): Promise<RotationDone> {
  const checks = await checkKeys(next, resolver, progress);
  progress.clear();
  if (checks.some(({ result }) => result !== "right")) return { name: "waiting", checks };
  const replaced: StoredKey[] = [];
  const keys = next.map((key): StoredKey => {
    const other = current.find(({ type }) => type === key.type);
    for (const step of switchSteps(key.path, other?.path)) doFileStep(step, now);
    if (other !== undefined) {
      replaced.push({ ...other, path: inState(other.path, "old"), state: "old", changed: now });
    }
    return { ...key, path: inState(key.path, "current"), state: "current", changed: now };
  });
  return { name: "switched", keys, replaced };
}
