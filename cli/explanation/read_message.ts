/**
 * Reads the message that a command is about.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import process from "node:process";
import { parseMessage } from "../../lib/message/parse.ts";
import { systemErrorText } from "../../lib/system_errors.ts";
import { invalidArgument } from "../terminal/arguments.ts";
import type { SignedMessage } from "./explain_dkim.ts";

/** The largest message that is read, in bytes; mail servers accept far less. */
const MAX_SIZE = 256 * 1024 * 1024;

/**
 * Reads a message.
 *
 * @param program what error messages begin with
 * @param file a path, or `-` for standard input
 * @throws {UsageError} if it cannot be read, is too large, or is no message
 */
export async function readMessage(program: string, file: string): Promise<SignedMessage> {
  return messageOf(program, file, await readMessageBytes(program, file));
}

/**
 * Reads the bytes of a message.
 *
 * @param program what error messages begin with
 * @param file a path, or `-` for standard input
 * @throws {UsageError} if they cannot be read, or are too many
 */
export async function readMessageBytes(program: string, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const stream: AsyncIterable<unknown> = file === "-" ? process.stdin : createReadStream(file);
    for await (const chunk of stream) {
      const bytes = chunk as Uint8Array;
      size += bytes.length;
      if (size > MAX_SIZE) {
        throw invalidArgument(
          program,
          "FILE",
          file,
          `it has more than ${MAX_SIZE / 1024 / 1024} MiB, which no mail server accepts`,
        );
      }
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof Error && error.name === "UsageError") throw error;
    throw invalidArgument(program, "FILE", file, systemErrorText(error));
  }
  return Buffer.concat(chunks);
}

/**
 * Finds the header and the body of a message.
 *
 * @param program what error messages begin with
 * @param file where the bytes come from, for the error
 * @param bytes the message
 * @throws {UsageError} if they are no message
 */
export function messageOf(program: string, file: string, bytes: Uint8Array): SignedMessage {
  const { header, hidden = [], body } = parseMessage(bytes);
  const fields = [...hidden, ...header];
  if (fields.length === 0) {
    throw invalidArgument(
      program,
      "FILE",
      file,
      "it is not a message: want header fields such as From: joe@example.com, an empty line, and the text",
    );
  }
  return { header: fields, body };
}
