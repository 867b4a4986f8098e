/**
 * How Sendmail writes address fields. It parses and rewrites them on delivery, after all filters (`commaize` in its
 * `headers.c`), so the signature must cover what it will write.
 *
 * @module
 */

/**
 * The fields that it rewrites, in lower case: those with the flags H_FROM and H_RCPT in its `conf.c`, if the standard
 * configuration passes them on.
 */
export const SENDMAIL_ADDRESS_FIELDS: ReadonlySet<string> = new Set([
  ...["from", "sender", "reply-to", "to", "cc"],
  ...["resent-from", "resent-sender", "resent-reply-to", "resent-to", "resent-cc"],
  ...["errors-to", "disposition-notification-to", "apparently-to"],
]);

/** It shortens longer parts. */
const MAX_ITEM = 200;

/** A list without members, as in `undisclosed-recipients:;`. */
const EMPTY_GROUP = /^[\w !#$%&*+/=?^`{|}~-]+:[ \t]*;$/;

/** An address that it leaves alone: a host of several labels is not completed with the own domain. */
const ADDRESS =
  /^(?:"[^"\\\r\n]*"|(?:[\w#$&'*+/=?^`{|}~.-]|[\x80-\xff])+)@(?:[a-z0-9_\x80-\xff-]+(?:\.[a-z0-9_\x80-\xff-]+)+|\[[\d.]+\])$/i;
/** A comment without others in it. */
const COMMENT = /^\([^()\\"\r\n]*\)$/;
/** A quoted string. */
const QUOTED = /"(?:[^"\\\r\n]|\\[^\r\n]|\r?\n[ \t])*"/g;

/**
 * What Sendmail makes of the value of an address field, apart from folding.
 *
 * @param value what is after the colon, one character per byte
 * @returns the value with one space before it; undefined if it is not known, or depends on Sendmail's configuration, as
 * for a name without a domain
 */
export function sendmailAddresses(value: string): string | undefined {
  const items = splitItems(value);
  if (items === undefined) return undefined;
  const written: string[] = [];
  for (const item of items) {
    if (item === "") continue;
    const text = item.length > MAX_ITEM ? undefined : writtenItem(item);
    if (text === undefined) return undefined;
    written.push(text);
  }
  return " " + written.join(", ");
}

/** The parts between commas, without white space around them; undefined if quotation marks or brackets do not match. */
function splitItems(value: string): string[] | undefined {
  const items: string[] = [];
  let start = 0;
  let depth = 0;
  let isQuoted = false;
  let isAngled = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (character === "\\") at++;
    else if (character === '"' && depth === 0) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (depth > 0) continue;
    else if (character === "<") {
      if (isAngled) return undefined;
      isAngled = true;
    } else if (character === ">") {
      if (!isAngled) return undefined;
      isAngled = false;
    } else if (character === "," && !isAngled) {
      items.push(trimmed(value.slice(start, at)));
      start = at + 1;
    }
    if (depth < 0) return undefined;
  }
  if (isQuoted || isAngled || depth > 0) return undefined;
  items.push(trimmed(value.slice(start)));
  return items;
}

function writtenItem(item: string): string | undefined {
  if (EMPTY_GROUP.test(item)) return item;
  const [, before = "", address, after = ""] = /^([^]*?)<([^<>]*)>([^]*)$/.exec(item) ?? [];
  if (address === undefined) {
    const [bare = "", comment] = splitComment(item);
    return isKept(bare) && comment !== undefined ? item : undefined;
  }
  if (!isKept(address) || (trimmed(after) !== "" && !COMMENT.test(trimmed(after)))) return undefined;
  const name = writtenName(before);
  return name === undefined ? undefined : `${name}<${address}>${after}`;
}

/** Whether an address stays unchanged: Sendmail replaces `localhost` with its own name. */
function isKept(address: string): boolean {
  return ADDRESS.test(address) && !/@localhost(?:\.|$)/i.test(address);
}

/** An address and the comment after it, which may be empty; the comment is undefined if anything else follows. */
function splitComment(item: string): [address: string, comment: string | undefined] {
  const [, address = "", comment = ""] = /^("[^"]*"\S+|\S+?)(?:[ \t]+(\([^]*\)))?$/.exec(item) ?? [];
  return [address, comment === "" || COMMENT.test(comment) ? comment : undefined];
}

/**
 * A name before an address, with the white space after it. Sendmail quotes it as a whole if a character requires it.
 */
function writtenName(before: string): string | undefined {
  const name = before.replace(/[ \t\r\n]+$/, "");
  const unquoted = name.replace(QUOTED, "");
  if (/["\\:]/.test(unquoted)) return undefined;
  // Its option MustQuoteChars adds . and ' to the others. Inside quotation marks there are no comments.
  if (!/[@,;[\].']/.test(unquoted)) return before;
  if (unquoted !== name || /[()]/.test(name)) return undefined;
  return `"${name.replace(/^[ \t]+/, "")}"${before.slice(name.length)}`;
}

function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}
