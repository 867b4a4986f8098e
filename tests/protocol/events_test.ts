import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ANSWERED_EVENTS,
  commandOf,
  CONNECTION_EVENTS,
  CONTENT_EVENTS,
  EventBit,
  eventOf,
  MESSAGE_EVENTS,
  specOf,
} from "../../lib/protocol/events.ts";

test("events have the letters, bits and stages of libmilter", () => {
  // SMFIC_*, SMFIP_NO*, SMFIP_NR_*, the version that brought them, SMFIM_*: mfdef.h and mfapi.h.
  const rows = ANSWERED_EVENTS.map(({ name, command, no, nr, since, macros }) =>
    `${name} ${String.fromCharCode(command)} ${no.toString(16)} ${nr.toString(16)} ${since} ${macros}`
  );
  assert.deepEqual(rows, [
    "connect C 1 1000 2 connect",
    "helo H 2 2000 2 helo",
    "mail M 4 4000 2 mail",
    "rcpt R 8 8000 2 rcpt",
    "data T 200 10000 4 data",
    "header L 20 80 2 eoh",
    "eoh N 40 40000 2 eoh",
    "body B 10 80000 2 eom",
    "eom E 0 0 2 eom",
    "unknown U 100 20000 3 undefined",
  ]);
});

test("an event's bit is above those of the events before it", () => {
  const bits = ANSWERED_EVENTS.map(({ bit }) => bit);
  assert.deepEqual(bits, bits.map((_, i) => 2 ** i));
  for (const { name, bit } of ANSWERED_EVENTS) assert.equal(EventBit[name], bit, name);
});

test("each event belongs to a connection, a message, or neither", () => {
  const named = (bits: number) => ANSWERED_EVENTS.filter(({ bit }) => bit & bits).map(({ name }) => name);
  assert.deepEqual(named(CONNECTION_EVENTS), ["connect", "helo"]);
  assert.deepEqual(named(CONTENT_EVENTS), ["header", "eoh", "body"]);
  assert.deepEqual(named(MESSAGE_EVENTS), ["mail", "rcpt", "data", "header", "eoh", "body", "eom"]);
});

test("events are found by name and by command", () => {
  assert.equal(specOf("eom"), eventOf(0x45));
  assert.equal(specOf("abort"), undefined);
  assert.equal(eventOf(0x41), undefined, "ABORT is never answered");
  assert.equal(commandOf("rcpt"), 0x52);
  assert.equal(commandOf("close"), -1);
});
