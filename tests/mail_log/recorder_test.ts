// What a process keeps of the events of its servers.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { latin1Bytes, utf8Text } from "../../lib/message/text.ts";
import { reject, tempfail } from "../../lib/filter/verdict.ts";
import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { tellLine } from "../../cli/log/heard_lines.ts";
import { decodeEntry } from "../../cli/observe/mail_log/compact_entry.ts";
import type { LogLine, MailEntry } from "../../cli/observe/mail_log/entry.ts";
import { MailLog, type MailLogReport } from "../../cli/observe/mail_log/mail_log.ts";
import { MailLogRecorder } from "../../cli/observe/mail_log/recorder.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";
import { at, present } from "../support/present.ts";
import { FIRST, query } from "./support.ts";

/** A report of a message; what is not said is as usual. */
function report(parts: Partial<MessageReport> = {}): MessageReport {
  return {
    queueId: "4Xyz",
    client: "192.0.2.1",
    sender: "ann@example.net",
    recipients: ["ben@example.org"],
    outcome: "accept",
    event: "eom",
    notes: [],
    labels: [],
    filters: [],
    milliseconds: 1.26,
    ...parts,
  };
}

const message = (parts: Partial<MessageReport> = {}, connection = 1): ServerEvent => ({
  type: "message",
  connection,
  report: report(parts),
});
const connected = (connection: number): ServerEvent => ({ type: "connected", connection, peer: "unix" });
const failure = (connection: number): ServerEvent => ({
  type: "filter-error",
  connection,
  queueId: undefined,
  filter: "judge",
  event: "mail",
  error: new Error("told to"),
  onError: "accept",
});

/** Writes a line to the log, for those who hear it. */
function write(text: string, level: "debug" | "info" | "warning" | "error" = "error", type?: string): void {
  tellLine({
    level,
    text,
    timestamp: FIRST,
    type,
    stack: undefined,
    properties: () => ({ type }),
  });
}

/** What a recorder has to report after its work. */
function recorded(work: (recorder: MailLogRecorder) => void, worker?: number): MailLogReport | undefined {
  const recorder = new MailLogRecorder(worker, () => FIRST);
  try {
    work(recorder);
    return recorder.take();
  } finally {
    recorder.close();
  }
}

function entries(work: (recorder: MailLogRecorder) => void): MailEntry[] {
  return (recorded(work)?.messages ?? []).map(({ text }) => decodeEntry(text));
}

function lines(work: (recorder: MailLogRecorder) => void, worker?: number): LogLine[] {
  return (recorded(work, worker)?.lines ?? []).map(({ text }) => JSON.parse(text));
}

describe("a message", () => {
  test("has its way through the chain, filter by filter", async () => {
    const filters: AnyFilter[] = [
      {
        name: "first",
        changes: ["addHeader"],
        rcpt: ({ address }) => address.startsWith("no-") ? reject(550, "5.7.1", "Not this one") : undefined,
        eom(message, context) {
          context.remark("seen");
          context.label("big");
          message.addHeader("X-Seen", "yes");
        },
      },
      dryRun({ name: "second", eom: () => tempfail(451, "4.7.1", "Later") }),
      { name: "silent", eom() {} },
    ];
    let events: readonly ServerEvent[] = [];
    await served(filters, async (server) => {
      events = server.events;
      const client = await server.open();
      await client.message(MESSAGE, { from: "a@example.org", to: ["b@example.net", "no-c@example.net"] });
    });
    const [entry] = entries((recorder) => {
      for (const event of events) recorder.record(event);
    });
    const { filters: parts, ...whole } = present(entry, "an entry");
    assert.deepEqual(
      parts.map(({ milliseconds, ...part }) => ({ timed: milliseconds !== undefined, ...part })),
      [
        {
          timed: true,
          name: "first",
          verdicts: [{
            event: "rcpt",
            verdict: "reject",
            recipient: "no-c@example.net",
            reply: "550 5.7.1 Not this one",
          }],
          changes: ["add X-Seen"],
          remarks: ["seen"],
          errors: [],
        },
        {
          timed: true,
          name: "second",
          dryRun: true,
          verdicts: [{ event: "eom", verdict: "tempfail", reply: "451 4.7.1 Later" }],
          changes: [],
          remarks: [],
          errors: [],
        },
        { timed: true, name: "silent", verdicts: [], changes: [], remarks: [], errors: [] },
      ],
    );
    assert.deepEqual([whole.outcome, whole.labels, whole.recipients], ["accept", ["big"], ["b@example.net"]]);
    assert.deepEqual(whole.refused, [{
      recipient: "no-c@example.net",
      outcome: "reject",
      filter: "first",
      reply: "550 5.7.1 Not this one",
    }]);
  });

  test("has what identifies it, and nothing that is unknown", () => {
    const [full, bare] = entries((recorder) => {
      recorder.record(message({
        helo: "client.example",
        login: "ann",
        listener: "inet:8891@localhost",
        tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
        messageId: "one@example.net",
        size: 1234,
        held: "odd",
        results: [{
          method: "dkim",
          result: "pass",
          properties: [{ ptype: "header", property: "d", value: "Example.NET" }],
        }],
      }));
      recorder.record(message({ queueId: undefined, client: undefined, sender: undefined }));
    });
    const { id, lines, filters, refused, moreRefused, moreRecipients, ...rest } = present(full, "the first");
    assert.match(id, /^[a-z\d]+-0$/);
    assert.deepEqual([lines, filters, refused, moreRefused, moreRecipients], [[], [], [], 0, 0]);
    assert.deepEqual(rest, {
      at: "2030-01-31T12:00:00.000Z",
      of: "message",
      outcome: "accept",
      held: "odd",
      queueId: "4Xyz",
      messageId: "one@example.net",
      client: "192.0.2.1",
      helo: "client.example",
      login: "ann",
      tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
      listener: "inet:8891@localhost",
      sender: "ann@example.net",
      recipients: ["ben@example.org"],
      size: 1234,
      event: "eom",
      labels: [],
      results: [{ method: "dkim", result: "pass", domain: "example.net" }],
      milliseconds: 1.3,
    });
    assert.deepEqual(
      Object.keys(present(bare, "the second")).filter((name) => name in rest && !(name in bare!)),
      [],
    );
    assert.ok(!("client" in bare!) && !("sender" in bare!) && !("queueId" in bare!));
  });

  test("is small, whatever it has", () => {
    const long = "x".repeat(5000);
    const note = (i: number): FilterNote => ({
      filter: `filter-${i % 100}`,
      event: "rcpt",
      verdict: "reject",
      reply: `550 ${long}`,
      recipient: long,
      remark: long,
      changes: [long, long],
    });
    const kept = present(
      recorded((recorder) =>
        recorder.record(message({
          queueId: long,
          client: long,
          helo: long,
          sender: long,
          recipients: Array(1000).fill(long),
          notes: Array.from({ length: 1000 }, (_, i) => note(i)),
          labels: Array(1000).fill(long),
          reply: long,
        }))
      ),
      "a report",
    );
    const { text } = at(kept.messages, 0);
    assert.ok(text.length < 40_000, `${text.length} characters`);
    const entry = decodeEntry(text);
    assert.deepEqual(
      [entry.cut, entry.moreRecipients, entry.moreRefused, entry.filters.length],
      [true, 990, 990, 64],
    );
    assert.equal(entry.sender?.length, 301);
  });

  test("counts each refused recipient in its group", () => {
    const log = new MailLog(10);
    const notes = Array.from({ length: 30 }, (_, i): FilterNote => ({
      filter: "judge",
      event: "rcpt",
      verdict: "reject",
      recipient: `r${i}@example.org`,
      reply: "550 5.1.1 No such user",
    }));
    const all = {
      outcome: "reject",
      event: "rcpt",
      filter: "judge",
      reply: "550 5.1.1 No such user",
    } as const;
    log.add(
      present(
        recorded((recorder) => recorder.record(message({ notes, recipients: [], ...all }))),
        "a report",
      ),
    );
    const [group, ...others] = log.groups(query(""));
    // The message itself was refused only because all of its recipients were.
    assert.deepEqual([group?.of, group?.count, group?.reply, others], ["recipient", 30, all.reply, []]);
  });
});

describe("a refused connection", () => {
  const refused: ConnectionReport = {
    client: "192.0.2.9",
    helo: undefined,
    outcome: "tempfail",
    reply: "421 Later",
    filter: "judge",
    event: "connect",
    notes: [{ filter: "other", remark: "seen" }],
  };

  test("is kept like a message", () => {
    const [entry] = entries((recorder) =>
      recorder.record({ type: "refused", connection: 1, report: refused })
    );
    assert.deepEqual([entry?.of, entry?.outcome, entry?.client, entry?.milliseconds], [
      "connection",
      "tempfail",
      "192.0.2.9",
      undefined,
    ]);
    assert.deepEqual(entry?.filters.map(({ name }) => name), ["other", "judge"]);
  });

  test("is not there if that was only logged", () => {
    const report = { ...refused, dryRun: true };
    assert.deepEqual(entries((recorder) => recorder.record({ type: "refused", connection: 1, report })), []);
  });
});

describe("a failure of a filter", () => {
  test("is in its message, and leads to its line of the log", () => {
    const report = present(
      recorded((recorder) => {
        recorder.record(connected(1));
        recorder.record(failure(1), () => write("judge failed"));
        write("something else");
        recorder.record(message());
        recorder.record(message());
      }),
      "a report",
    );
    const [failed, next] = report.messages.map(({ text }) => decodeEntry(text));
    const line: LogLine = JSON.parse(at(report.lines, 0).text);
    assert.deepEqual([line.level, line.text], ["error", "judge failed"]);
    assert.deepEqual(failed?.lines, [line.id]);
    assert.deepEqual(failed?.filters, [{
      name: "judge",
      verdicts: [],
      changes: [],
      remarks: [],
      errors: [{ event: "mail", error: "told to", onError: "accept", line: line.id }],
    }]);
    assert.deepEqual([next?.lines, next?.filters], [[], []]);
    assert.deepEqual(report.messages.map(({ rare }) => rare), [true, false]);
  });

  test("is not in a message of another connection, another server, or a connection that came later", () => {
    const [other, elsewhere, later] = entries((recorder) => {
      recorder.record(connected(1), () => {}, 0);
      recorder.record(failure(1), () => write("failed"), 0);
      recorder.record(message({}, 2), () => {}, 0);
      recorder.record(message({}, 1), () => {}, 1);
      recorder.record({ type: "disconnected", connection: 1, lost: false }, () => {}, 0);
      recorder.record(message({}, 1), () => {}, 0);
    });
    assert.deepEqual([other?.lines, elsewhere?.lines, later?.lines], [[], [], []]);
  });

  test("after the end of its connection is only logged, and nothing is remembered of it", () => {
    const report = present(
      recorded((recorder) => {
        recorder.record(connected(1));
        recorder.record({ type: "disconnected", connection: 1, lost: true });
        recorder.record(failure(1), () => write("failed late"));
        // What is remembered of a connection shows in its next message.
        recorder.record(message());
      }),
      "a report",
    );
    const entry = decodeEntry(at(report.messages, 0).text);
    assert.deepEqual([entry.lines, entry.filters], [[], []]);
    assert.equal(JSON.parse(at(report.lines, 0).text).text, "failed late");
  });

  test("has no line where the log leaves out errors", () => {
    const [entry] = entries((recorder) => {
      recorder.record(connected(1));
      recorder.record(failure(1));
      recorder.record(message());
    });
    assert.deepEqual(entry?.filters[0]?.errors, [{ event: "mail", error: "told to", onError: "accept" }]);
  });
});

describe("lines of the log", () => {
  test("are kept but for debugging and messages, with their worker", () => {
    const kept = lines(() => {
      write("a", "debug");
      write("b", "info");
      write("c", "info", "message");
      write("d", "info", "refused");
      write("e", "warning", "idle");
    }, 3);
    assert.deepEqual(kept.map(({ id: _, ...line }) => line), [
      { at: "2030-01-31T12:00:00.000Z", level: "info", text: "b", worker: 3 },
      { at: "2030-01-31T12:00:00.000Z", level: "warning", text: "e", type: "idle", worker: 3 },
    ]);
  });

  test("are not heard any more after the end", () => {
    const recorder = new MailLogRecorder();
    recorder.close();
    write("too late");
    assert.equal(recorder.take(), undefined);
  });
});

test("a burst keeps the last of what happened within a second, and says how much it left out", () => {
  const report = present(
    recorded((recorder) => {
      for (let i = 0; i < 10_000; i++) {
        recorder.record(message({ queueId: `q${i}` }));
        write(`line ${i}`);
      }
    }),
    "a report",
  );
  assert.deepEqual([report.messages.length, report.missed, report.lines.length], [2000, 8000, 500]);
  assert.equal(JSON.parse(present(report.messages.at(-1), "the last").text).queueId, "q9999");
  assert.equal(JSON.parse(present(report.lines.at(-1), "the last").text).text, "line 9999");
});

test("bytes that are not UTF-8 are found as they are shown", () => {
  const log = new MailLog(10);
  const sender = utf8Text(latin1Bytes("J\xfcrgen@example.net"));
  log.add(present(recorded((recorder) => recorder.record(message({ sender }))), "a report"));
  const [found] = log.search(query("from=j\u00fcrgen")).found;
  assert.equal(found?.sender, "J\u00fcrgen@example.net");
});

test("ids differ between processes and recorders", () => {
  const ids = [1, 2, 3].map((i) => {
    const recorder = new MailLogRecorder(undefined, () => FIRST + i);
    recorder.record(message());
    recorder.close();
    return recorder.take()?.messages[0]?.id;
  });
  assert.equal(new Set(ids).size, 3);
});
