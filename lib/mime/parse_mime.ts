/**
 * Reads a message as a tree of parts.
 *
 * @module
 */

import { type ByteSource, bytesSource } from "./byte_source.ts";
import { decodedSource } from "./decoded_source.ts";
import { Part } from "./part.ts";
import { MimeReader, type MimeReaderOptions, type MimeStructure } from "./structure/mime_reader.ts";
import type { MimeProblem } from "./structure/problems.ts";

/** A message as a tree of parts. */
export interface MimeMessage {
  /** The message itself, whose header is that of the message. */
  readonly root: Part;
  /** All parts in document order, {@linkcode MimeMessage.root} first. */
  readonly parts: readonly Part[];
  /** What is wrong with its structure; empty for well-formed mail. */
  readonly problems: readonly MimeProblem[];
}

/**
 * Reads a message as a tree of parts. Never throws because of what is in the message: see {@linkcode
 * MimeMessage.problems}. Takes linear time; contents are read from the source only when you ask for them.
 *
 * @param message the message as bytes or as a source, with its header unless that is given in `options`
 * @param options the header, if the bytes are those of the body only, and limits
 * @throws what the source throws, as a rejection
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseMime } from "./parse_mime.ts";
 *
 * const message = [
 *   "Content-Type: multipart/mixed; boundary=b",
 *   "",
 *   "--b",
 *   "",
 *   "Hello",
 *   "--b",
 *   'Content-Type: application/pdf; name="=?utf-8?Q?f=C3=BCr_dich.pdf?="',
 *   "Content-Transfer-Encoding: base64",
 *   "",
 *   "JVBERi0=",
 *   "--b--",
 * ].join("\r\n");
 * const { parts: [, text, file] } = await parseMime(new TextEncoder().encode(message));
 * assert.equal(await text?.text(), "Hello");
 * assert.equal(file?.fileName, "für dich.pdf");
 * assert.equal((await file?.bytes())?.length, 5);
 * ```
 */
export async function parseMime(
  message: Uint8Array | ByteSource,
  options: MimeReaderOptions = {},
): Promise<MimeMessage> {
  const source = message instanceof Uint8Array ? bytesSource(message) : message;
  const reader = new MimeReader(options);
  for await (const bytes of source.read(0, source.size)) reader.push(bytes);
  return mimeMessage(reader.end(), source);
}

/**
 * The tree of a message whose structure was read.
 *
 * @param structure the structure
 * @param source the bytes that were read
 */
export function mimeMessage({ parts: infos, problems }: MimeStructure, source: ByteSource): MimeMessage {
  const parts: Part[] = [];
  const sources = new Map<number, ByteSource>();
  for (const info of infos) {
    const own = info.container === undefined ? source : sources.get(info.container)!;
    const parent = info.parent === undefined ? undefined : parts[info.parent];
    const container = info.container === undefined ? undefined : parts[info.container];
    const part = new Part(info, parent, container, own);
    parts.push(part);
    if (parent) (parent.children as Part[]).push(part);
    if (info.decoded) sources.set(info.index, decodedSource(own, info, info.decoded));
  }
  for (const problem of problems) (parts[problem.part]!.problems as MimeProblem[]).push(problem);
  return { root: parts[0]!, parts, problems };
}
