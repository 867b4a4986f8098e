/**
 * Authentication-Results fields, written and recognized.
 *
 * @module
 */
import { authenticationResults } from "../../../lib/auth/authentication_results.ts";
import { authservIdOf, bearsAuthservId } from "../../../lib/auth/authserv_id.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { Choices } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";

const STATUSES = ["pass", "fail", "neutral", "policy", "temperror", "permerror"] as const;
const PARTS = [
  "mx.example",
  ";",
  "\0",
  '"',
  "\\",
  "(",
  ")",
  " dkim=pass",
  "\n",
  "\r\n\t",
  "1",
  "=",
  "@",
  "\xe9",
  " ",
];

const FORGED = [
  ...[
    "mx.example",
    "MX.EXAMPLE.",
    '"mx.example"',
    " (x) mx.example 1",
    "mx.(x)example",
    "mx. example",
    "mx.)example",
  ],
  ...["\xa0mx.example", "mx.exam\xadple", "mx.example\x85", "(\\) mx.example", '"(x" mx.example'],
];

export const authResults: Target = {
  name: "authentication-results",
  promise: "what the message says can neither end a line nor look like a result, and a forged id is found",
  cases: 4000,
  words: [...PARTS, "header.d=", "none", '"mx.example"'],
  make(random) {
    let text = "";
    for (let i = random.below(16); i > 0; i--) text += random.pick(PARTS);
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  },
  check(bytes) {
    checkWritten(new Choices(bytes));
    const text = latin1Text(bytes);
    const id = authservIdOf(bytes);
    hold(id === undefined || id !== "", "an id is not empty");
    if (id !== undefined && /[^\s.]/.test(id)) {
      hold(bearsAuthservId(bytes, id), "a field bears the id that is read of it", () => id);
    }
    // A reader who takes the id at the very front must not be deceived, whatever it puts up with.
    for (const forged of FORGED) {
      hold(bearsAuthservId(`${forged}; ${text}`, "mx.example"), "a forged field is found", () => forged);
    }
  },
};

function checkWritten(choices: Choices): void {
  const results = Array.from({ length: choices.byte() % 4 }, () => ({
    status: choices.of(STATUSES),
    reason: choices.text(),
    domain: choices.text(),
    identity: choices.text(),
    selector: choices.text(),
    signaturePrefix: choices.text(),
  }));
  const written = authenticationResults("mx.example", results as never);
  hold(/^[ -~]*(\n\t[ -~]*)*$/.test(written), "it is lines of plain text", () => written);
  same(authservIdOf(written), "mx.example", "its id is ours");
  const parts = statements(written);
  const expected = results.length === 0 ? ["dkim=none"] : results.map(({ status }) => `dkim=${status}`);
  same(
    parts.slice(1).map((part) => part.trim().split(/\s/)[0]),
    expected,
    "it holds our results and no other",
  );
}

/** The parts between the semicolons that stand neither in quotes nor in parentheses. */
function statements(text: string): string[] {
  const parts: string[] = [];
  let part = "";
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (letter === "\\" && (quoted || depth > 0)) part += text.charAt(i++);
    else if (letter === '"' && depth === 0) quoted = !quoted;
    else if (letter === "(" && !quoted) depth++;
    else if (letter === ")" && !quoted) depth--;
    else if (letter === ";" && !quoted && depth === 0) {
      parts.push(part);
      part = "";
      continue;
    }
    part += text.charAt(i);
  }
  parts.push(part);
  hold(!quoted && depth === 0, "quotes and parentheses are closed", () => text);
  return parts;
}
