/**
 * Events of a server that say what strangers said.
 *
 * @module
 */
import type { ServerEvent } from "../../lib/server/server_events.ts";

/**
 * An event.
 *
 * @param kind which one
 * @param text gives each text in it
 */
export function eventOf(kind: number, text: () => string): ServerEvent {
  const connection = 1;
  switch (kind % 6) {
    case 0:
      return {
        type: "refused",
        connection,
        report: {
          client: text(),
          helo: text(),
          outcome: "reject",
          reply: text(),
          filter: "f",
          event: "helo",
        },
      };
    case 1: {
      const error = new Error(text());
      return {
        type: "filter-error",
        connection,
        queueId: text(),
        filter: "f",
        event: "rcpt",
        error,
        onError: "reject",
      };
    }
    case 2:
      return { type: "protocol-error", connection, peer: "unix", error: new Error(text()) };
    case 3:
      return { type: "limit", limit: "recipients", most: 1, peer: "unix", queueId: text(), missed: 1 };
    default:
      return messageEvent(kind % 2 === 0, text);
  }
}

/**
 * The event of a message.
 *
 * @param isHeld whether it is held
 * @param text gives each text in it
 */
export function messageEvent(
  isHeld: boolean,
  text: () => string,
): ServerEvent & { readonly type: "message" } {
  return {
    type: "message",
    connection: 1,
    report: {
      queueId: text(),
      client: text(),
      helo: text(),
      login: text(),
      tls: { version: text(), cipher: text() },
      messageId: text(),
      labels: [text()],
      sender: text(),
      recipients: [text(), text()],
      outcome: "reject",
      reply: text(),
      filter: "f",
      event: "eom",
      notes: [
        { filter: "g", event: "rcpt", verdict: "reject", reply: text(), recipient: text() },
        { filter: "g", remark: text() },
        { filter: "h", event: "eom", changes: [text(), text()], dryRun: true },
      ],
      filters: [{ filter: "f", milliseconds: 1 }],
      ...(isHeld ? { held: text() } : {}),
      milliseconds: 2,
    },
  };
}
