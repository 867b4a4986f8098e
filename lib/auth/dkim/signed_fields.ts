/**
 * Says which header fields a signer covers.
 *
 * @module
 */
import { isHeaderName } from "../../message/header_name.ts";
import { DkimSigningError } from "./signing_error.ts";

/**
 * The header fields that are signed if present: what people see, what mail programs act on, and what other standards
 * require to be signed (RFC 6376 section 5.4.1; RFC 8058 for one-click unsubscription, RFC 9477 for complaint
 * feedback).
 */
export const DEFAULT_SIGNED_HEADERS: readonly string[] = [
  ...["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References"],
  ...["Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Date", "Resent-Message-ID"],
  ...["MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-ID", "Content-Description"],
  ...["Content-Disposition", "Content-Language"],
  ...["List-ID", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post"],
  ...["List-Owner", "List-Archive"],
  ...["CFBL-Address", "CFBL-Feedback-ID", "Feedback-ID", "Autocrypt"],
];

/**
 * The fields that are signed once more than they occur (oversigned), so that nobody can add one: many mail programs
 * would show a second From above the signed one.
 */
export const DEFAULT_OVERSIGNED_HEADERS: readonly string[] = ["From"];

/** Why a field cannot be signed, by name: the signature would be broken when the message arrives. */
const NEVER_SIGNED: ReadonlyMap<string, string> = new Map([
  ["received", "every server on the way adds one"],
  ["received-spf", "servers on the way add and remove it"],
  ["return-path", "the server that delivers the message writes it"],
  ["delivered-to", "the server that delivers the message writes it"],
  ["authentication-results", "servers on the way add and remove it"],
  ["dkim-signature", "signatures do not cover each other"],
  ["bcc", "mail servers remove it"],
  ["resent-bcc", "mail servers remove it"],
  ["content-length", "mail servers remove it"],
]);

/**
 * Why a header field of this name is never signed, or undefined if it can be.
 *
 * @param name in any case
 * @returns one clause, such as `mail servers remove it`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { unsignableHeader } from "../../auth.ts";
 *
 * assert.equal(unsignableHeader("Subject"), undefined);
 * assert.equal(unsignableHeader("Bcc"), "mail servers remove it");
 * ```
 */
export function unsignableHeader(name: string): string | undefined {
  if (!isHeaderName(name) || name.includes(";")) return "it is not the name of a header field";
  const key = name.toLowerCase();
  return NEVER_SIGNED.get(key) ??
    (key.startsWith("arc-") ? "servers on the way add more of them" : undefined);
}

/** Names in lower case, each with its text as given. */
export type CheckedNames = ReadonlyMap<string, string>;

/** What was checked before: each message of a service has the same lists. */
const known = new WeakMap<
  readonly string[],
  { readonly given: readonly string[]; readonly checked: CheckedNames }
>();

/**
 * Checks names of fields to sign.
 *
 * @param setting the setting that has them, for the error
 * @throws {DkimSigningError} `unsignable-header` if one of them cannot be signed
 */
export function checkedNames(setting: "headers" | "oversign", names: readonly string[]): CheckedNames {
  const before = known.get(names);
  // The caller may have changed its list.
  if (before?.given.length === names.length && names.every((name, i) => name === before.given[i])) {
    return before.checked;
  }
  for (const name of names) {
    const problem = unsignableHeader(name);
    if (problem !== undefined) {
      const message = `Cannot sign ${JSON.stringify(name)}, as ${setting} wants: ${problem}`;
      throw new DkimSigningError("unsignable-header", message, name);
    }
  }
  const checked = new Map(names.map((name) => [name.toLowerCase(), name]));
  known.set(names, { given: [...names], checked });
  return checked;
}
