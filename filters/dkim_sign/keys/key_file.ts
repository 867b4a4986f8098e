/**
 * Reads a file with a private key, if nobody else can read or replace it.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import {
  DkimKeyError,
  type DkimPrivateKey,
  parseDkimPrivateKey,
} from "../../../lib/auth/dkim/private_key.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { ownId, userName } from "./accounts.ts";
import { fileProblem, permissionsText } from "./permissions.ts";

/** A key that signs, and where it is. */
export interface KeyFile {
  /** The file. */
  readonly path: string;
  /** The domain that it signs for, d=. */
  readonly domain: string;
  /** The name of its record below that domain, s=. */
  readonly selector: string;
  /** The key. */
  readonly key: DkimPrivateKey;
}

/** A file or folder that is not fit to hold keys. The message says which, why, whose it is, and what to do. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
  /** Always `unusable-key-file`. */
  readonly code = "unusable-key-file";
  /** The path. */
  readonly value: string;
  /** What is wrong and what to do: a clause that says "it" of the file. */
  readonly problem: string;

  /**
   * @param path the file or folder
   * @param problem what is wrong with it
   */
  constructor(path: string, problem: string) {
    super(`Cannot use ${path}: ${problem}`);
    this.value = path;
    this.problem = problem;
  }
}

/** The maximum number of bytes of a key file. One of 4096 bits has 3300, and text may stand around it. */
const MAX_BYTES = 65_536;

/**
 * Reads a private key.
 *
 * @param path the file: PEM, or the base64 text of an Ed25519 seed
 * @param domain the domain that it signs for
 * @param selector the name of its record
 * @throws {KeyFileError} if the file cannot be read, has no key that can sign, or has permissions with which others can
 * read or replace it
 */
export function readKeyFile(path: string, domain: string, selector: string): KeyFile {
  const { bytes, stats } = readBytes(path);
  try {
    return { path, domain, selector, key: parseDkimPrivateKey(bytes) };
  } catch (error) {
    if (!(error instanceof DkimKeyError)) throw error;
    throw new KeyFileError(path, `${error.message} (${permissionsText(stats)})`);
  } finally {
    bytes.fill(0);
  }
}

/** Reads a file of which the permissions are right. */
function readBytes(path: string): { readonly bytes: Uint8Array; readonly stats: Stats } {
  let descriptor: number;
  try {
    // A pipe would otherwise block until somebody writes to it.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new KeyFileError(path, openProblem(path, error));
  }
  try {
    // Of the file that is open: another one may have its name by now.
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      throw new KeyFileError(path, stats.isDirectory() ? "it is a folder" : "it is no file");
    }
    const problem = fileProblem(path, stats);
    if (problem !== undefined) throw new KeyFileError(path, problem);
    const bytes = new Uint8Array(MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length > MAX_BYTES) {
      throw new KeyFileError(path, `it has more than ${MAX_BYTES} bytes, so it is not a key`);
    }
    return { bytes: bytes.subarray(0, length), stats };
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    throw new KeyFileError(path, systemErrorText(error));
  } finally {
    closeSync(descriptor);
  }
}

function openProblem(path: string, error: unknown): string {
  const reason = systemErrorText(error);
  if ((error as { readonly code?: string }).code !== "EACCES") return reason;
  const own = ownId();
  const who = own === undefined ? "" : ` for user ${userName(own)}`;
  try {
    const remedy = `run chgrp with a group of that user, and chmod 0640 ${path}`;
    return `${reason}${who} (${permissionsText(statSync(path))}); ${remedy}`;
  } catch {
    return `${reason}${who}, who cannot search its folder`;
  }
}
