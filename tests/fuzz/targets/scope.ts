/**
 * Patterns of addresses that filters are for.
 *
 * @module
 */
import { latin1Bytes, utf8Text } from "../../../lib/message/text.ts";
import { matchesAddress } from "../../../lib/filter/scope.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

const PATTERNS = [
  "example.org",
  ".example.org",
  "joe@example.org",
  "<>",
  "b\xc3\xbccher.example",
  "EXAMPLE.org.",
  "@x",
];
const ADDRESSES = [
  "joe@example.org",
  "JOE@Mail.Example.ORG",
  "",
  "joe",
  '"a@b"@example.org',
  "x@b\xc3\xbccher.example",
  "x@example.org.",
];

export const scope: Target = {
  name: "scope",
  promise: "a pattern is refused, or matches the addresses that it says",
  cases: 8000,
  words: [...PATTERNS, ...ADDRESSES, ".", "@", "\0", "xn--"],
  make: (random) => latin1Bytes(`${random.pick(PATTERNS)}\0${random.pick(ADDRESSES)}`),
  check(bytes) {
    const [pattern = "", address = ""] = utf8Text(bytes).split("\0");
    const matched = attempt(() => matchesAddress(pattern, address), (error) => error instanceof RangeError);
    if ("refusal" in matched) {
      hold(pattern !== "<>", "the null sender is a pattern");
      return;
    }
    if (/[^\0-\x7f]/.test(pattern + address)) return;
    same(
      matched.value,
      slowly(pattern.toLowerCase(), address.toLowerCase()),
      "a pattern matches what it says",
    );
  },
};

function slowly(pattern: string, address: string): boolean {
  if (pattern === "<>") return address === "";
  const [user, domain] = apart(address);
  const [wantedUser, wantedDomain] = apart(pattern);
  if (wantedUser !== undefined) return user === wantedUser && domain === wantedDomain;
  if (user === undefined) return false;
  const wanted = pattern.replace(/\.$/, "");
  return wanted.startsWith(".") ? `${domain}`.endsWith(wanted) : domain === wanted;
}

/** What stands before the last @, and behind it without a final dot. */
function apart(address: string): [user: string | undefined, domain: string | undefined] {
  const parts = address.split("@");
  return parts.length < 2
    ? [undefined, undefined]
    : [parts.slice(0, -1).join("@"), parts.at(-1)!.replace(/\.$/, "")];
}
