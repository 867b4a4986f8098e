/**
 * The macros that an MTA tells without being asked, for who stands in its place.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { MtaKind } from "../message/mta.ts";

/** The macros of each event. */
export type MacrosByEvent = { readonly [event in EventName]?: Readonly<Record<string, string>> };

/** What the macros are about. */
export interface MacroSubject {
  /** Whose macros. */
  readonly mta: MtaKind;
  /** The sender, without brackets. */
  readonly sender: string;
  /** The queue id. */
  readonly queueId: string;
  /** The client's host name and address. */
  readonly client: { readonly hostname: string; readonly address: string };
  /** Macros that stand beside the usual ones or in their place, names with or without braces. */
  readonly macros: Readonly<Record<string, string>>;
}

/**
 * The macros of a connection and a message.
 *
 * Those of one's own are told at connect, so that they are known at every event; where their name is a usual one, they
 * replace it.
 */
export function usualMacros({ mta, sender, queueId, client, macros }: MacroSubject): MacrosByEvent {
  const host = sender.includes("@") ? sender.slice(sender.lastIndexOf("@") + 1) : "";
  const id = { i: queueId };
  const usual: { [event in EventName]?: Record<string, string> } = {
    connect: {
      j: "localhost",
      "{daemon_name}": "localhost",
      "{daemon_addr}": "127.0.0.1",
      v: mta === "postfix" ? "Postfix 3.7" : "8.17",
      _: `${client.hostname} [${client.address}]`,
    },
    helo: {},
    // Postfix has no queue id before the first recipient; to have one here does no harm.
    mail: { ...id, "{mail_mailer}": "smtp", "{mail_host}": host, "{mail_addr}": sender },
    rcpt: { ...id },
    data: { ...id },
    eoh: { ...id },
    eom: { ...id },
  };
  const own = new Map(Object.entries(macros).map(([name, value]) => [bare(name), value]));
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
    if (!placed.has(name)) usual.connect![name.length > 1 ? `{${name}}` : name] = value;
  }
  return usual;
}

/** The macros of one recipient. */
export function recipientMacros(recipient: string): Record<string, string> {
  const host = recipient.slice(recipient.lastIndexOf("@") + 1);
  return { "{rcpt_mailer}": "smtp", "{rcpt_host}": host, "{rcpt_addr}": recipient };
}

function bare(name: string): string {
  return name.replace(/^\{(.*)\}$/, "$1");
}
