/** Made-up messages for tests of the mail log, and of what shows it. */
import type { KeptRecord } from "../../cli/observe/mail_log/bounded_log.ts";
import type { FilterPart, LogLine, MailEntry } from "../../cli/observe/mail_log/entry.ts";
import { MailLog } from "../../cli/observe/mail_log/mail_log.ts";
import { type MailQuery, readMailQuery } from "../../cli/observe/mail_log/query.ts";
import { refusalGroup } from "../../cli/observe/mail_log/refusal_groups.ts";

/** When the first of the messages ended, in milliseconds since 1970. */
export const FIRST: number = Date.parse("2030-01-31T12:00:00Z");

/** A message; what is not said is as usual: accepted by one filter. */
export function entry(parts: Partial<MailEntry> = {}): MailEntry {
  return {
    id: "test-0",
    at: new Date(FIRST).toISOString(),
    of: "message",
    outcome: "accept",
    queueId: "4Xyz1234",
    messageId: "one@example.net",
    client: "192.0.2.1",
    helo: "client.example.net",
    sender: "ann@example.net",
    recipients: ["ben@example.org"],
    moreRecipients: 0,
    refused: [],
    moreRefused: 0,
    event: "eom",
    labels: [],
    results: [],
    filters: [part({ name: "size-limit" })],
    milliseconds: 1.2,
    lines: [],
    ...parts,
  };
}

/** What one filter did; what is not said is nothing. */
export function part(parts: Partial<FilterPart> = {}): FilterPart {
  return { name: "judge", milliseconds: 0.5, verdicts: [], changes: [], remarks: [], errors: [], ...parts };
}

/** A message as the mail log keeps it. */
export function record(message: MailEntry): KeptRecord {
  const { id, outcome, of, filter, event, reply } = message;
  const refuses = outcome === "reject" || outcome === "tempfail" || outcome === "discard";
  const group = refuses ? refusalGroup({ outcome, of, filter, event, reply }) : undefined;
  return {
    id,
    at: Date.parse(message.at),
    text: JSON.stringify({ ...message, at: Date.parse(message.at) }),
    rare: refuses,
    ...(group
      ? {
        groups: { [group.key]: { count: 1, ...(group.reply === undefined ? {} : { reply: group.reply }) } },
      }
      : {}),
  };
}

/** A line of the log as the mail log keeps it. */
export function lineRecord(line: LogLine): KeptRecord {
  return { id: line.id, at: Date.parse(line.at), text: JSON.stringify(line), rare: line.level !== "info" };
}

/** A mail log with these messages, a second after each other unless they say when, with ids `test-0`, `test-1` and so on. */
export function logOf(messages: readonly Partial<MailEntry>[], lines: readonly LogLine[] = []): MailLog {
  const log = new MailLog(10_000);
  const entries = messages.map((parts, i) =>
    entry({ id: `test-${i}`, at: new Date(FIRST + i * 1000).toISOString(), ...parts })
  );
  log.add({ messages: entries.map(record), lines: lines.map(lineRecord), missed: 0 });
  return log;
}

/** A query as in a URL, asked an hour after {@link FIRST}. */
export function query(text: string): MailQuery {
  return readMailQuery(new URLSearchParams(text), FIRST + 3_600_000);
}
