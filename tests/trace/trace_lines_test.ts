// What a trace looks like: lines for people, and records behind them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TracedConnection } from "../../cli/commands/trace/traced_connection.ts";
import { TraceLines } from "../../cli/commands/trace/trace_lines.ts";
import type { TraceRecord } from "../../cli/traces/trace_format.ts";
import type { Side } from "../../lib/protocol/describe_packet.ts";
import { join, packet } from "../protocol/support.ts";
import { terms } from "../replay/raw_milter.ts";
import { at } from "../support/present.ts";

/** A connection whose clock the test sets, and what is told of it. */
class Watched {
  now = 0;
  readonly records: TraceRecord[] = [];
  readonly connection = new TracedConnection(1, "192.0.2.1:99", () => this.now, (record) => {
    this.records.push(record);
  });

  say(side: Side, ...packets: Uint8Array[]): void {
    this.connection.bytes(side, join(...packets));
  }

  lines(bodyBytes = 0, colour = false): string[] {
    const lines = new TraceLines({ started: 0, bodyBytes, colour });
    return this.records.flatMap((record) => lines.linesOf(record));
  }

  /** Lines without time and number. */
  texts(bodyBytes = 0): string[] {
    return this.lines(bodyBytes).map((line) => line.slice(18));
  }
}

const macros = (command: string, ...pairs: string[]) =>
  packet("D", command + pairs.map((text) => `${text}\0`).join(""));

test("a session in lines", () => {
  const watched = new Watched();
  watched.say("mta", terms(0x1400));
  watched.now = 1.5;
  watched.say("milter", terms(0x80));
  const client = packet("C", "client.example\x004\x00\x19192.0.2.7\0");
  watched.say("mta", macros("C", "j", "mx.example", "{daemon_name}", "smtpd"), client);
  watched.now = 2.3;
  watched.say("milter", packet("c"));
  watched.say(
    "mta",
    macros("M", "{mail_addr}", "a@example.org"),
    packet("M", "<a@example.org>\0SIZE=1000\0"),
  );
  watched.say("milter", packet("y", "550 5.7.1 no\0"));
  watched.say("mta", packet("L", "Subject\0hello\0"), packet("B", "12345"), packet("E"));
  watched.now = 12.34;
  watched.say("milter", packet("p"), packet("h", "X-A\0one\0"), packet("i", "\0\0\0\x01X-B\0 two\0"));
  watched.say("milter", packet("m", "\0\0\0\x02X-C\0\0"), packet("b", "123"), packet("q", "why\0"));
  watched.say("milter", packet("e", "<x@y>\0RET=HDRS\0"), packet("+", "<r@y>\0"));
  watched.say("milter", packet("c"), packet("a"));
  watched.connection.ended("mta");
  watched.connection.closed();
  const all =
    "add-headers change-body add-rcpt delete-rcpt change-headers quarantine change-from add-rcpt-par " +
    "set-symbol-list";
  assert.deepEqual(watched.texts(), [
    "mta     connects from 192.0.2.1:99",
    `mta     OPTIONS version 6; actions: ${all}; protocol: skip nr-connect`,
    `milter  options version 6; actions: ${all}; protocol: nr-header   +1.5 ms`,
    "mta     CONNECT client.example 192.0.2.7:25   (j=mx.example, daemon_name=smtpd)",
    "milter  continue   +0.8 ms",
    "mta     MAIL <a@example.org> SIZE=1000   (mail_addr=a@example.org)",
    "milter  reject 550 5.7.1 no   +0.0 ms",
    "mta     HEADER Subject: hello",
    "mta     BODY 5 bytes",
    "mta     EOM",
    "milter  progress   +10.0 ms",
    // the body's own answer is due first
    "milter  add-header X-A: one   +10.0 ms",
    "milter  insert-header 1 X-B: two   +10.0 ms",
    "milter  change-header 2 X-C: (deleted)   +10.0 ms",
    "milter  replace-body 3 bytes   +10.0 ms",
    "milter  quarantine why   +10.0 ms",
    "milter  change-from <x@y> RET=HDRS   +10.0 ms",
    "milter  add-rcpt <r@y>   +10.0 ms",
    "milter  continue   +10.0 ms",
    "milter  accept   +10.0 ms",
    "mta     ends its stream",
    "        closed",
  ]);
  assert.match(at(watched.lines(), 0), /^\d\d:\d\d:\d\d\.\d{3} {3}1 {2}mta/);
  assert.match(at(watched.texts(3), 8), /^mta {5}BODY 5 bytes "123…"$/);
});

test("an answer is shown by its verdict, however the packet is called", () => {
  const watched = new Watched();
  watched.say("mta", terms(0));
  watched.say("milter", terms(0));
  for (const answer of [packet("t"), packet("y", "451 later\0"), packet("4"), packet("f")]) {
    watched.say("mta", packet("H", "x\0"));
    watched.say("milter", answer);
  }
  assert.deepEqual(watched.texts().filter((line) => line.startsWith("milter  tempfail")), [
    "milter  tempfail   +0.0 ms",
    "milter  tempfail 451 later   +0.0 ms",
    "milter  tempfail (shutdown)   +0.0 ms",
    "milter  tempfail (connection-fail)   +0.0 ms",
  ]);
});

test("macros are shown with their event, and alone where it does not come", () => {
  const watched = new Watched();
  watched.say("mta", macros("H"), macros("M", "i", "1"), packet("R", "<b>\0"), macros("T", "i", "2"));
  assert.deepEqual(watched.texts().slice(1), [
    "mta     MACROS for HELO: none",
    "mta     MACROS for MAIL: i=1",
    "mta     RCPT <b>",
  ]);
  watched.connection.closed();
  assert.deepEqual(watched.texts().slice(-2), ["mta     MACROS for DATA: i=2", "        closed"]);
});

test("what cannot be decoded is shown as such, and nothing in it reaches the terminal", () => {
  const watched = new Watched();
  watched.say("mta", packet("M", "\x1b[31m<a>"), packet("H", "\x1b]0;x\x07\u009b\0"), packet("!", "x"));
  watched.say("milter", packet("c"), packet("c"), packet("a"));
  watched.say("mta", Uint8Array.of(0, 0, 0, 0, 27));
  watched.say("milter", Uint8Array.of(0, 0, 0, 9, 27));
  watched.connection.failed("milter", new Error("broken \x1b[0m"));
  watched.connection.closed();
  const texts = watched.texts();
  // deno-lint-ignore no-control-regex -- they are what is looked for
  for (const text of texts) assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f]/);
  assert.deepEqual(texts.slice(1), [
    "mta     MAIL (8 bytes): Malformed mail packet ('M', 8 bytes): a field is cut off or lacks its NUL",
    "mta     HELO \\x1b]0;x\\x07\\x9b",
    "mta     '!' (1 bytes): there is no packet '!' of the mta",
    "milter  continue   +0.0 ms",
    "milter  continue   +0.0 ms",
    "milter  accept   (no answer is due)",
    'mta     5 bytes, not the milter protocol: a packet of length 0: "\\x00\\x00\\x00\\x00\\x1b"',
    'milter  5 bytes, the stream ends inside a packet: "\\x00\\x00\\x00\\x09\\x1b"',
    "milter  connection failed: broken \\x1b[0m",
    "        closed",
  ]);
});

test("long values are cut, and colours are only where they are asked for", () => {
  const watched = new Watched();
  watched.say("mta", packet("L", `X\0${"y".repeat(60_000)}\0`));
  const [, header = ""] = watched.texts();
  assert.ok(header.length < 500);
  assert.match(header, /… \(60000 characters\)$/);
  // deno-lint-ignore no-control-regex -- colours
  assert.match(at(watched.lines(0, true), 1), /\x1b\[36mHEADER X: y+… \(60000 characters\)\x1b\[0m/);
});

test("a part of a packet is told before the end of its stream", () => {
  const watched = new Watched();
  watched.say("mta", Uint8Array.of(0, 0));
  watched.connection.ended("mta");
  assert.deepEqual(watched.records.map(({ type }) => type), ["open", "bytes", "end"]);
});

test("the records of a side are its bytes, whatever they are", () => {
  const watched = new Watched();
  const sent: Uint8Array[] = [];
  const bytes = join(
    packet("M", "<a>\0"),
    packet("!"),
    packet("B", "x".repeat(100)),
    Uint8Array.of(0, 0, 0, 0, 1, 2),
  );
  for (let at = 0; at < bytes.length; at += 7) {
    const piece = bytes.slice(at, at + 7);
    sent.push(piece);
    watched.connection.bytes("mta", piece);
  }
  watched.connection.ended("mta");
  const recorded = watched.records.flatMap((record) => "bytes" in record ? [record.bytes] : []);
  assert.deepEqual(join(...recorded), join(...sent));
});

test("a message is under way until its end, but not in what is no packets", () => {
  const watched = new Watched();
  watched.say("mta", packet("M", "<a>\0"));
  assert.equal(watched.connection.inMessage, true);
  watched.say("mta", Uint8Array.of(0, 0, 0, 0, 0));
  assert.equal(watched.connection.inMessage, false);
});
