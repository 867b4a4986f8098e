/** Escapes bytes as text, for case files and reported differences. */

const SIMPLE: Record<string, string> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };

/**
 * The bytes that a text stands for, one character each: `\xHH`, `\r`, `\n`, `\t`, `\0`, `\\`, and `\{N*TEXT}`
 * for N times TEXT.
 *
 * @throws {Error} for an escape that is none
 */
export function unescapeText(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|\{(\d+)\*([^}]*)\}|(.?))/gi, (whole, hex, times, part, simple) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    if (times !== undefined) return unescapeText(part).repeat(Number(times));
    const character = SIMPLE[simple];
    if (character === undefined) throw new Error(`unknown escape ${whole}`);
    return character;
  });
}

/** A text with every `\{N*TEXT}` written out, and the other escapes left for who reads them later. */
export function repeatParts(text: string): string {
  return text.replace(/\\\{(\d+)\*([^}]*)\}/g, (_, times, part) => part.repeat(Number(times)));
}

/** The text with what does not print as escapes; the opposite of {@link unescapeText}. */
export function escapeText(text: string): string {
  return text.replace(/[^ -~]|\\/g, (char) => {
    const simple = Object.keys(SIMPLE).find((name) => SIMPLE[name] === char);
    return simple ? `\\${simple}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** The bytes of a text in which each character is one byte. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Bytes as a text in which each character is one byte. */
export function latin1Text(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  }
  return parts.join("");
}
