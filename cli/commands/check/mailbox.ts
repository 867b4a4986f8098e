/**
 * Reads messages from files, mboxes, folders and standard input.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createReadStream, type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** A message that was found. */
export interface FoundMessage {
  /** Its name in reports: the file, with the message's number if the file is an mbox. */
  readonly name: string;
  /** Its bytes; undefined if it cannot be read. */
  readonly bytes: Uint8Array | undefined;
  /** Why it cannot be read. */
  readonly error?: Error;
}

const FROM_LINE = Buffer.from("From ");
/** The start of a From line, with the end of the line before it. */
const NEXT_FROM_LINE = Buffer.from("\nFrom ");
/** Length of the longest text that marks the start of a message: an empty line and `From `. */
const LONGEST_BOUNDARY = "\n\r\nFrom ".length;
const LF = 0x0a;
const CR = 0x0d;

/** A file that may hold messages, or a folder that cannot be read. */
interface FoundFile {
  readonly path: string;
  readonly error?: Error;
}

/**
 * Lists the files that operands name, including those in folders. All folders are listed first, so that the total is
 * known.
 *
 * @param operands files, folders, `-`
 */
export function filesOf(operands: readonly string[]): FoundFile[] {
  return operands.flatMap((operand) => {
    // Links to folders are followed here, but not inside folders.
    const isFolder = operand !== "-" && statSync(operand, { throwIfNoEntry: false })?.isDirectory();
    return isFolder ? filesIn(operand) : [{ path: operand }];
  });
}

/**
 * Reads all messages of files, in order. A file that cannot be read yields one entry with the reason.
 *
 * @param files the files
 */
export async function* messagesOf(files: readonly FoundFile[]): AsyncGenerator<FoundMessage> {
  for (const { path, error } of files) {
    if (error) yield { name: path, bytes: undefined, error };
    else if (path === "-") yield* named("(standard input)", messagesIn(process.stdin));
    else yield* named(path, messagesIn(createReadStream(path, { highWaterMark: 1 << 20 })));
  }
}

async function* named(
  name: string,
  messages: AsyncIterable<{ readonly message: Uint8Array; readonly mbox: boolean }>,
): AsyncGenerator<FoundMessage> {
  let number = 0;
  try {
    for await (const { message, mbox } of messages) {
      number++;
      yield { name: mbox ? `${name}:${number}` : name, bytes: message };
    }
  } catch (error) {
    yield { name, bytes: undefined, error: error as Error };
  }
}

/** Lists the files in a folder and below it: of a Maildir those in `cur` and `new`, otherwise all but hidden ones. */
function filesIn(folder: string): FoundFile[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return [{ path: folder, error: error as Error }];
  }
  const shown = entries.filter(({ name }) => !name.startsWith("."));
  const isMaildir = ["cur", "new"].every((name) => shown.some((entry) => entry.name === name));
  const wanted = isMaildir ? shown.filter(({ name }) => name === "cur" || name === "new") : shown;
  return wanted.sort((a, b) => a.name < b.name ? -1 : 1).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : entry.isFile() || isFileBehindLink(path) ? [{ path }] : [];
  });
}

/** Links to folders are skipped: one may lead to a folder above itself. */
function isFileBehindLink(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}

/**
 * Splits an mbox into messages, one at a time, so that a large one need not fit into memory. Anything else is one
 * message.
 *
 * @param stream the bytes, in chunks
 */
export async function* messagesIn(
  stream: AsyncIterable<unknown>,
): AsyncGenerator<{ message: Uint8Array; mbox: boolean }> {
  let kept: Uint8Array[] = [];
  let first = true;
  let mbox = false;
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk as Uint8Array]) : Buffer.from(chunk as Uint8Array);
    if (first) {
      if (rest.length < FROM_LINE.length) continue;
      first = false;
      mbox = rest.subarray(0, FROM_LINE.length).equals(FROM_LINE);
    }
    if (!mbox) {
      kept.push(rest);
      rest = Buffer.alloc(0);
      continue;
    }
    for (let at = nextFromLine(rest); at >= 0; at = nextFromLine(rest)) {
      yield { message: fromMbox([...kept, rest.subarray(0, at)]), mbox };
      kept = [];
      rest = rest.subarray(at);
    }
    // Keep what may be the start of the next "From " for the next chunk.
    const safe = Math.max(0, rest.length - LONGEST_BOUNDARY);
    if (safe > 0) kept.push(rest.subarray(0, safe));
    rest = rest.subarray(safe);
  }
  const last = [...kept, rest];
  yield { message: mbox ? fromMbox(last) : Buffer.concat(last), mbox };
}

/** The offset of the next message, which begins with a From line after an empty line; -1 if there is none. */
function nextFromLine(bytes: Buffer): number {
  // One search for both line endings: searching for one that does not occur would read the whole rest each time.
  for (let at = bytes.indexOf(NEXT_FROM_LINE); at >= 0; at = bytes.indexOf(NEXT_FROM_LINE, at + 1)) {
    if (bytes[bytes[at - 1] === CR ? at - 2 : at - 1] === LF) return at + 1;
  }
  return -1;
}

/** Removes the From line, the empty line at the end, and the `>` that mboxes put before From lines in a body. */
function fromMbox(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = Buffer.concat(pieces);
  const text = whole.subarray(whole.indexOf(LF) + 1).toString("latin1");
  return Buffer.from(text.replace(/\r?\n\r?\n$/, "\n").replace(/^>(>*From )/gm, "$1"), "latin1");
}
