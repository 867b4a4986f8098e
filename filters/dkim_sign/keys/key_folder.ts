/**
 * Reads a folder of keys: a folder for each domain, in it `SELECTOR.pem` for each key that signs.
 *
 * @module
 */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { type KeyFile, KeyFileError, readKeyFile } from "./key_file.ts";
import { asciiName } from "./names.ts";
import { folderWarning } from "./permissions.ts";

/** What is in a folder of keys. */
export interface KeyFolder {
  /** The keys that sign, by domain and selector in alphabetical order. */
  readonly keys: readonly KeyFile[];
  /** What an administrator should look at: a sentence each. */
  readonly warnings: readonly string[];
}

/** What the name of a file in a domain's folder says: what the file is for, and its selector. */
export interface KeyFileName {
  /** `current`: it signs; `next`: it waits until its record is published; `old`: its record still has to be there. */
  readonly state: "current" | "next" | "old";
  readonly selector: string;
}

/** A domain and its folder. */
export interface DomainFolder {
  /** In lower case ASCII. */
  readonly domain: string;
  readonly path: string;
}

/**
 * Reads the name of a file in a domain's folder: `SELECTOR.pem`, `SELECTOR.next.pem` or `SELECTOR.old.pem`.
 *
 * @returns undefined if it is none of these
 */
export function parseKeyFileName(name: string): KeyFileName | undefined {
  const [, before = "", state = "current"] = /^(.+?)(?:\.(next|old))?\.pem$/.exec(name) ?? [];
  const selector = asciiName(before);
  return selector === undefined ? undefined : { state: state as KeyFileName["state"], selector };
}

/**
 * Lists the folders of domains in a folder of keys, in alphabetical order.
 *
 * @param path the folder of keys
 * @returns those folders, and the names of what else is there; hidden files and folders are left out
 * @throws {KeyFileError} if it cannot be read
 */
export function domainFolders(
  path: string,
): { readonly domains: readonly DomainFolder[]; readonly others: readonly string[] } {
  const domains: DomainFolder[] = [];
  const others: string[] = [];
  for (const entry of visibleEntries(path)) {
    const domain = isFolder(path, entry) ? asciiName(entry.name) : undefined;
    if (domain === undefined) others.push(entry.name);
    else domains.push({ domain, path: join(path, entry.name) });
  }
  return { domains, others };
}

/**
 * Reads all keys of a folder that sign.
 *
 * @param path the folder; in it, one for each domain, and in that `SELECTOR.pem`, one for each kind of key at most
 * @param read reads a key; for those who read the folder often and know most keys already
 * @throws {KeyFileError} if the folder, or one in it, cannot be read; for a key that cannot be used; and for two keys of one
 * kind that would both sign for a domain
 */
export function readKeyFolder(path: string, read: typeof readKeyFile = readKeyFile): KeyFolder {
  const { domains, others } = domainFolders(path);
  const warnings = [warningOf(path), ...others.map((name) => strayWarning(path, name))];
  const keys: KeyFile[] = [];
  for (const folder of domains) {
    warnings.push(warningOf(folder.path));
    const current: KeyFile[] = [];
    const retired = new Set<string>();
    for (const { name } of visibleEntries(folder.path)) {
      const parsed = parseKeyFileName(name);
      if (parsed === undefined) warnings.push(strayWarning(path, join(folder.domain, name)));
      else if (parsed.state === "old") retired.add(parsed.selector);
      else if (parsed.state === "current") {
        current.push(read(join(folder.path, name), folder.domain, parsed.selector));
      }
    }
    keys.push(...withoutReplaced(current, retired));
  }
  refuseSeveral(keys);
  return { keys, warnings: warnings.filter((warning) => warning !== undefined) };
}

/**
 * The keys of a domain that sign. To replace a key, its file is first linked to its name as an old key; then the new
 * key gets its name, and the old key's first name is removed. So at every moment exactly one key of a kind signs.
 */
function withoutReplaced(current: readonly KeyFile[], retired: ReadonlySet<string>): readonly KeyFile[] {
  return current.filter(({ selector, key }) =>
    !retired.has(selector) ||
    !current.some((other) => other.key.type === key.type && !retired.has(other.selector))
  );
}

/** Refuses two keys of one kind for a domain: it would be ambiguous which one signs. */
function refuseSeveral(keys: readonly KeyFile[]): void {
  const seen = new Map<string, KeyFile>();
  for (const each of keys) {
    const which = `${each.domain} ${each.key.type}`;
    const other = seen.get(which);
    if (other !== undefined) throw severalOfAKind(other, each);
    seen.set(which, each);
  }
}

function severalOfAKind(one: KeyFile, other: KeyFile): KeyFileError {
  const kind = one.key.type === "rsa" ? "RSA" : "Ed25519";
  return new KeyFileError(
    other.path,
    `it and ${one.path} are both ${kind} keys of ${one.domain}, and only one of a kind signs; rename the other one to ` +
      "SELECTOR.next.pem or SELECTOR.old.pem",
  );
}

function strayWarning(folder: string, name: string): string {
  return `${join(folder, name)} is no key that signs: those are ${join(folder, "DOMAIN/SELECTOR.pem")}`;
}

function warningOf(path: string): string | undefined {
  try {
    return folderWarning(path, statSync(path));
  } catch (error) {
    throw new KeyFileError(path, systemErrorText(error));
  }
}

function visibleEntries(path: string): readonly Dirent[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    const words = { ENOENT: "there is no such folder", ENOTDIR: "it is no folder" };
    throw new KeyFileError(path, systemErrorText(error, words));
  }
}

/** A link counts as what it leads to. */
function isFolder(path: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return statSync(join(path, entry.name)).isDirectory();
  } catch {
    return false;
  }
}
