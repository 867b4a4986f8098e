/**
 * The decoded content of a part as a source, for the parts in an encoded message.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import type { PartInfo } from "./structure/part_info.ts";
import { checkpointBefore, type DecodedContent } from "./transfer/checkpoints.ts";
import { decoded } from "./transfer/transfer.ts";

/**
 * Makes a source of encoded content.
 *
 * @param source where the encoded content is
 * @param part its part
 * @param content what decoding it gave
 */
export function decodedSource(
  source: ByteSource,
  { bodyStart, bodyEnd }: PartInfo,
  { size, checkpoints }: DecodedContent,
): ByteSource {
  return {
    size,
    async *read(from, to) {
      const checkpoint = checkpointBefore(checkpoints, from);
      let at = checkpoint.decoded;
      const encoded = source.read(bodyStart + checkpoint.encoded, bodyEnd);
      if (from >= to) return;
      for await (const bytes of decoded(encoded, checkpoint.decoder.clone())) {
        const wanted = bytes.subarray(Math.max(0, from - at), Math.max(0, to - at));
        at += bytes.length;
        if (wanted.length > 0) yield wanted;
        if (at >= to) return;
      }
    },
  };
}
