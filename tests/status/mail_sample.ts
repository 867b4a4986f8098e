/** Made-up messages and lines of the log, the same every time. */
import type { GroupShare, KeptRecord } from "../../cli/observe/mail_log/bounded_log.ts";
import type { FilterPart, LogLine, MailEntry } from "../../cli/observe/mail_log/entry.ts";
import { MailLog } from "../../cli/observe/mail_log/mail_log.ts";
import { refusalGroup } from "../../cli/observe/mail_log/refusal_groups.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";

/** A filter of a chain that did nothing; what is not said is as usual. */
export function filterPart(parts: Partial<FilterPart> & { readonly name: string }): FilterPart {
  return { milliseconds: 0.4, verdicts: [], changes: [], remarks: [], errors: [], ...parts };
}

/** An accepted message; what is not said is as usual. */
export function entry(parts: Partial<MailEntry> = {}): MailEntry {
  return {
    id: "a-1",
    at: "2026-03-14T09:26:50.000Z",
    of: "message",
    outcome: "accept",
    queueId: "4fRk2c1Tz9",
    messageId: "1c9e@mail.example.net",
    client: "198.51.100.7",
    helo: "mail.example.net",
    tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
    listener: "inet:8891@localhost",
    sender: "ann@example.net",
    recipients: ["ada@example.org"],
    moreRecipients: 0,
    refused: [],
    moreRefused: 0,
    size: 48_213,
    event: "eom",
    labels: [],
    results: [],
    filters: [],
    milliseconds: 74.2,
    lines: [],
    ...parts,
  };
}

/** A message as a process reports it. */
export function reported(entry: MailEntry): KeptRecord {
  const { id, outcome } = entry;
  const at = Date.parse(entry.at);
  return {
    id,
    at,
    text: JSON.stringify({ ...entry, at }),
    rare: outcome !== "accept",
    groups: groupsOf(entry),
  };
}

/** A mail log with these messages and lines, oldest first. */
export function mailLog(
  entries: readonly MailEntry[],
  lines: readonly LogLine[] = [],
  most = 10_000,
): MailLog {
  const log = new MailLog(most);
  log.add({
    messages: entries.map(reported),
    lines: lines.map((line) => ({
      id: line.id,
      at: Date.parse(line.at),
      text: JSON.stringify(line),
      rare: line.level !== "info",
    })),
    missed: 0,
  });
  return log;
}

function groupsOf({ outcome, of, filter, event, reply, refused }: MailEntry): Record<string, GroupShare> {
  const refusals = refused.map((each) => ({
    ...each,
    reply: each.reply,
    of: "recipient" as const,
    event: "rcpt",
  }));
  const whole = outcome === "reject" || outcome === "tempfail" || outcome === "discard"
    ? [{ outcome, of, filter, event, reply }]
    : [];
  return Object.fromEntries([...refusals, ...whole].map((refusal) => {
    const { key, reply } = refusalGroup(refusal);
    return [key, { count: 1, ...(reply === undefined ? {} : { reply }) }];
  }));
}

/** What may come in, and how often of a hundred. */
interface Kind {
  readonly share: number;
  readonly parts: (random: Random) => Partial<MailEntry>;
}

const PEOPLE = ["ada", "grace", "linus", "margaret.hamilton", "katherine", "dorothy", "sales", "info"];
const SENDERS = [
  "ann@example.net",
  "billing@shop.example",
  "newsletter@garden.example",
  "müller@grün.example",
  "no-reply@tickets.example",
];

const CHECKED = (from: string, dmarc: string): Partial<MailEntry> => ({
  results: [
    { method: "spf", result: dmarc, domain: from },
    {
      method: "dkim",
      result: dmarc === "pass" ? "pass" : "none",
      ...(dmarc === "pass" ? { domain: from, selector: "s1" } : {}),
    },
    {
      method: "dmarc",
      result: dmarc,
      domain: from,
      ...(dmarc === "pass" ? {} : { reason: `neither SPF nor DKIM passed for ${from}` }),
    },
  ],
});

const REJECTED = (filter: string, reply: string, parts: Partial<MailEntry> = {}): Partial<MailEntry> => ({
  outcome: "reject",
  filter,
  reply,
  ...parts,
});

const KINDS: readonly Kind[] = [
  { share: 80, parts: () => CHECKED("example.net", "pass") },
  { share: 6, parts: () => ({ login: "katherine", client: "10.0.0.23", labels: ["internal"] }) },
  {
    share: 5,
    parts: () =>
      REJECTED("dkim-check", "550 5.7.20 No passing DKIM signature of bank.example", {
        ...CHECKED("bank.example", "fail"),
        sender: "security@bank.example",
        client: "192.0.2.44",
        labels: ["forged"],
      }),
  },
  {
    share: 3,
    parts: (random) =>
      REJECTED("size-limit", `552 5.3.4 ${25 + random.below(40)} MB are more than 25 MB`, {
        event: "mail",
        sender: "scans@copier.example",
      }),
  },
  {
    share: 3,
    parts: () => ({
      refused: [{
        recipient: "sales-old@example.org",
        outcome: "reject",
        filter: "milter",
        reply: "550 5.1.1 Unknown user",
      }],
    }),
  },
  {
    share: 2,
    parts: () => ({
      outcome: "discard",
      filter: "milter",
      sender: "bounce+8831.a1@bulk-sender.example",
      client: "192.0.2.201",
    }),
  },
  { share: 1, parts: () => ({ held: "attachment looks dangerous", labels: ["attachment", "held"] }) },
];

/** Messages that ended within half an hour before a time, oldest first. */
export function madeUpMail(end: number, count: number): MailEntry[] {
  const random = new Random(11);
  return Array.from({ length: count }, (_, i) => {
    const milliseconds = 20 + random.below(180);
    const { parts } = kindOf(random.below(100));
    const made = entry({
      id: `a-${(i + 1).toString(36)}`,
      at: new Date(end - (count - i) * 1_800_000 / count + random.below(500)).toISOString(),
      queueId: `4fRk${(i + 46_656).toString(36)}Tz`,
      messageId: `${i}.1c9e@mail.example.net`,
      client: `198.51.100.${random.below(60)}`,
      sender: random.pick(SENDERS),
      recipients: [`${random.pick(PEOPLE)}@example.org`],
      size: 900 + random.below(200_000),
      milliseconds,
      ...parts(random),
    });
    return { ...made, filters: wayOf(made, milliseconds) };
  });
}

/** A flood of forgeries, all refused, from one minute to the next. */
export function flood(start: number, count: number): MailEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const made = entry({
      id: `f-${i.toString(36)}`,
      at: new Date(start + i * 60_000 / count).toISOString(),
      queueId: `4fRf${(i + 46_656).toString(36)}Tz`,
      client: `203.0.113.${i % 250}`,
      sender: "security@bank.example",
      ...REJECTED("dkim-check", "550 5.7.20 No passing DKIM signature of bank.example"),
    });
    return { ...made, filters: wayOf(made, 60) };
  });
}

function kindOf(place: number): Kind {
  let below = 0;
  return KINDS.find(({ share }) => (below += share) > place) ?? at(KINDS, 0);
}

/** What the filters did with a message, which its other properties say. */
function wayOf({ filter, outcome, reply, event, refused, results }: MailEntry, whole: number): FilterPart[] {
  const all = [
    filterPart({ name: "size-limit", milliseconds: 0.3 }),
    filterPart({
      name: "dkim-check",
      milliseconds: Math.round(whole * 2) / 10,
      changes: ["insert Authentication-Results"],
      remarks: results.map(({ method, result, domain = "" }) => `${method}=${result} ${domain}`.trim()),
    }),
    filterPart({
      name: "no-lotteries",
      milliseconds: 0.4,
      dryRun: true,
      verdicts: whole % 9 === 0 ? [{ event: "eom", verdict: "reject", reply: "550 5.7.1 No lotteries" }] : [],
    }),
    filterPart({
      name: "milter",
      milliseconds: Math.round(whole * 6) / 10,
      changes: ["add X-Spam-Score"],
      verdicts: refused.map(({ outcome, recipient, reply }) => ({
        event: "rcpt",
        verdict: outcome,
        recipient,
        ...(reply === undefined ? {} : { reply }),
      })),
    }),
    filterPart({ name: "header-rewrite", milliseconds: 0.2, changes: ["delete X-Mailer number 1"] }),
  ];
  const last = all.findIndex(({ name }) => name === filter);
  if (last < 0) return all;
  const ending = { event, verdict: outcome, ...(reply === undefined ? {} : { reply }) };
  return all.slice(0, last + 1).map((each, i) =>
    i === last ? { ...each, changes: [], verdicts: [ending] } : each
  );
}

/** A message that a filter failed at, and the line of the log that says so. */
export function failedMessage(number: number, time: number): { message: MailEntry; line: LogLine } {
  const [message, line] = [`e-${number}`, `e-${number}l`];
  const queueId = `4fRkE${number}Tz9`;
  const error = "connect to inet:7357@localhost: connection refused";
  const at = new Date(time).toISOString();
  return {
    message: entry({
      id: message,
      at,
      queueId,
      outcome: "tempfail",
      filter: "milter",
      event: "eom",
      reply: "451 4.7.1 Service unavailable - try again later",
      sender: "billing@shop.example",
      lines: [line],
      milliseconds: 5043.1,
      filters: [
        filterPart({ name: "size-limit" }),
        filterPart({ name: "dkim-check", milliseconds: 21.4 }),
        filterPart({
          name: "milter",
          milliseconds: 5002.6,
          errors: [{ event: "eom", error, onError: "tempfail", line }],
          verdicts: [{ event: "eom", verdict: "tempfail" }],
        }),
      ],
    }),
    line: {
      id: line,
      at,
      level: "error",
      text: `${queueId}: filter milter failed in eom: ${error}`,
      type: "filter-error",
      queueId,
      filter: "milter",
      worker: 2,
    },
  };
}
