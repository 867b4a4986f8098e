/**
 * Adds a footer to plain text. Put it before the filter or milter that signs mail.
 *
 *     milterkit serve --listen inet:8891@localhost --filter ./footer.ts --text "Example Ltd, 1 High Street"
 */

import { defineFilter, OptionError, skip } from "milterkit";

const PLAIN_TEXT = /^text\/plain\s*(?:;|$)/i;
/** Charsets in which ASCII is ASCII. */
const CHARSET = /;\s*charset\s*=\s*"?(?:us-ascii|utf-8|iso-8859-\d+|windows-125\d)"?\s*(?:;|$)/i;

/** A text in quoted-printable: at most 76 characters a line, of which each may need three, and no space at its end. */
const quotedPrintable = (text: string) =>
  text.replaceAll("=", "=3D").replace(/ (?=\r)/g, "=20").replace(
    /(?:=..|[^=\r\n]){25}(?=[^\r\n])/g,
    "$&=\r\n",
  );

/** Base64 with text after what it encodes; undefined if it is none. */
function appendedBase64(chunks: readonly Uint8Array[], text: string): string | undefined {
  const encoded = chunks.map((chunk) => new TextDecoder("latin1").decode(chunk)).join("").replace(/\s+/g, "");
  try {
    return btoa(atob(encoded) + text).replace(/.{1,76}/g, "$&\r\n");
  } catch {
    return undefined;
  }
}

export default defineFilter({
  name: "footer",
  summary: "Adds a footer to plain text that nobody has signed",
  options: {
    text: { kind: "string", repeatable: true, required: true, description: "A line of the footer, in ASCII" },
    "max-size": { kind: "size", default: "1MB", description: "Leave larger messages as they are" },
  },
  changes: ["replaceBody"],
  verdicts: [],
  messageState: (): { leave: string; encoding: string; size: number; chunks: Uint8Array[] } => ({
    leave: "",
    encoding: "7bit",
    size: 0,
    chunks: [],
  }),
  create({ text, maxSize }) {
    const invalid = text.find((line) => !/^[\x20-\x7e]*$/.test(line));
    if (invalid !== undefined) throw new OptionError("text", invalid, "want ASCII, which every charset has");
    const footer = ["-- ", ...text].map((line) => `\r\n${line}`).join("") + "\r\n";
    return {
      header(field, { messageState: state }) {
        if (field.is("DKIM-Signature") || field.is("ARC-Seal")) state.leave = "it is signed";
        if (field.is("Content-Transfer-Encoding")) state.encoding = field.value.trim().toLowerCase();
        if (!field.is("Content-Type")) return;
        if (!PLAIN_TEXT.test(field.value)) state.leave = "it is not plain text";
        else if (/charset/i.test(field.value) && !CHARSET.test(field.value)) state.leave = "of its charset";
      },
      body(chunk, { messageState: state }) {
        state.size += chunk.length;
        if (state.size > maxSize) state.leave ||= "it is too large";
        if (state.leave) return skip();
        state.chunks.push(chunk);
      },
      eom(message, { messageState: { leave, encoding, chunks }, remark }) {
        const isPgp = new TextDecoder("latin1").decode(chunks[0]).startsWith("-----BEGIN PGP");
        const coded = encoding === "base64" ? appendedBase64(chunks, footer) : undefined;
        if (leave || isPgp) return remark(`no footer, because ${leave || "it is signed"}`);
        if (coded !== undefined) return message.replaceBody(coded);
        if (!/^(?:7bit|8bit|binary|quoted-printable)$/.test(encoding)) {
          return remark("no footer, because of its encoding");
        }
        for (const chunk of chunks) message.replaceBody(chunk);
        message.replaceBody(encoding === "quoted-printable" ? quotedPrintable(footer) : footer);
      },
    };
  },
});
