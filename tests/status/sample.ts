/**
 * Made-up history of a busy half hour, the same every time: for tests and to look at the page.
 *
 * @module
 */

import type { CustomFamily } from "../../cli/observe/custom_metrics.ts";
import type { FilterCounts, Latencies, MailCounts, Refusal } from "../../cli/observe/mail_counts.ts";
import {
  addLatency,
  emptyFilterCounts,
  emptyLatencies,
  emptyMailCounts,
} from "../../cli/observe/add_counts.ts";
import { type AuthCounts, AuthRecorder } from "../../cli/observe/auth_counts.ts";
import type { AuthResult } from "../../lib/auth/authentication_results.ts";
import type { NearLimit } from "../../cli/observe/near_limits.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";
import { History } from "../../cli/observe/status/history.ts";
import type { ServiceState, WorkersState } from "../../cli/observe/status/service_state.ts";
import { type StatusReport, statusReport } from "../../cli/observe/status/status_report.ts";

/** When the samples end, in milliseconds since 1970. */
export const SAMPLE_TIME: number = Date.parse("2026-03-14T09:26:53Z");

/** A clock for a history, to be set by hand. */
export class HandClock {
  seconds = 100_000;
  readonly now = (): number => this.seconds * 1000;
}

/** What one filter did; what is not said is nothing. */
export function filterTally(parts: Partial<FilterCounts> = {}): FilterCounts {
  return { ...emptyFilterCounts(false), ...parts };
}

/** What happened; what is not said is nothing. */
export function delta(parts: Partial<MailCounts> = {}): MailCounts {
  return { ...emptyMailCounts(), ...parts };
}

/** Times in seconds, counted. */
export function latencies(...times: readonly number[]): Latencies {
  const counted = emptyLatencies();
  for (const time of times) addLatency(counted, time);
  return counted;
}

/** Results of a message that fails DMARC, or passes it; what is not said is as usual. */
export function resultsOf(
  from: string,
  { dmarc = "fail", reason, spf = "fail", dkim = ["none"] }: {
    dmarc?: string;
    reason?: string;
    spf?: string;
    dkim?: readonly string[];
  } = {},
): AuthResult[] {
  const about = (ptype: string, property: string) => [{ ptype, property, value: from }];
  return [
    { method: "spf", result: spf, properties: about("smtp", "mailfrom") },
    ...dkim.map((result) => ({ method: "dkim", result, properties: about("header", "d") })),
    { method: "dmarc", result: dmarc, reason, properties: about("header", "from") },
  ];
}

/** Counts of messages with these results. */
export function authCounts(...messages: readonly (readonly AuthResult[])[]): AuthCounts {
  const recorder = new AuthRecorder();
  for (const results of messages) recorder.record(results);
  return recorder.take();
}

/** A refused message; what is not said is as usual. */
export function refusal(parts: Partial<Refusal> = {}): Refusal {
  return {
    at: SAMPLE_TIME,
    outcome: "reject",
    of: "message",
    queueId: "4fRk2c1Tz9",
    client: "198.51.100.7",
    sender: "news@lottery.example",
    recipients: ["ada@example.org"],
    filter: "size-limit",
    event: "eom",
    reply: "552 5.3.4 Message too big",
    ...parts,
  };
}

/** So many workers that were always ready. */
function workers(wanted: number): WorkersState {
  return { wanted, ready: wanted, restarts: 0, lost: 0, turnedAway: 0, acceptFailures: 0 };
}

/** What a filter counts itself. */
const CUSTOM: readonly CustomFamily[] = [
  {
    filter: "no-lotteries",
    definition: "no-lotteries",
    name: "words_total",
    metric: "milterkit_custom_no_lotteries_words_total",
    help: "Forbidden words, by where they were",
    labels: ["place"],
    series: [{ labels: ["subject"], sum: 41 }, { labels: ["body"], sum: 1266 }],
  },
  {
    filter: "no-lotteries",
    definition: "no-lotteries",
    name: "text_bytes",
    metric: "milterkit_custom_no_lotteries_text_bytes",
    help: "Sizes of texts that were searched",
    labels: [],
    buckets: [1000, 10_000],
    series: [{ labels: [], sum: 41_234_567, counts: [900, 800, 300] }],
  },
];

/** Who is near a limit. */
const LIMITS: readonly NearLimit[] = [
  {
    filter: "rate-limit",
    key: "joe@example.org",
    limit: "100/1h",
    used: 99.2,
    most: 100,
    refused: 1412,
    age: 800,
  },
  {
    filter: "rate-limit",
    key: "newsletter",
    limit: "1000/1d",
    used: 612.4,
    most: 1000,
    refused: 0,
    age: 41_000,
  },
];

/** A service that stands well. */
export function service(parts: Partial<ServiceState> = {}): ServiceState {
  return {
    version: "0.1.0",
    startedAt: SAMPLE_TIME - (3 * 24 + 4) * 3600_000,
    phase: "running",
    connections: 14,
    workers: workers(4),
    listeners: [
      {
        addresses: ["inet:8891@localhost"],
        filters: [
          { name: "size-limit", dryRun: false },
          { name: "dkim-check", dryRun: false },
          { name: "no-lotteries", dryRun: true },
          { name: "milter", dryRun: false },
          { name: "header-rewrite", dryRun: false },
        ],
      },
      {
        addresses: ["unix:/var/spool/postfix/milterkit/submission.sock"],
        filters: [{ name: "size-limit", dryRun: false }, { name: "header-rewrite", dryRun: false }],
      },
    ],
    custom: CUSTOM,
    limits: LIMITS,
    reload: undefined,
    ...parts,
  };
}

/** A half hour of mail with a wave of spam, and a milter in the chain that was slow for some minutes. */
export function busyHistory(): History {
  const clock = new HandClock();
  const history = new History(clock.now);
  const chance = new Random(7);
  const random = () => chance.next();
  for (let second = 0; second < 1800; second += 5) {
    history.add(busyDelta(second, random));
    clock.seconds += 5;
  }
  for (const each of SAMPLE_REFUSALS) history.add(delta({ refusals: [each] }));
  return history;
}

/** The report on it. */
export function busyReport(minutes = 30): StatusReport {
  return statusReport(busyHistory(), service(), minutes, SAMPLE_TIME);
}

/** Nothing happened yet. */
export function emptyReport(): StatusReport {
  const state = service({
    startedAt: SAMPLE_TIME - 12_000,
    connections: 0,
    limits: [],
    workers: undefined,
    listeners: [{ addresses: ["inet:8891@localhost"], filters: [{ name: "dkim-check", dryRun: false }] }],
  });
  return statusReport(new History(), state, 30, SAMPLE_TIME);
}

function busyDelta(second: number, random: () => number): MailCounts {
  const spam = second > 900 && second < 1140 ? 9 : 1;
  const slow = second > 1300 && second < 1520 ? 12 : 1;
  const many = Math.round((9 + 4 * Math.sin(second / 240) + 5 * random()) * (spam > 1 ? 1.6 : 1));
  const count = (share: number) => Math.floor(many * share + random());
  const times = (n: number, typical: number) =>
    latencies(...Array.from({ length: n }, () => typical * Math.exp(1.6 * (random() - 0.4))));
  const tooBig = count(0.01);
  const forged = count(0.02 * spam);
  const deferred = slow > 1 ? count(0.1) : count(0.004);
  const discarded = count(0.006);
  const aborted = count(0.005);
  const dkim = Math.max(0, many - tooBig);
  const rest = Math.max(0, dkim - forged);
  return delta({
    filters: {
      "size-limit": filterTally({
        messages: many,
        verdicts: { "mail reject": tooBig },
        time: times(many, 0.0003),
      }),
      "dkim-check": filterTally({
        messages: dkim,
        verdicts: { "eom reject": forged, "eom tempfail": count(0.002) },
        changes: { insertHeader: rest },
        time: times(dkim, 0.014),
      }),
      "no-lotteries": filterTally({
        messages: rest,
        verdicts: { "header reject": count(0.03 * spam) },
        time: times(rest, 0.0004),
        dryRun: true,
      }),
      "milter": filterTally({
        messages: rest,
        verdicts: { "eom tempfail": deferred, "eom discard": discarded, "rcpt reject": count(0.03) },
        errors: slow > 1 && random() < 0.2 ? { eom: 1 } : {},
        changes: { addHeader: rest },
        time: times(rest, 0.045 * slow),
      }),
      "header-rewrite": filterTally({
        messages: rest,
        changes: { changeHeader: count(0.2), deleteHeader: count(0.1) },
        time: times(rest, 0.0004),
      }),
    },
    outcomes: {
      accept: Math.max(0, rest - deferred - discarded - aborted),
      reject: tooBig + forged,
      tempfail: deferred,
      discard: discarded,
      abort: aborted,
    },
    time: times(many, 0.06 * slow),
    auth: authCounts(
      ...copies(Math.max(0, many - forged), "shop.example", { dmarc: "pass", spf: "pass", dkim: ["pass"] }),
      ...copies(forged, "bank.example", { reason: "neither SPF nor DKIM passed for bank.example" }),
      ...copies(count(0.01), "list.example", {
        reason:
          "nothing that passed is aligned with list.example: SPF for bulk-sender.example: another domain",
        spf: "pass",
        dkim: ["fail"],
      }),
    ),
    events: { connected: count(0.3), disconnected: count(0.3), lost: random() < 0.02 ? 1 : 0 },
  });
}

const copies = (count: number, ...given: Parameters<typeof resultsOf>): AuthResult[][] =>
  Array.from({ length: count }, () => resultsOf(...given));

const SAMPLE_REFUSALS: readonly Refusal[] = [
  refusal({ at: SAMPLE_TIME - 1_510_000 }),
  refusal({
    at: SAMPLE_TIME - 611_000,
    of: "connection",
    queueId: undefined,
    client: "203.0.113.99",
    sender: undefined,
    recipients: [],
    filter: "milter",
    event: "connect",
    reply: "554 5.7.1 Service unavailable; client host blocked",
  }),
  refusal({
    at: SAMPLE_TIME - 402_000,
    outcome: "tempfail",
    queueId: "4fRk6w0Qx2",
    client: "2001:db8:85a3::8a2e:370:7334",
    sender: "billing@shop.example",
    recipients: ["grace@example.org", "linus@example.org", "margaret.hamilton@example.org"],
    filter: "milter",
    reply: "451 4.7.1 Service unavailable - try again later",
  }),
  refusal({
    at: SAMPLE_TIME - 180_000,
    of: "recipient",
    queueId: "4fRk8m5Yb1",
    sender: "",
    recipients: ["sales-old@example.org"],
    filter: "milter",
    event: "rcpt",
    reply: "550 5.1.1 Unknown user",
  }),
  refusal({
    at: SAMPLE_TIME - 95_000,
    queueId: "4fRk9d3Kp7",
    client: "192.0.2.44",
    sender: "security@bank.example",
    recipients: ["ada@example.org"],
    filter: "dkim-check",
    reply: "550 5.7.20 No passing DKIM signature of bank.example",
  }),
  refusal({
    at: SAMPLE_TIME - 31_000,
    outcome: "discard",
    queueId: "4fRk9z8Wc4",
    client: "192.0.2.201",
    sender: "bounce+8831.a1@bulk-sender.example",
    recipients: ["katherine@example.org", "dorothy@example.org"],
    filter: "milter",
    reply: undefined,
  }),
  refusal({ at: SAMPLE_TIME - 4_000, queueId: "4fRkBq2Ls6", sender: "scans@copier.example", event: "mail" }),
];

/** What may hurt a page, in all places that others fill: markup, quotes, controls, turned text, and no end of it. */
export const HOSTILE_TEXTS: readonly string[] = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</style></title></script><svg onload=alert(1)>`,
  `<!-- --><![CDATA[ &lt;b&gt; \${x} \u0060`,
  `a\x00b\x1b[31mc\r\nd\u2028e\x9f`,
  `evil\u202etxt.exe\u2066\u200b\ufeff`,
  `half \ud83d, whole \u{1f600}, none \ufffe`,
  `Z${"\u0300\u0317".repeat(60)}`,
  `x`.repeat(70_000),
  `=?utf-8?B?${"QUJD".repeat(90)}?=@${"sub.".repeat(40)}example`,
];

/** A history in which others chose every text that they may choose. */
export function hostileHistory(): History {
  const history = new History();
  history.add(delta({
    filters: Object.fromEntries(
      HOSTILE_TEXTS.slice(0, 6).map((text) => [
        text,
        filterTally({
          messages: 3,
          verdicts: { [`eom ${text}`]: 1 },
          errors: { [text]: 1 },
          changes: { [text]: 1 },
        }),
      ]),
    ),
    outcomes: { reject: 20, [at(HOSTILE_TEXTS, 0)]: 1 },
    auth: authCounts(
      ...HOSTILE_TEXTS.map((text) => resultsOf(`${text}x`, { reason: text, spf: text, dkim: [text] })),
    ),
    events: { "protocol-error": 12, "accept-failed": 1, [at(HOSTILE_TEXTS, 1)]: 1 },
    refusals: HOSTILE_TEXTS.map((text, i) =>
      refusal({
        at: SAMPLE_TIME + i,
        queueId: text,
        client: text,
        sender: text,
        recipients: new Array(200).fill(text),
        filter: text.slice(0, 60),
        reply: text,
      })
    ),
  }));
  return history;
}

/** A service in which they did. */
export function hostileService(): ServiceState {
  return service({
    // Hidden characters and all; more than the page shows.
    custom: HOSTILE_TEXTS.map((text) => ({
      filter: at(HOSTILE_TEXTS, 0),
      definition: text,
      name: text,
      metric: text,
      help: text,
      labels: [text],
      series: Array.from({ length: 30 }, () => ({ labels: [text], sum: 0.123456 })),
    })),
    limits: HOSTILE_TEXTS.flatMap((key) => {
      const limit = { filter: key, key, limit: "1/1h", used: 1, most: 1, refused: 2, age: 0 };
      return [limit, limit, limit];
    }),
    listeners: HOSTILE_TEXTS.slice(0, 4).map((text) => ({
      addresses: [`unix:/${text}`],
      filters: [{ name: text, dryRun: true }],
    })),
    workers: { ...workers(4), ready: 3, restarts: 2, lost: 1, turnedAway: 5 },
    reload: { at: SAMPLE_TIME, failure: `milterkit.toml:3:7: unknown key ${at(HOSTILE_TEXTS, 1)}` },
  });
}

/** The report on both. */
export function hostileReport(): StatusReport {
  return statusReport(hostileHistory(), hostileService(), 30, SAMPLE_TIME);
}
