/**
 * Where messages come from: files, mboxes, folders, standard input.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** A message, and what to call it. */
export interface FoundMessage {
  /** The file, with the message's number where the file has several. */
  readonly name: string;
  /** Its bytes; undefined where it cannot be read. */
  readonly bytes: Uint8Array | undefined;
  /** Why it cannot be read. */
  readonly error?: Error;
}

const FROM_LINE = Buffer.from("From ");
const NEXT_FROM_LINE = Buffer.from("\nFrom ");
const LF = 0x0a;

/**
 * All messages of operands, in their order. What cannot be read is among them, with the reason.
 *
 * @param operands files, folders, `-`
 */
export async function* messagesOf(operands: readonly string[]): AsyncGenerator<FoundMessage> {
  for (const operand of operands) {
    if (operand === "-") yield* named("(standard input)", messagesIn(process.stdin));
    else if (!isFolder(operand)) yield* named(operand, messagesInFile(operand));
    else for (const file of filesIn(operand)) yield* named(file, messagesInFile(file));
  }
}

/** How many files that are, an mbox counted as one; for progress. */
export function countFiles(operands: readonly string[]): number {
  return operands.reduce((count, operand) => count + (isFolder(operand) ? filesIn(operand).length : 1), 0);
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

function messagesInFile(path: string): AsyncGenerator<{ message: Uint8Array; mbox: boolean }> {
  return messagesIn(createReadStream(path, { highWaterMark: 1 << 20 }));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The files of a folder and those below it: of a Maildir what is in `cur` and `new`, else all but hidden ones. */
function filesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith(".")).sort();
  const isMaildir = names.includes("cur") && names.includes("new");
  return (isMaildir ? ["cur", "new"] : names).flatMap((name) => {
    const path = join(folder, name);
    return isFolder(path) ? filesIn(path) : [path];
  });
}

/**
 * An mbox message by message, so that a large one need not fit into memory; anything else as it is.
 *
 * @param stream the bytes, in pieces
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
    for (let at = rest.indexOf(NEXT_FROM_LINE); at >= 0; at = rest.indexOf(NEXT_FROM_LINE)) {
      yield { message: fromMbox([...kept, rest.subarray(0, at + 1)]), mbox };
      kept = [];
      rest = rest.subarray(at + 1);
    }
    // What may be the beginning of the next "From " stays for the next chunk.
    const safe = Math.max(0, rest.length - NEXT_FROM_LINE.length);
    if (safe > 0) kept.push(rest.subarray(0, safe));
    rest = rest.subarray(safe);
  }
  const last = [...kept, rest];
  yield { message: mbox ? fromMbox(last) : Buffer.concat(last), mbox };
}

/** Takes off the From line, the empty line at the end, and the `>` that mboxes put before From lines of a body. */
function fromMbox(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = Buffer.concat(pieces);
  const text = whole.subarray(whole.indexOf(LF) + 1).toString("latin1");
  return Buffer.from(text.replace(/\r?\n\r?\n$/, "\n").replace(/^>(>*From )/gm, "$1"), "latin1");
}
