import assert from "node:assert/strict";
import { test } from "node:test";
import { Reply } from "../../lib/protocol/constants.ts";
import { MacroStore } from "../../lib/protocol/macros.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { join, negotiated, packet, steps } from "./support.ts";

const CONNECT = packet("C", "h\0U");
const HELO = packet("H", "h\0");
const MAIL = packet("M", "<>\0");
const RCPT = packet("R", "<b>\0");
const DATA = packet("T");
const EOM = packet("E");
const ABORT = packet("A");
const QUIT_NC = packet("K");

function store(pairs: string, command = "M"): MacroStore {
  const macros = new MacroStore();
  macros.set(command.charCodeAt(0), toBytes(pairs), 0, toBytes(pairs).length);
  return macros;
}

test("names are found with and without braces, however they came", () => {
  const macros = store("i\x00Q1\0{mail_addr}\0a@b\0plain\0yes\0{j}\0mx\0");
  for (const [name, value] of [["i", "Q1"], ["mail_addr", "a@b"], ["plain", "yes"], ["j", "mx"]] as const) {
    assert.equal(macros.get(name), value);
    assert.equal(macros.get(`{${name}}`), value);
  }
});

test("a name is found whole, in its spelling, and not by a part of it", () => {
  const macros = store("{mail_addr}\0a@b\0{abc}\0v\0");
  for (const name of ["mail", "MAIL_ADDR", "mail_addr2", "ab", ""]) {
    assert.equal(macros.get(name), undefined, name);
  }
});

test("a name that lacks its closing brace is not taken for another", () => {
  for (const name of ["ope", "open"]) assert.equal(store("{open\0w\0").get(name), undefined, name);
});

test("an empty value is a value", () => {
  assert.equal(store("{auth_type}\0\0i\0Q\0").get("auth_type"), "");
  assert.equal(store("{auth_type}\0\0i\0Q\0").get("i"), "Q");
});

test("a name without a value, at an odd count, has an empty one", () => {
  assert.equal(store("i\0Q1\0{x}\0").get("x"), "");
  assert.equal(store("i\0Q1\0{x}").get("x"), "");
  assert.equal(store("i\0Q1\0{x}").get("i"), "Q1");
  assert.equal(store("i\0Q1").get("i"), "Q1");
});

test("a packet without pairs gives nothing, and takes the stage's earlier ones away", () => {
  const macros = store("");
  assert.equal(macros.get("i"), undefined);
  assert.equal(macros.all().size, 0);
  macros.set(0x4d, toBytes("i\0Q\0"), 0, 4);
  macros.set(0x4d, toBytes(""), 0, 0);
  assert.equal(macros.get("i"), undefined);
});

test("a shorter list leaves nothing of a longer one before it", () => {
  const macros = store("i\0Q1\0{mail_addr}\0somebody@example.org\0");
  macros.set(0x4d, toBytes("i\0Q2\0"), 0, 5);
  assert.equal(macros.get("i"), "Q2");
  assert.equal(macros.get("mail_addr"), undefined);
  assert.deepEqual([...macros.all()], [["i", "Q2"]]);
});

test("the latest stage that has a macro gives its value", () => {
  const macros = new MacroStore();
  for (
    const [command, value] of [["M", "mail"], ["C", "connect"], ["E", "eom"], ["R", "rcpt"], [
      "H",
      "helo",
    ]] as const
  ) {
    const pairs = toBytes(`v\0${value}\0${command}\0yes\0`);
    macros.set(command.charCodeAt(0), pairs, 0, pairs.length);
  }
  assert.equal(macros.get("v"), "eom");
  assert.equal(macros.all().get("v"), "eom");
  assert.equal(macros.get("C"), "yes");
});

test("macros for a command that nobody knows are dropped", () => {
  assert.equal(store("i\0Q\0", "Z").all().size, 0);
});

test("values keep their bytes apart from the packet they came in", () => {
  const bytes = toBytes("i\0Q1\0");
  const macros = new MacroStore();
  macros.set(0x4d, bytes, 0, bytes.length);
  bytes.fill(0x78);
  assert.equal(macros.get("i"), "Q1");
});

test("macros of the connection outlive the message, those of the message do not", () => {
  const session = negotiated();
  steps(session, join(packet("D", "Cj\0mx\0"), CONNECT, packet("D", "H{tls_version}\0TLSv1.3\0"), HELO));
  const events = { M: MAIL, R: RCPT, T: DATA, L: packet("L", "A\0b\0"), N: packet("N"), B: packet("B", "x") };
  for (const [letter, event] of Object.entries(events)) {
    steps(session, join(packet("D", `${letter}${letter}\0yes\0`), event));
  }
  assert.deepEqual(Object.keys(events).map((name) => session.macros.get(name)), new Array(6).fill("yes"));
  steps(session, join(packet("D", "EE\0yes\0"), EOM));
  assert.deepEqual([...session.macros.all().keys()], ["j", "tls_version"]);
});

for (
  const [how, end, verdict] of [
    ["an abort", ABORT, Reply.CONTINUE],
    ["a verdict", RCPT, Reply.DISCARD],
  ] as const
) {
  test(`macros of the message end with ${how}`, () => {
    const session = negotiated();
    steps(session, join(CONNECT, packet("D", "Mi\0Q1\0"), MAIL));
    assert.equal(session.macros.get("i"), "Q1");
    steps(session, end, () => verdict);
    assert.equal(session.macros.get("i"), undefined);
  });
}

for (
  const [where, before] of [
    ["in a message", [packet("D", "Mi\0Q1\0"), MAIL, RCPT]],
    // Postfix sends an abort behind every finished message, too.
    ["between messages", [packet("D", "Mi\0Q1\0")]],
  ] as const
) {
  test(`an abort ${where} leaves the macros of the connection`, () => {
    const session = negotiated();
    steps(session, join(packet("D", "Cj\0mx\0"), CONNECT, packet("D", "H{tls_version}\0TLSv1.3\0"), HELO));
    steps(session, join(...before, ABORT));
    assert.deepEqual([...session.macros.all()], [["j", "mx"], ["tls_version", "TLSv1.3"]]);
    // The step behind the abort is where macros go that have had their time.
    steps(session, join(packet("D", "Mi\0Q2\0"), MAIL));
    assert.deepEqual(["j", "tls_version", "i"].map((name) => session.macros.get(name)), [
      "mx",
      "TLSv1.3",
      "Q2",
    ]);
  });
}

test("a rejected recipient does not end the message's macros", () => {
  const session = negotiated();
  steps(session, join(CONNECT, packet("D", "Mi\0Q1\0"), MAIL));
  steps(session, RCPT, () => Reply.REJECT);
  assert.equal(session.macros.get("i"), "Q1");
});

test("QUIT_NC takes every macro away", () => {
  const session = negotiated();
  steps(session, join(packet("D", "Cj\0mx\0"), CONNECT, packet("D", "Mi\0Q1\0"), MAIL, QUIT_NC));
  assert.equal(session.macros.all().size, 0);
});

test("the macros for a MAIL that cuts a message short are its own", () => {
  const session = negotiated();
  steps(session, join(CONNECT, packet("D", "Mi\0Q1\0"), MAIL, packet("D", "R{rcpt_addr}\0b\0i\0Q1\0"), RCPT));
  assert.deepEqual(steps(session, join(packet("D", "Mi\0Q2\0"), MAIL)), ["abort", "mail"]);
  assert.equal(session.macros.get("i"), "Q2");
  assert.equal(session.macros.get("rcpt_addr"), undefined);
});

test("macros are still there while the abort that ends their message is at hand", () => {
  const session = negotiated();
  steps(session, join(CONNECT, packet("D", "Mi\0Q1\0"), MAIL));
  session.receive(ABORT);
  assert.equal(session.next(), true);
  assert.equal(session.macros.get("i"), "Q1");
  session.next();
  assert.equal(session.macros.get("i"), undefined);
});

test("macros of the connection are still there while its close is at hand", () => {
  const session = negotiated();
  steps(session, join(packet("D", "Cj\0mx\0"), CONNECT));
  session.receive(QUIT_NC);
  assert.equal(session.next(), true);
  assert.equal(session.macros.get("j"), "mx");
  session.next();
  assert.equal(session.macros.get("j"), undefined);
});
