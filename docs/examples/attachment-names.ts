/**
 * Refuses mail with attachments that are programs, by their file names.
 *
 *     milterkit serve --listen inet:8825@localhost --filter ./attachment-names.ts --extension exe --extension js
 */

import { defineFilter, reject } from "milterkit";
import { fileNameOf, parseParameters } from "milterkit/mime";

const PROGRAMS = "bat chm cmd com cpl exe hta jar js jse lnk msi ps1 scr vbe vbs wsf wsh".split(" ");
/** The most characters of a field, more than any mail program writes; SMTP allows 998 in a line. */
const LONGEST_FIELD = 16_384;
const NAMED_FIELD = /^content-(?:type|disposition)[ \t]*:/i;

/** All file names in a field, decoded. If it has several, mail programs disagree about which one counts. */
function namesIn(field: string): string[] {
  const { parameters, duplicates } = parseParameters(field);
  const texts = [parameters.get("name"), parameters.get("filename")];
  for (const { name, value } of duplicates) if (/^(?:file)?name$/.test(name)) texts.push(value);
  return texts.map((text = "") => fileNameOf(text) ?? "");
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
        // Some programs drop the space of a fold.
        const ending = name.toLowerCase().replace(/^.*\.|\s+/gs, "");
        if (name.includes(".") && refused.has(ending)) {
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
