/**
 * The macros that an MTA sends by default, for code that acts as the MTA.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { MtaKind } from "../message/mta.ts";

/** The macros of each event. */
export type MacrosByEvent = { readonly [event in EventName]?: Readonly<Record<string, string>> };

/** The values that the macros are made from. */
export interface MacroSubject {
  /** The MTA to behave like. */
  readonly mta: MtaKind;
  /** The sender, without brackets. */
  readonly sender: string;
  /** The queue id. */
  readonly queueId: string;
  /** The value of the Message-ID field; empty if there is none. */
  readonly messageId: string;
  /** The client's host name and address. */
  readonly client: { readonly hostname: string; readonly address: string };
  /** Macros that add to or replace the usual ones, names with or without braces. */
  readonly macros: Readonly<Record<string, string>>;
}

/**
 * The macros of a connection and a message. An event that is missing here has no macro packet, not even an empty one.
 *
 * Additional macros are sent at connect, so that they are known at every event; those with a usual name replace the
 * usual value.
 */
export function usualMacros(subject: MacroSubject): MacrosByEvent {
  const usual = subject.mta === "postfix" ? ofPostfix(subject) : ofSendmail(subject);
  const own = new Map(Object.entries(subject.macros).map(([name, value]) => [bare(name), value]));
  const placed = new Set<string>();
  for (const stage of Object.values(usual)) {
    for (const name of Object.keys(stage)) {
      const value = own.get(bare(name));
      if (value === undefined) continue;
      stage[name] = value;
      placed.add(bare(name));
    }
  }
  for (const [name, value] of own) {
    if (!placed.has(name)) usual.connect[name.length > 1 ? `{${name}}` : name] = value;
  }
  return usual;
}

type Stages = { connect: Record<string, string> } & { [event in EventName]?: Record<string, string> };

/** Postfix has no queue id before the first recipient is accepted, and then sends it with every event. */
function ofPostfix({ sender, queueId, client }: MacroSubject): Stages {
  const id = { i: queueId };
  return {
    connect: {
      j: "localhost",
      "{daemon_name}": "localhost",
      "{daemon_addr}": "127.0.0.1",
      v: "Postfix 3.7",
      _: `${client.hostname} [${client.address}]`,
    },
    helo: {},
    mail: ofSender(sender),
    rcpt: {},
    data: { ...id },
    header: { ...id },
    eoh: { ...id },
    body: { ...id },
    eom: { ...id },
    unknown: {},
  };
}

/** Sendmail sends the queue id once, and never the version. */
function ofSendmail({ sender, queueId, messageId, client }: MacroSubject): Stages {
  return {
    connect: {
      j: "localhost",
      _: `${client.hostname} [${client.address}]`,
      "{daemon_name}": "MTA",
      "{if_name}": "localhost",
    },
    helo: {},
    mail: { i: queueId, ...ofSender(sender) },
    rcpt: {},
    eom: { "{msg_id}": messageId },
  };
}

function ofSender(sender: string): Record<string, string> {
  const host = sender.includes("@") ? sender.slice(sender.lastIndexOf("@") + 1) : "";
  return { "{mail_addr}": sender, "{mail_host}": host, "{mail_mailer}": "smtp" };
}

/**
 * The macros of one recipient.
 *
 * @param mta the MTA to behave like
 * @param recipient its address, without brackets
 * @param queueId the queue id, if a recipient was accepted before: then Postfix has one
 */
export function recipientMacros(
  mta: MtaKind,
  recipient: string,
  queueId: string | undefined,
): Record<string, string> {
  const host = recipient.slice(recipient.lastIndexOf("@") + 1);
  const id: Record<string, string> = mta === "postfix" && queueId !== undefined ? { i: queueId } : {};
  return { ...id, "{rcpt_addr}": recipient, "{rcpt_host}": host, "{rcpt_mailer}": "smtp" };
}

function bare(name: string): string {
  return name.replace(/^\{(.*)\}$/, "$1");
}
