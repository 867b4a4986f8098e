/**
 * A notice to the administrator that a key is over a limit.
 *
 * @module
 */

/** What a notice says. Senders choose some of these texts. */
export interface Notice {
  /** The key that is over a limit, such as a login. */
  readonly key: string;
  /** The limit, such as `100/1h`. */
  readonly limit: string;
  /** The name or label of the filter. */
  readonly filter: string;
  /** What the filter does with what is over the limit. */
  readonly action: string;
  /** What is counted. */
  readonly unit: string;
  /** The seconds until the limit has room for one more. */
  readonly wait: number;
  /** The message that was over it, as far as it is known. */
  readonly message: Readonly<Record<MessageFact, string | undefined>>;
  /** The host name of this machine. */
  readonly host: string;
  /** When it happened. */
  readonly time: Date;
}

/** What is known of the message. */
export type MessageFact = "login" | "sender" | "recipient" | "client" | "clientName" | "helo" | "queueId";

/** The maximum number of characters of a text. */
const LONGEST = 500;

/** The texts of a notice by name, on one line each, for the environment of a command. */
export function noticeValues(notice: Notice): Record<string, string> {
  const { message, time } = notice;
  const values: Record<string, string | undefined> = {
    KEY: notice.key,
    LIMIT: notice.limit,
    FILTER: notice.filter,
    ACTION: notice.action,
    COUNT: notice.unit,
    WAIT: String(notice.wait),
    LOGIN: message.login,
    SENDER: message.sender,
    RECIPIENT: message.recipient,
    CLIENT: message.client,
    CLIENT_NAME: message.clientName,
    HELO: message.helo,
    QUEUE_ID: message.queueId,
    HOST: notice.host,
    TIME: time.toISOString(),
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`MILTERKIT_${name}`, oneLine(value ?? "")]),
  );
}

/** A text that senders chose, on one line, without control characters, and not too long. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what must not be there
  const plain = text.toWellFormed().replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1).toWellFormed()}…` : plain;
}

/** What happens to mail over the limit, in words. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  tempfail: "is refused temporarily (451)",
  reject: "is rejected (550)",
  quarantine: "is held for review",
  mark: "is marked and passes",
};

/** The subject of a mail: printable ASCII. */
export function noticeSubject({ key, limit, host }: Notice): string {
  return ascii(`${oneLine(key)} is over the limit ${limit} on ${host}`).slice(0, 200);
}

/** The text of a mail, in lines. */
export function noticeText(notice: Notice): string[] {
  const { message, limit, unit, action, wait } = notice;
  const facts: [string, string | undefined][] = [
    ["Key", notice.key],
    ["Limit", `${limit}, counting ${unit}`],
    ["Filter", notice.filter],
    ["Host", notice.host],
    ["Time", notice.time.toISOString()],
    ["Login", message.login],
    ["Sender", message.sender],
    ["Recipient", message.recipient],
    ["Client", [message.clientName, message.client].filter((each) => each).join(" ") || undefined],
    ["HELO", message.helo],
    ["Queue ID", message.queueId],
  ];
  return [
    `${oneLine(notice.key)} has reached the limit ${limit}.`,
    `Mail over the limit ${CONSEQUENCES[action] ?? action}; one more is allowed in ${wait} s.`,
    "",
    "The first message over the limit:",
    "",
    ...facts.flatMap(([name, value]) => value ? [`  ${`${name}:`.padEnd(11)}${oneLine(value)}`] : []),
    "",
    "If an account was stolen, change its password first. docs/rate-limit.md says what else to do.",
    "To see how much is left, and to reset the counts:",
    "",
    "  milterkit limits show KEY --config FILE",
    "  milterkit limits reset KEY --config FILE",
  ];
}

/** Replaces what is not printable ASCII. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, "?");
}
