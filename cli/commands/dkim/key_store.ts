/**
 * The keys that an action is about: those of a folder, or those that the command line names.
 *
 * @module
 */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ANY_DOMAIN, parseKeyArgument } from "../../../filters/dkim_sign/keys/key_argument.ts";
import { type KeyFile, KeyFileError, readKeyFile } from "../../../filters/dkim_sign/keys/key_file.ts";
import { domainFolders, parseKeyFileName } from "../../../filters/dkim_sign/keys/key_folder.ts";
import { OptionError } from "../../../lib/options/options.ts";
import { systemMessage } from "../../../lib/system_errors.ts";
import { invalidArgument, UsageError } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";
import { KEY_TYPES, type KeyState, type KeyType } from "./key_names.ts";
import { domainOperand, KEY_OPTION, KEYS_OPTION, requiredFolder } from "./options.ts";

/** A key, and what it is for. */
export interface StoredKey extends KeyFile {
  readonly type: KeyType;
  readonly state: KeyState;
  /** When its state changed last, in milliseconds since 1970: the file's modification time. */
  readonly changed: number;
}

const STATES: readonly KeyState[] = ["current", "next", "old"];

/**
 * Reads all keys of a domain: those that sign first, then those that wait, then old ones; RSA first of each.
 *
 * @param program what error messages begin with
 * @param folder the folder of all keys
 * @param domain the domain
 * @returns none if the domain has no folder
 * @throws {UsageError} if a folder or a key cannot be read or used
 */
export function storedKeys(program: string, folder: string, domain: string): readonly StoredKey[] {
  const path = domainFolder(program, folder, domain);
  const keys = existsSync(path) ? usable(program, () => keysIn(path, domain)) : [];
  return keys.sort((a, b) =>
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    KEY_TYPES.indexOf(a.type) - KEY_TYPES.indexOf(b.type) ||
    (a.selector < b.selector ? -1 : 1)
  );
}

function keysIn(path: string, domain: string): StoredKey[] {
  return readdirSync(path).flatMap((name) => {
    const parsed = name.startsWith(".") ? undefined : parseKeyFileName(name);
    return parsed === undefined ? [] : [stored(join(path, name), domain, parsed.selector, parsed.state)];
  });
}

/**
 * The folder of a domain's keys, which need not exist.
 *
 * @param program what error messages begin with
 * @param folder the folder of all keys
 * @param domain the domain
 * @throws {UsageError} if the folder of all keys cannot be read
 */
export function domainFolder(program: string, folder: string, domain: string): string {
  const { domains } = existsSync(folder) ? usable(program, () => domainFolders(folder)) : { domains: [] };
  // Its name may have capital letters.
  return domains.find((each) => each.domain === domain)?.path ?? join(folder, domain);
}

/**
 * The domains that have a folder.
 *
 * @param program what error messages begin with
 * @param folder the folder of all keys
 * @throws {UsageError} if it cannot be read, or has none
 */
export function storedDomains(program: string, folder: string): readonly string[] {
  const { domains } = usable(program, () => domainFolders(folder));
  if (domains.length > 0) return domains.map(({ domain }) => domain);
  throw invalidArgument(
    program,
    "--keys",
    folder,
    "it has no folder of a domain; `milterkit dkim keygen` makes one with the first key",
  );
}

/**
 * The keys that a command line selects: with `--key` these, otherwise those of `--keys` and of the domains that are its
 * operands, or of all its domains.
 *
 * @throws {UsageError} if it selects none, or one cannot be read or used
 */
export function selectedKeys(line: CommandLine): readonly StoredKey[] {
  const { program, options, operands } = line;
  const given = options.all("string", KEY_OPTION.name);
  if (given.length === 0) {
    const folder = requiredFolder(line);
    return domainsOf(line, folder).flatMap((domain) => existingKeys(program, folder, domain));
  }
  if (options.get("string", KEYS_OPTION.name) !== undefined) {
    throw new UsageError(`${program}: give --keys or --key, not both`);
  }
  const [domain] = operands;
  if (domain !== undefined) {
    throw new UsageError(`${program}: ${domain} is too much: --key names the domain itself`, domain);
  }
  return given.map((text) => namedKey(program, text));
}

/**
 * The domains that are the operands of a command line, or all of the folder.
 *
 * @throws {UsageError} if one is not a domain, or there are none
 */
export function domainsOf({ program, operands }: CommandLine, folder: string): readonly string[] {
  if (operands.length === 0) return storedDomains(program, folder);
  return [...new Set(operands.map((text) => domainOperand(program, text)))];
}

/**
 * The key of a `--key`.
 *
 * @throws {UsageError} if the text is not what it wants, or the file cannot be read or used
 */
export function namedKey(program: string, text: string): StoredKey {
  const { domain, selector, path } = usable(program, () => parseKeyArgument(text));
  if (domain === ANY_DOMAIN) {
    throw invalidArgument(program, "--key", text, "want a domain here, not % for any");
  }
  return usable(program, () => stored(path, domain, selector, "current"));
}

function existingKeys(program: string, folder: string, domain: string): readonly StoredKey[] {
  const keys = storedKeys(program, folder, domain);
  if (keys.length > 0) return keys;
  throw new UsageError(
    `${program}: there is no key of ${domain} in ${folder}; ` +
      `make one with \`milterkit dkim keygen --keys ${folder} ${domain}\``,
    domain,
  );
}

function stored(path: string, domain: string, selector: string, state: KeyState): StoredKey {
  const file = readKeyFile(path, domain, selector);
  return { ...file, type: file.key.type, state, changed: statSync(path).mtimeMs };
}

/**
 * Turns an error about an option, or a file or folder of keys, into one of the command line that names it.
 *
 * @param program what error messages begin with
 * @param read what reads the keys
 * @throws {UsageError} in place of the error
 */
export function usable<T>(program: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof KeyFileError || error instanceof OptionError) {
      throw new UsageError(`${program}: ${error.message}`, error.value);
    }
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(`${program}: Cannot read a key: ${systemMessage(error)}`);
  }
}
