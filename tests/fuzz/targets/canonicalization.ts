/**
 * The canonical forms that DKIM hashes.
 *
 * @module
 */
import { canonicalizeHeader, createBodyCanonicalizer } from "../../../lib/auth/dkim/canonicalization.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { cuttings } from "../engine/choices.ts";
import { same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

const PARTS = [
  "\r\n",
  "\r\n",
  " ",
  "\t",
  "  ",
  "\r",
  "\n",
  "word",
  "Subject",
  "\xe9",
  "\r\n\r\n\r\n",
  " \r\n",
];

export const canonicalization: Target = {
  name: "canonicalization",
  promise: "header and body have the form that RFC 6376 says, however the body is cut",
  cases: 1500,
  words: PARTS,
  seeds: messages,
  make(random) {
    let text = "";
    for (let i = random.below(20); i > 0; i--) text += random.pick(PARTS);
    return latin1Bytes(text);
  },
  check(bytes) {
    const text = latin1Text(bytes);
    for (const pieces of cuttings(bytes)) {
      same(
        bodyOf("simple", pieces),
        `${text.replace(/(?<!\r\n)(\r\n)+$/, "").replace(/^\r\n$/, "")}\r\n`,
        "simple body",
      );
      same(bodyOf("relaxed", pieces), relaxedBody(text), "relaxed body");
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? "Subject" : text.slice(0, colon);
    const value = text.slice(colon + 1);
    const simple = `${name}:${value.replace(/(?<!\r)\n/g, "\r\n")}`;
    same(headerOf("simple", name, value), simple, "simple header");
    const unfolded = value.replace(/\r?\n/g, "").replace(/[ \t]+/g, " ").replace(/^ /, "").replace(/ $/, "");
    const bare = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(
      /(?<![ \t\r\n])[ \t\r\n]+$/,
      "",
    );
    same(headerOf("relaxed", name, value), `${bare}:${unfolded}`, "relaxed header");
  },
};

/** Section 3.4.4, line by line. */
function relaxedBody(text: string): string {
  const lines = text.split("\r\n").map((line) => line.replace(/[ \t]+/g, " ").replace(/ $/, ""));
  while (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\r\n`).join("");
}

function bodyOf(form: "simple" | "relaxed", pieces: readonly Uint8Array[]): string {
  const parts: string[] = [];
  const canonicalizer = createBodyCanonicalizer(form, (bytes) => parts.push(latin1Text(bytes)));
  for (const piece of pieces) canonicalizer.push(piece);
  canonicalizer.end();
  return parts.join("");
}

function headerOf(form: "simple" | "relaxed", name: string, value: string): string {
  return latin1Text(canonicalizeHeader(form, latin1Bytes(name), latin1Bytes(value)));
}
