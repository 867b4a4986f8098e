/**
 * Authentication-Results fields, read.
 *
 * @module
 */
import { formatAuthResults } from "../../../lib/auth/authentication_results.ts";
import { authservIdOf } from "../../../lib/auth/authserv_id.ts";
import { parseAuthResults } from "../../../lib/auth/parse_auth_results.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { READABLE_FIELDS, UNREADABLE_FIELDS } from "../../auth/others_fields.ts";
import { sampleField, spoiled } from "../../auth/results_fields.ts";
import { hold, same, type Target } from "../engine/target.ts";

/** The longest text that the slow reader is given: its time grows with the square. */
const MAX_SLOW = 1500;

const encode = (text: string) => new TextEncoder().encode(text);

export const parseResults: Target = {
  name: "auth-results-reader",
  promise: "a field is read as by a slow reader or not at all, and reads the same when written again",
  cases: 4000,
  words: [
    "; none",
    " spf=pass",
    " smtp.mailfrom=",
    "reason=",
    " (c)",
    '"a"',
    "/1",
    "@b.example",
    "\r\n\t",
    "\xc3\xa9",
    " 1",
  ],
  seeds: () => [...READABLE_FIELDS, ...UNREADABLE_FIELDS].map(({ value }) => encode(value)),
  make(random) {
    const { text } = sampleField(random, random.below(2) ? "anything" : "common");
    return encode(random.below(3) ? text : spoiled(random, text));
  },
  check(bytes) {
    const field = parseAuthResults(bytes);
    if (bytes.length <= MAX_SLOW) {
      same(field?.results.length, slowCount(bytes), "the slow reader finds as many results");
    }
    if (field === undefined) return;
    const { id, results } = field;
    same(authservIdOf(bytes), latin1Text(encode(id)), "its id is the one that decides whose it is");
    const written = formatAuthResults("mx", results);
    const again = parseAuthResults(encode(written));
    hold(again !== undefined, "what was read can be written", () => written);
    // The writer cuts long texts, and replaces tabs and what is not ASCII.
    if (bytes.length <= 320 && /^[ -~]*$/.test(JSON.stringify(field).replaceAll("\\t", "\t"))) {
      same(again, { id: "mx", results }, "it reads the same when written again");
    }
  },
};

// What stands for a quoted string, an empty one and a comment. Outside of those, the grammar has no such characters.
const QUOTED = "\ue000";
const EMPTY = "\ue001";
const COMMENT = "\ue002";
const SPACE = `[ \t\r\n${COMMENT}]`;
const WORD = "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*";
const LABEL = "[A-Za-z0-9\\p{L}\\p{M}\\p{N}]+(?:-+[A-Za-z0-9\\p{L}\\p{M}\\p{N}]+)*";
const DOMAIN = `${LABEL}(?:\\.${LABEL})+`;
// The grammar would let the next property begin within a value; nobody reads it so.
const END = "(?![\\w!#$%&'*+.^`{|}~\\-]|[^\\p{Z}\\p{C}\\x00-\\x7f])";
const VALUE = `(?:(?:[\\w!#$%&'*+.^\`{|}~\\-]+|${DOMAIN})${END}|[${QUOTED}${EMPTY}])`;
const ATOM = "(?:[\\w!#$%&'*+\\-/=?^`{|}~]|[^\\p{Z}\\p{C}\\x00-\\x7f])+";
const ADDRESS = `(?:(?:${ATOM}(?:\\.${ATOM})*|[${QUOTED}${EMPTY}])S*)?@${DOMAIN}${END}`;
// As opendkim writes it.
const SIGNATURE = "headerS*\\.S*bS*=S*[a-z0-9+/]+=*(?![\\w!#$%&'*+./=?^`{|}~\\-]|[^\\p{Z}\\p{C}\\x00-\\x7f])";
const PROPERTY = `(?:${WORD}S*\\.S*${WORD}S*=S*(?:${ADDRESS}|${VALUE})|${SIGNATURE})S*`;
const RESULT = `S*;S*${WORD}S*(?:/S*[0-9]+S*)?=S*${WORD}(?:S+reasonS*=S*${VALUE})?(?:S+(?:${PROPERTY})+)?`;
const FIELD = new RegExp(
  `^S*(?!${EMPTY})${VALUE}(?:S+0*1)?S*(?:;S*noneS*|(?:${RESULT})+S*)$`.replaceAll(/S(?=[*+])/g, SPACE),
  "u",
);

/** How many results a field has by the grammar as one expression, after its quoted strings and comments are taken out. */
function slowCount(bytes: Uint8Array): number | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  if (/\r(?!\n)|\n(?![ \t])/.test(text) || /\p{Cc}/u.test(text.replaceAll(/[\t\r\n]/g, ""))) return undefined;
  const bare = withoutStrings(text);
  // Not with the flag i: to that, the Kelvin sign is a k.
  const lower = bare?.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (lower === undefined || !FIELD.test(lower)) return undefined;
  const parts = lower.replaceAll(new RegExp(SPACE, "g"), "").split(";").slice(1);
  if (parts.length > 100) return undefined;
  if (parts.length === 1 && parts[0] === "none") return 0;
  return parts.filter((part) => !/^[^=]*\/(?!0*1=)/.test(part)).length;
}

/** The text with a character of its own for each quoted string and each comment. */
function withoutStrings(text: string): string | undefined {
  let bare = "";
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    const inside = quoted || depth > 0;
    if (inside && letter === "\\") {
      if (i + 1 === text.length || /[\r\n]/.test(text.charAt(++i))) return undefined;
    } else if (letter === '"' && depth === 0) {
      if (quoted) bare += text.slice(start, i).replaceAll(/[\r\n]/g, "") === "" ? EMPTY : QUOTED;
      quoted = !quoted;
      start = i + 1;
    } else if (letter === "(" && !quoted) depth++;
    else if (letter === ")" && depth > 0) {
      if (--depth === 0) bare += COMMENT;
    } else if (!inside) {
      if (/[\ue000-\ue002]/.test(letter)) return undefined;
      bare += letter;
    }
  }
  return quoted || depth > 0 ? undefined : bare;
}
