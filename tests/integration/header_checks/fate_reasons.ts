/** Why a message fares differently behind Postfix's header_checks and behind rules. */
import type { Reason } from "./differences.ts";
import type { HeaderCase } from "./messages.ts";
import type { Fate } from "./sites.ts";

/** A message that fares differently. */
export interface FateDifference {
  readonly message: HeaderCase;
  readonly postfix: Fate;
  readonly ours: Fate;
}

/** The reasons, beside those for single fields. */
export const FATE_REASONS: readonly Reason<FateDifference>[] = [
  {
    name: "FILTER: no milter can choose a content filter",
    explains: ({ message, postfix }) =>
      postfix.recipients.length === 0 && has(message, /^Precedence: (?:bulk|list)/im),
  },
  {
    name: "original recipient: REDIRECT keeps the first one for notices, rules give it the new one",
    explains: ({ postfix, ours }) =>
      isSame({ ...postfix, recipients: bare(postfix) }, { ...ours, recipients: bare(ours) }),
  },
  {
    name: "BCC and REDIRECT: in Postfix only the second counts",
    explains: ({ message }) =>
      has(message, /^Cc: .*boss@example\.net/m) && has(message, /^X-Spam-Flag: YES/m),
  },
  {
    name: "fields of parts: rules cannot change them",
    explains: ({ message, postfix, ours }) =>
      has(message, /^Content-Type: (?:multipart|message)\//m) &&
      isSame({ ...postfix, message: "" }, { ...ours, message: "" }),
  },
];

function has({ bytes }: HeaderCase, wanted: RegExp): boolean {
  return wanted.test(new TextDecoder().decode(bytes));
}

function isSame(a: Fate, b: Fate): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The recipients without what they were called before. */
function bare({ recipients }: Fate): readonly string[] {
  return recipients.map((recipient) => recipient.replace(/ ORCPT=\S+/, ""));
}
