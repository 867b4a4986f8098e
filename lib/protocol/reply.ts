/**
 * Checks, encodes and decodes the SMTP replies of filters: `550 5.7.1 text`, one line or several.
 *
 * @module
 */

import { toBytes, utf8Text } from "./text.ts";

/** An SMTP reply (`smfi_setreply`, `smfi_setmlreply`). */
export interface SmtpReply {
  /** 400 to 599. */
  readonly code: number;
  /** RFC 3463, such as `5.7.1`; its first digit is that of the code. */
  readonly enhanced?: string;
  /** The lines of the text. */
  readonly lines: readonly string[];
}

/** The maximum number of lines of a reply (`MAXREPLIES` of libmilter). */
export const MAX_REPLY_LINES = 32;
/** The maximum number of bytes of one line's text (libmilter's limit, so that the line with its codes fits SMTP's). */
export const MAX_REPLY_LINE = 980;

/** A reply that no MTA would accept. */
export class InvalidReplyError extends Error {
  override readonly name = "InvalidReplyError";
  /** Always `invalid-reply`. */
  readonly code = "invalid-reply";
  /** The offending value. */
  readonly value: unknown;

  /**
   * @param value the offending value
   * @param message one line that says what is wrong
   */
  constructor(value: unknown, message: string) {
    super(message);
    this.value = value;
  }
}

/**
 * Checks that a reply can be sent: a code of 4xx or 5xx, an enhanced code of the same class (otherwise Postfix replies
 * `451 4.3.5 Server configuration problem`), and no line that could end early.
 *
 * @throws {InvalidReplyError} naming the invalid part
 */
export function checkReply(reply: SmtpReply): void {
  const { code, enhanced, lines } = reply;
  if (!Number.isInteger(code) || code < 400 || code > 599) {
    throw new InvalidReplyError(code, `Cannot reply with code ${code}: it must be 400 to 599`);
  }
  if (enhanced !== undefined) {
    const parts = /^([245])\.\d{1,3}\.\d{1,3}$/.exec(enhanced);
    if (!parts) {
      throw new InvalidReplyError(
        enhanced,
        `Cannot reply with enhanced code ${JSON.stringify(enhanced)}: want one such as 5.7.1`,
      );
    }
    if (Number(parts[1]) !== Math.floor(code / 100)) {
      throw new InvalidReplyError(
        enhanced,
        `Cannot reply with enhanced code ${enhanced} to ${code}: their first digits must be equal`,
      );
    }
  }
  if (lines.length > MAX_REPLY_LINES) {
    throw new InvalidReplyError(
      lines.length,
      `Cannot reply with ${lines.length} lines: at most ${MAX_REPLY_LINES}`,
    );
  }
  for (const line of lines) {
    // deno-lint-ignore no-control-regex
    if (/[\x00\r\n]/.test(line)) {
      throw new InvalidReplyError(line, `Cannot reply with ${JSON.stringify(line)}: it holds NUL, CR or LF`);
    }
    if (toBytes(line).length > MAX_REPLY_LINE) {
      throw new InvalidReplyError(line, `Cannot reply with a line of more than ${MAX_REPLY_LINE} bytes`);
    }
  }
}

/** Formats a reply in one line for people, such as `550 5.7.1 no`; control characters stay. */
export function replyText({ code, enhanced, lines }: SmtpReply): string {
  return [code, enhanced, lines.join(" ")].filter(Boolean).join(" ");
}

/**
 * Encodes a reply for a packet to the MTA.
 *
 * `%` is doubled, as in libmilter: Sendmail uses the text as a format string and drops the whole reply at a single `%`;
 * Postfix undoes the doubling.
 *
 * @throws {InvalidReplyError} as {@linkcode checkReply}
 */
export function encodeReply(reply: SmtpReply): Uint8Array {
  checkReply(reply);
  const { code, enhanced, lines } = reply;
  // With a space, even if nothing follows: Postfix does not accept a bare code as a reply.
  if (lines.length === 0) return toBytes(`${code} ${enhanced ?? ""}`);
  const text = lines.map((line, i) => {
    const separator = i < lines.length - 1 ? "-" : " ";
    return code + separator + (enhanced === undefined ? "" : enhanced + " ") + line.replaceAll("%", "%%");
  });
  return toBytes(text.join("\r\n"));
}

/**
 * Decodes a reply of {@linkcode encodeReply} or of another filter.
 *
 * @returns the reply, or undefined if the text is not one
 */
export function decodeReply(bytes: Uint8Array): SmtpReply | undefined {
  const lines: string[] = [];
  let code = 0;
  let enhanced: string | undefined;
  for (const line of utf8Text(bytes).split(/\r?\n/)) {
    const parts = /^([45]\d\d)(?:[ -](?:([45]\.\d{1,3}\.\d{1,3})(?: |$))?(.*))?$/s.exec(line);
    if (!parts || (code !== 0 && code !== Number(parts[1]))) return undefined;
    code = Number(parts[1]);
    enhanced = parts[2];
    lines.push((parts[3] ?? "").replaceAll("%%", "%"));
  }
  return { code, ...(enhanced === undefined ? {} : { enhanced }), lines };
}
