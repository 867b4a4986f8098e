/** The states that the pages must look right in, made up: for tests in a browser and for pictures. */
import type { PageSource } from "../../cli/observe/status/answers.ts";
import { History } from "../../cli/observe/status/history.ts";
import type { ServiceState } from "../../cli/observe/status/service_state.ts";
import { statusReport } from "../../cli/observe/status/status_report.ts";
import type { MailLog } from "../../cli/observe/mail_log/mail_log.ts";
import type { MailCounts } from "../../cli/observe/mail_counts.ts";
import { entry, failedMessage, flood, madeUpMail, mailLog } from "./mail_sample.ts";
import {
  busyHistory,
  delta,
  filterTally,
  HandClock,
  HOSTILE_TEXTS,
  hostileHistory,
  hostileService,
  latencies,
  SAMPLE_TIME,
  service,
} from "./sample.ts";

/** The names of the states. */
export type StateName = "busy" | "burst" | "started" | "trouble" | "empty" | "hostile";

/** All states. */
export const STATES: Readonly<Record<StateName, () => PageSource>> = {
  /** Much mail, a wave of forgeries, a milter that was slow for some minutes. */
  busy: () => source(busyHistory(), service(), mailLog(madeUpMail(SAMPLE_TIME, 600))),
  /** Little mail, and for two minutes a flood of it. */
  burst: () => {
    const usual = madeUpMail(SAMPLE_TIME, 60);
    const all = [...usual, ...flood(SAMPLE_TIME - 590_000, 700)];
    return source(burstHistory(), quietService(), mailLog(all.sort((a, b) => a.at < b.at ? -1 : 1)));
  },
  /** Half a minute after the start. */
  started: () => source(startedHistory(), startedService(), mailLog(startedMail())),
  /** All that can be out of order. */
  trouble: () => {
    const failed = Array.from(
      { length: 7 },
      (_, i) => failedMessage(i + 1, SAMPLE_TIME - (90 - i * 12) * 1000),
    );
    const log = mailLog(
      [...madeUpMail(SAMPLE_TIME - 120_000, 40), ...failed.map(({ message }) => message)],
      failed.map(({ line }) => line),
    );
    return source(troubleHistory(), troubledService(), log);
  },
  /** Nothing happens. */
  empty: () => source(longHistory(() => delta()), quietService(), mailLog([])),
  /** Others chose every text that they may choose. */
  hostile: () => source(hostileHistory(), hostileService(), hostileMail()),
};

function source(history: History, state: ServiceState, log: MailLog): PageSource {
  return {
    report: (minutes) => statusReport(history, state, minutes, SAMPLE_TIME),
    service: () => state,
    log,
    now: () => SAMPLE_TIME,
  };
}

/** A history that has lasted for longer than it remembers. */
function longHistory(at: (second: number) => MailCounts): History {
  const clock = new HandClock();
  const history = new History(clock.now);
  for (let second = 0; second <= 1830; second += 10) {
    history.add(at(second));
    clock.seconds += 10;
  }
  return history;
}

function burstHistory(): History {
  return longHistory((second) => {
    const flood = second >= 1200 && second < 1320;
    const few = second % 30 === 0 ? 1 : 0;
    const accepted = flood ? 420 : 1 + few;
    const rejected = flood ? 640 : second % 120 === 0 ? 1 : 0;
    const deferred = second % 300 === 0 ? 1 : 0;
    const all = accepted + rejected + deferred;
    const times = latencies(
      ...Array.from({ length: Math.min(all, 40) }, (_, i) => flood ? 0.4 + i / 20 : 0.03 + i / 100),
    );
    return delta({
      outcomes: { accept: accepted, reject: rejected, tempfail: deferred },
      time: times,
      filters: {
        "size-limit": filterTally({ messages: all, time: latencies(0.0003, 0.0004) }),
        "dkim-check": filterTally({
          messages: all,
          verdicts: { "eom reject": rejected, "eom tempfail": deferred },
          time: times,
        }),
      },
      events: { connected: all },
    });
  });
}

function startedHistory(): History {
  const clock = new HandClock();
  const history = new History(clock.now);
  for (let i = 0; i < 4; i++) {
    history.add(delta({
      outcomes: { accept: i, reject: i === 2 ? 1 : 0 },
      time: latencies(0.04, 0.05),
      filters: {
        "dkim-check": filterTally({
          messages: i + 1,
          verdicts: i === 2 ? { "eom reject": 1 } : {},
          time: latencies(0.02),
        }),
      },
      events: { connected: i },
    }));
    clock.seconds += 10;
  }
  return history;
}

function troubleHistory(): History {
  return longHistory((second) => {
    const broken = second > 1500;
    return delta({
      outcomes: broken ? { tempfail: 6 } : { accept: 9, reject: 1 },
      time: broken ? latencies(5, 5.1) : latencies(0.05, 0.07),
      filters: {
        "dkim-check": filterTally({ messages: 10, time: latencies(0.02, 0.03) }),
        "milter": filterTally({
          messages: 10,
          verdicts: broken ? { "eom tempfail": 6 } : {},
          errors: broken ? { eom: 6 } : {},
          time: broken ? latencies(5, 5.1) : latencies(0.04),
        }),
      },
      events: { "protocol-error": second % 600 === 0 ? 1 : 0, "connected": 8, "lost": broken ? 1 : 0 },
    });
  });
}

function startedMail() {
  const mail = [
    entry({ id: "s-1", at: "2026-03-14T09:26:32.000Z", queueId: "4fRkS1", sender: "" }),
    entry({
      id: "s-2",
      at: "2026-03-14T09:26:44.000Z",
      queueId: "4fRkS2",
      outcome: "reject",
      filter: "dkim-check",
      reply: "550 5.7.20 No passing DKIM signature of bank.example",
    }),
  ];
  return mail;
}

function quietService(): ServiceState {
  return service({
    connections: 0,
    limits: [],
    custom: [],
    listeners: [{
      addresses: ["inet:8891@localhost"],
      filters: [{ name: "size-limit", dryRun: false }, { name: "dkim-check", dryRun: false }],
    }],
  });
}

function startedService(): ServiceState {
  return { ...quietService(), startedAt: SAMPLE_TIME - 38_000, workers: undefined, connections: 2 };
}

function troubledService(): ServiceState {
  return service({
    limits: [],
    custom: [],
    workers: { wanted: 4, ready: 2, restarts: 5, lost: 3, turnedAway: 12, acceptFailures: 1 },
    reload: {
      at: SAMPLE_TIME - 500_000,
      failure: `milterkit.toml:14:3: unknown key "on-eror"; did you mean "on-error"?`,
    },
    listeners: [{
      addresses: ["inet:8891@localhost"],
      filters: [{ name: "dkim-check", dryRun: false }, { name: "milter", dryRun: false }],
    }],
  });
}

function hostileMail(): MailLog {
  const text = (i: number) => HOSTILE_TEXTS[i % HOSTILE_TEXTS.length]!.slice(0, 300);
  return mailLog(
    HOSTILE_TEXTS.map((_, i) =>
      entry({
        id: `h-${i}`,
        outcome: "reject",
        queueId: text(i),
        messageId: text(i),
        client: text(i),
        helo: text(i),
        login: text(i),
        sender: text(i),
        recipients: Array.from({ length: 10 }, (_, j) => text(i + j)),
        refused: [{ recipient: text(i), outcome: "reject", filter: text(i), reply: text(i) }],
        reply: text(i),
        filter: text(i),
        labels: [text(i)],
        results: [{ method: "dkim", result: text(i), domain: text(i), selector: text(i), reason: text(i) }],
        filters: [{
          name: text(i),
          milliseconds: 1,
          verdicts: [{ event: "eom", verdict: text(i), reply: text(i) }],
          changes: [text(i)],
          remarks: [text(i)],
          errors: [{ event: "eom", error: text(i), onError: "tempfail", line: `h-${i}l` }],
        }],
        lines: [`h-${i}l`],
      })
    ),
    HOSTILE_TEXTS.map((_, i) => ({
      id: `h-${i}l`,
      at: "2026-03-14T09:26:50.000Z",
      level: "error" as const,
      text: text(i),
      queueId: text(i),
    })),
  );
}
