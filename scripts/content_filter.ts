/**
 * The filter that scripts/content_memory.ts measures. Its option says what it does with each message.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { defineFilter } from "../mod.ts";
import { parseMime } from "../lib/mime.ts";

export default defineFilter({
  name: "content",
  summary: "Reads or changes the parts of each message",
  content: "mime",
  changes: ["editContent", "addHeader"],
  verdicts: [],
  options: {
    work: {
      kind: "enum",
      choices: ["read", "footer", "strip", "whole"],
      default: "read",
      description:
        "What it does: reads all parts, adds a footer, strips files, or reads the whole body first",
    },
  },
  messageState: (): { chunks: Uint8Array[] } => ({ chunks: [] }),
  create: ({ work }) => ({
    ...(work === "whole" ? { content: "none" as const, changes: ["addHeader" as const] } : {}),
    ...(work === "whole"
      ? {
        body: (chunk: Uint8Array, { messageState }: { messageState: { chunks: Uint8Array[] } }) =>
          void messageState.chunks.push(chunk),
      }
      : {}),
    async eom(message, { messageState: { chunks } }) {
      const { parts } = work === "whole"
        ? await parseMime(whole([...message.headers], chunks))
        : await message.content.mime();
      const hash = createHash("sha256");
      for (const part of parts) {
        if (part.isMultipart) continue;
        if (part.isAttachment) { for await (const piece of part.stream()) hash.update(piece); }
        else hash.update(await part.text());
      }
      message.addHeader("X-Hash", hash.digest("hex"));
      if (work === "footer") await message.content.addText({ text: "Example Ltd, 1 High Street" });
      if (work === "strip") {
        for (const part of parts) {
          if (part.isAttachment) await message.content.replace(part, { text: `Removed: ${part.fileName}` });
        }
      }
    },
  }),
});

/** The message as one array, as most milters make it for a MIME library. */
function whole(
  fields: readonly { name: string; value: string }[],
  chunks: readonly Uint8Array[],
): Uint8Array {
  const header = fields.map(({ name, value }) => `${name}: ${value}\r\n`).join("") + "\r\n";
  return new Uint8Array(Buffer.concat([new TextEncoder().encode(header), ...chunks]));
}
