/**
 * Parameters of Content-Type and Content-Disposition, and the names of files in them.
 *
 * @module
 */
import { latin1Bytes, toBytes } from "../../../lib/message/text.ts";
import { fileNameOf } from "../../../lib/mime/file_name.ts";
import { parseParameters } from "../../../lib/mime/parameters.ts";
import { hold, same, type Target } from "../engine/target.ts";

const PIECES = [
  "attachment",
  "text/plain",
  ";",
  "; ",
  ";\r\n\t",
  "filename",
  "name",
  "charset=utf-8",
  "*",
  "*0",
  "*1",
  "*0*",
  "=",
  " = ",
  "utf-8''",
  "iso-8859-1'en'",
  "utf-16''",
  "%C3%BC",
  "%e2%80%ae",
  "%00",
  "%2F",
  '"',
  '\\"',
  "\\",
  "(",
  ")",
  " (c) ",
  "invoice.exe",
  "../",
  "C:\\",
  ". ",
  "=?utf-8?B?YS5leGU=?=",
  "\xc3\xbc",
  "\xfc",
  "\0",
  "boundary=",
  " ",
];

export const parameters: Target = {
  name: "parameters",
  promise:
    "parameters are decoded, read the same when written by RFC 2231, and name files without path or marks",
  cases: 5000,
  words: PIECES,
  seeds: () => [
    latin1Bytes("attachment; filename*0*=utf-8''Gr%C3%BC; filename*1=\"sse.pdf\"; size=3"),
    latin1Bytes('text/plain; charset="us-ascii" (c); format=flowed; name="=?utf-8?Q?a?="'),
  ],
  make(random) {
    let text = "attachment; ";
    for (let i = random.below(16); i > 0; i--) text += random.pick(PIECES);
    return latin1Bytes(text);
  },
  check(bytes) {
    const parsed = parseParameters(bytes);
    same(parsed.value, parsed.value.toLowerCase(), "a value is in lower case");
    const all = [...parsed.parameters].map(([name, value]) => ({ name, value })).concat(parsed.duplicates);
    for (const { name, value } of all) {
      hold(name !== "" && name === name.toLowerCase(), "a name is in lower case", () => name);
      // A boundary is what the lines of the body are compared with, byte by byte.
      if (name === "boundary") continue;
      hold(value.isWellFormed() && !/\p{Cc}/u.test(value), "a value is clean text", () => value);
      checkFileName(value);
    }
    for (const { name } of parsed.duplicates) {
      hold(parsed.parameters.has(name), "a duplicate has a counterpart");
    }
    checkWritten(all.filter(({ name }) => /^[a-z0-9-]{1,60}$/.test(name) && name !== "boundary"));
  },
};

function checkFileName(text: string): void {
  const name = fileNameOf(text);
  if (name === undefined) return;
  hold(toBytes(name).length <= 255, "a name of a file has at most 255 bytes");
  hold(
    name !== "" && !/[\/\\\p{Cc}\u202a-\u202e\u2066-\u2069]|[. ]$/u.test(name),
    "a name of a file has no path and no marks",
    () => name,
  );
  const shown = (each: string) => each.replace(/\p{Cf}/gu, "");
  hold(text.length > 250 || shown(text).includes(shown(name)), "a name of a file is in the text", () => name);
}

function checkWritten(all: readonly { readonly name: string; readonly value: string }[]): void {
  for (const { name, value } of all.slice(0, 20)) {
    const encoded = encodeURIComponent(value).replace(/'/g, "%27");
    const halves = [value.slice(0, 9), value.slice(9)].map((half) => half.replace(/["\\]/g, "\\$&"));
    const quoted = value.includes("=?") || !value.isWellFormed() ? undefined : `${name}="${halves.join("")}"`;
    for (const written of [`${name}*=utf-8''${encoded}`, ...(quoted === undefined ? [] : [quoted])]) {
      same(
        [...parseParameters(`x; ${written}; y=1`).parameters],
        [[name, value], ["y", "1"]].slice(0, name === "y" ? 1 : 2),
        "a parameter reads the same when written",
      );
    }
  }
}
