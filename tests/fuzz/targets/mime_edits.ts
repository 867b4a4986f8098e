/**
 * Edits of messages.
 *
 * @module
 */
import { latin1Bytes } from "../../../lib/message/text.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { checkAddedText, checkReplaced } from "../../mime/edit/edited.ts";
import { randomMimeMessage } from "../../mime/edit/random_message.ts";
import type { Target } from "../engine/target.ts";

const TOP = { text: "Top: 日本", html: "<p>Top: Japan</p>" };
const END = { text: "End: Größe", html: "<p>End: size</p>" };
const NOTE = { text: "Größe" };

export const mimeEdits: Target = {
  name: "mime-edits",
  promise: "an edit changes what was meant, and leaves every other part byte for byte",
  cases: 250,
  words: [
    "\r\n--b\r\n",
    "\r\n--b--\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
    "Content-Type: text/html\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
    "=\r\n",
    "</body>",
    "<!--",
    "-----BEGIN PGP MESSAGE-----\r\n",
  ],
  seeds: () => [latin1Bytes("A: b\r\n\r\nHello\r\n")],
  make: randomMimeMessage,
  async check(bytes) {
    // Of nothing, nobody can tell whether it lacks a header.
    if (bytes.length === 0) return;
    await checkAddedText(bytes, TOP, END);
    const { parts } = await parseMime(bytes);
    const index = bytes.length % parts.length;
    await checkReplaced(bytes, index);
    await checkReplaced(bytes, index, NOTE);
  },
};
