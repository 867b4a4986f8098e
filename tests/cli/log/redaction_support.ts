// A report and events that name people in every place where they can be named.
import { Redaction } from "../../../cli/log/redaction.ts";
import type { RedactionKind } from "../../../cli/options/log_options.ts";
import type { MessageReport } from "../../../lib/filter/report.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";

export const REPORT: MessageReport = {
  queueId: "Q1",
  client: "192.0.2.77",
  helo: "anns-pc.example.org",
  login: "ann",
  tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
  messageId: "ann.1234@anns-pc.example.org",
  labels: ["from ann@example.org", "listed"],
  sender: "ann@example.org",
  recipients: ["bob@example.net", '"b o b"@example.net', "root", "<zoe>@x@example.com"],
  outcome: "reject",
  reply: "550 5.7.1 <bob@example.net>: ann@example.org may not write from 192.0.2.77",
  filter: "f",
  event: "eom",
  notes: [{
    filter: "f",
    event: "eom",
    remark: 'from "an n"@example.org, listed: [2001:db8:1:2::5]',
    verdict: "reject",
    reply: "550 ann@example.org",
    recipient: "bob@example.net",
    changes: ["add recipient <carl@example.org>", "change X: <dan@bücher.example>"],
  }],
  filters: [{ filter: "f", milliseconds: 1 }],
  held: "ask ann@example.org",
  results: [
    {
      method: "spf",
      result: "pass",
      properties: [{ ptype: "smtp", property: "helo", value: "anns-pc.example.org" }],
    },
    {
      method: "iprev",
      result: "pass",
      comment: "anns-pc.example.org",
      properties: [{ ptype: "policy", property: "iprev", value: "192.0.2.77" }],
    },
    {
      method: "dkim",
      result: "fail",
      reason: "not of ann@example.org",
      properties: [{ ptype: "header", property: "i", value: "ann@example.org" }],
    },
  ],
  milliseconds: 2,
};

export const EVENTS: ServerEvent[] = [
  { type: "message", connection: 1, report: REPORT },
  {
    type: "refused",
    connection: 1,
    report: {
      client: "2001:db8:1:2::5",
      helo: "anns-pc.example.org",
      outcome: "reject",
      reply: "554 5.7.1 2001:db8:1:2::5 is listed, ask joe@example.org",
      filter: "f",
      event: "helo",
    },
  },
  {
    type: "filter-error",
    connection: 1,
    queueId: "Q1",
    filter: "f",
    event: "rcpt",
    error: new Error("no mailbox bob@example.net for 192.0.2.77"),
    onError: "tempfail",
  },
  {
    type: "filter-log",
    filter: "f",
    level: "info",
    text: "ann@example.org waits, from 192.0.2.77",
    fields: { to: "bob@example.net", "carl@example.org": 1, list: ["2001:db8:1:2::5"] as unknown as string },
  },
];

/** All that an event says, its error too. */
export function textOf(event: ServerEvent): string {
  const error = "error" in event && event.error instanceof Error
    ? event.error.message + event.error.stack
    : "";
  return JSON.stringify(event) + error;
}

export const all = (...kinds: RedactionKind[]) => {
  const redaction = new Redaction(kinds);
  return EVENTS.map((event) => textOf(redaction.event(event))).join("\n");
};
