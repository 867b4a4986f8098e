/**
 * Refuses mail with attachments that are programs, by their file names.
 *
 *     milterkit serve --listen inet:8891@localhost --filter ./attachment-names.ts --extension exe --extension js
 */

import { defineFilter, reject } from "milterkit";

const PROGRAMS = "bat chm cmd com cpl exe hta jar js jse lnk msi ps1 scr vbe vbs wsf wsh".split(" ");
/** The most characters of a field, more than any mail program writes; SMTP allows 998 in a line. */
const LONGEST_FIELD = 16_384;
const NAMED_FIELD = /^content-(?:type|disposition)[ \t]*:/i;
/** `name="a.exe"`, `filename*=utf-8''a%2Eexe`, and `name*0="a."; name*1="exe"`, which is cut in two. */
const PARAMETER = /\b((?:file)?name)(?:\*(\d+))?(\*?)\s*=\s*("(?:\\.|[^"\\])*"?|[^;]*)/gi;
const ENCODED_WORD = /=\?[^?\s]+\?([bq])\?([^?]*)\?=/gi;

/** What bytes in hexadecimal stand for: `%2E` as in RFC 2231, `=2E` as in RFC 2047. */
const unescaped = (text: string) =>
  text.replace(/[%=]([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** All file names in a field, those of RFC 2231 and RFC 2047 decoded. Extensions are ASCII, so bytes do as characters. */
function namesIn(field: string): string[] {
  const names: string[] = [];
  const pieces: { key: string; index: number; text: string }[] = [];
  for (const [, key = "", index, isEncoded, value = ""] of field.matchAll(PARAMETER)) {
    const text = value.startsWith('"') ? value.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1") : value;
    const decoded = isEncoded ? unescaped(text.replace(/^[^']*'[^']*'/, "")) : text;
    if (index === undefined) names.push(decoded);
    else pieces.push({ key: key.toLowerCase(), index: Number(index), text: decoded });
  }
  for (const key of ["name", "filename"]) {
    const own = pieces.filter((piece) => piece.key === key).sort((a, b) => a.index - b.index);
    names.push(own.map(({ text }) => text).join(""));
  }
  return names.map((name) =>
    name.replace(ENCODED_WORD, (word, kind: string, text: string) => {
      if (kind.toLowerCase() === "q") return unescaped(text);
      try {
        return atob(text);
      } catch {
        return word;
      }
    })
  );
}

export default defineFilter({
  name: "attachment-names",
  summary: "Refuses attachments that are programs, by their names",
  description:
    "It reads the names in all parts of a message, also in attached messages. It does not open archives.",
  options: {
    extension: {
      kind: "string",
      repeatable: true,
      example: "exe",
      description: `What a name must not end in; without this option ${PROGRAMS.join(", ")}`,
    },
  },
  verdicts: ["header", "body", "eom"],
  messageState: () => ({ field: "", rest: "" }),
  create({ extension }) {
    const refused = new Set((extension.length > 0 ? extension : PROGRAMS).map((each) => each.toLowerCase()));
    const check = (field: string) => {
      if (field.length > LONGEST_FIELD) {
        return reject(552, "5.6.0", "A part of the message has too long a header");
      }
      for (const name of namesIn(field)) {
        // Windows ignores dots and spaces at the end; NULs come with UTF-16.
        const parts = name.replace(/[\s\0]+/g, "").toLowerCase().split(".");
        while (parts.at(-1) === "") parts.pop();
        const ending = parts.length > 1 ? parts.at(-1) ?? "" : "";
        if (refused.has(ending)) {
          return reject(552, "5.7.1", `We take no .${ending} files by mail`);
        }
      }
    };
    const scan = (state: { field: string; rest: string }, text: string) => {
      const lines = (state.rest + text).split(/\r?\n/);
      // Chunks end anywhere. Of a line that is too long, the beginning tells what it is.
      state.rest = (lines.pop() ?? "").slice(0, LONGEST_FIELD + 1);
      for (const line of lines) {
        if (state.field !== "" && /^[ \t]/.test(line) && state.field.length <= LONGEST_FIELD) {
          state.field += line;
          continue;
        }
        const refusal = check(state.field);
        if (refusal) return refusal;
        state.field = NAMED_FIELD.test(line) ? line : "";
      }
    };
    return {
      header({ name, value }) {
        if (NAMED_FIELD.test(`${name}:`)) return check(value);
      },
      body: (chunk, { messageState }) => scan(messageState, new TextDecoder("latin1").decode(chunk)),
      eom: (_message, { messageState }) => scan(messageState, "\n\n"),
    };
  },
});
