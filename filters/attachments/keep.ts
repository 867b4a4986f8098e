/**
 * Keeps original messages in a folder before attachments are removed from them.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { accessSync, constants, statSync } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../lib/message/text.ts";
import { systemMessage } from "../../lib/system_errors.ts";

/** An original message could not be kept, so nothing may be removed from it. */
export class KeepError extends Error {
  override readonly name = "KeepError";
  /** Always `keep-failed`. */
  readonly code = "keep-failed";
  /** The folder. */
  readonly value: string;

  /**
   * @param folder the folder
   * @param cause the system's error
   */
  constructor(folder: string, cause: unknown) {
    super(`Cannot keep the original message in ${folder}: ${systemMessage(cause)}`, { cause });
    this.value = folder;
  }
}

/** A message to keep. */
export interface Original {
  /** Its header. */
  readonly headers: Iterable<HeaderField>;
  /** Its body, in pieces. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Its sender; undefined if the MTA does not say. */
  readonly sender: EnvelopeAddress | undefined;
  /** Its recipients. */
  readonly recipients: readonly EnvelopeAddress[];
}

/**
 * Says what keeps messages from being kept in a folder.
 *
 * @param folder the folder
 * @returns undefined if nothing does
 */
export function folderProblem(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return "it is no folder";
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `it cannot be written to: ${systemMessage(error)}`;
  }
}

/**
 * A name for a file that no other file has.
 *
 * @param queueId the MTA's name for the message, for those who look for it; undefined if it does not say
 */
export function fileNameFor(queueId: string | undefined): string {
  const id = (queueId ?? "").replace(/[^a-z0-9]/gi, "").slice(0, 32);
  return `${id || "message"}-${randomUUID().slice(0, 8)}.eml`;
}

/**
 * Writes a message to a file that only its owner can read, and returns once it is on disk. Two fields above its header hold
 * the envelope, with which it can be sent again. Where it fails, no file is left.
 *
 * @param folder the folder
 * @param name the name of the file
 * @param original the message
 * @throws {KeepError} if the system does not let it
 */
export async function keepOriginal(folder: string, name: string, original: Original): Promise<void> {
  const path = join(folder, name);
  // Programs that look for messages do not see it until it is whole.
  const unfinished = join(folder, `.${name}.part`);
  let file: FileHandle | undefined;
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    file = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600);
    await file.writeFile(headerOf(original));
    for await (const bytes of original.body) await file.writeFile(bytes);
    await file.sync();
    await file.close();
    file = undefined;
    await rename(unfinished, path);
  } catch (error) {
    await file?.close().catch(() => {});
    await unlink(unfinished).catch(() => {});
    throw new KeepError(folder, error);
  }
}

function headerOf({ headers, sender, recipients }: Original): Uint8Array {
  const lines = [
    `X-Envelope-From: <${sender?.address ?? ""}>`,
    ...recipients.map(({ address }) => `X-Envelope-To: <${address}>`),
  ].map((line) => latin1Text(toBytes(line)));
  for (const { nameBytes, rawValueBytes } of headers) {
    lines.push(`${latin1Text(nameBytes)}:${latin1Text(rawValueBytes).replace(/\r?\n/g, "\r\n")}`);
  }
  return latin1Bytes([...lines, "", ""].join("\r\n"));
}
