/**
 * Reads the message to explain.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import process from "node:process";
import { parseMessage } from "../../../lib/message/parse.ts";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { invalidArgument } from "../../terminal/arguments.ts";
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
  const fail = (reason: string) => invalidArgument(program, "FILE", file, reason);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const stream: AsyncIterable<unknown> = file === "-" ? process.stdin : createReadStream(file);
    for await (const chunk of stream) {
      const bytes = chunk as Uint8Array;
      size += bytes.length;
      if (size > MAX_SIZE) {
        throw fail(`it has more than ${MAX_SIZE / 1024 / 1024} MiB, which no mail server accepts`);
      }
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof Error && error.name === "UsageError") throw error;
    throw fail(systemErrorText(error));
  }
  const { header, hidden = [], body } = parseMessage(Buffer.concat(chunks));
  const fields = [...hidden, ...header];
  if (fields.length === 0) {
    throw fail(
      "it is not a message: want header fields such as From: joe@example.com, an empty line, and the text",
    );
  }
  return { header: fields, body };
}
