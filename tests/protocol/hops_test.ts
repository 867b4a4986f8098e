// How a service says with its offer which services a connection came through, and how that is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "../../lib/protocol/constants.ts";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { FilterSession } from "../../lib/protocol/filter_session.ts";
import { hopsMacro, readHops } from "../../lib/protocol/hops.ts";
import { MtaSession } from "../../lib/protocol/mta_session.ts";
import { encodeReply } from "../../lib/protocol/reply.ts";
import { latin1Bytes, toBytes } from "../../lib/protocol/text.ts";
import { join } from "./support.ts";

const NEEDS = { actions: 0, protocol: 0 };

test("hops come with the offer, and are no macro of the MTA's", () => {
  const mta = new MtaSession();
  mta.negotiate(["one", "two"]);
  const filter = new FilterSession();
  filter.receive(mta.takeOutput());
  assert.ok(filter.next());
  assert.equal(filter.event, "negotiate");
  assert.deepEqual(filter.hops, ["one", "two"]);
  filter.answerNegotiation(NEEDS);
  mta.receive(filter.takeOutput());
  assert.equal(mta.next()?.type, "negotiated");
  assert.equal(filter.next(), false);
  assert.deepEqual([...filter.macros.all()], []);
  mta.macros("connect", { j: "mx" });
  mta.connect({ hostname: "a", family: "unknown" });
  filter.receive(mta.takeOutput());
  assert.ok(filter.next());
  assert.deepEqual([...filter.macros.all()], [["j", "mx"]]);
});

test("an offer without hops is as every MTA's", () => {
  const [with0, without] = [new MtaSession(), new MtaSession()];
  with0.negotiate([]);
  without.negotiate();
  const bytes = without.takeOutput();
  assert.deepEqual(with0.takeOutput(), bytes);
  const filter = new FilterSession();
  filter.receive(bytes);
  assert.ok(filter.next());
  assert.deepEqual(filter.hops, []);
});

test("hops that come behind the offer, in pieces, are found once they are whole", () => {
  const mta = new MtaSession();
  mta.negotiate(["one"]);
  const bytes = mta.takeOutput();
  const filter = new FilterSession();
  filter.receive(bytes.subarray(0, 17));
  assert.ok(filter.next());
  assert.deepEqual(filter.hops, []);
  for (let at = 17; at < bytes.length; at++) {
    filter.lookForHops();
    assert.deepEqual(filter.hops, [], `${at}`);
    filter.receive(bytes.subarray(at, at + 1));
  }
  filter.lookForHops();
  assert.deepEqual(filter.hops, ["one"]);
});

test("what cannot be a packet behind the offer is an error of the next step, not of the offer", () => {
  const mta = new MtaSession();
  mta.negotiate();
  const offer = mta.takeOutput();
  for (const [length, code] of [[0, "packet-empty"], [0x7fffffff, "packet-too-long"]] as const) {
    const behind = new Uint8Array(5);
    new DataView(behind.buffer).setUint32(0, length);
    behind[4] = Command.MACRO;
    const filter = new FilterSession();
    filter.receive(join(offer, behind));
    assert.ok(filter.next());
    assert.equal(filter.event, "negotiate");
    filter.lookForHops();
    assert.deepEqual(filter.hops, []);
    filter.answerNegotiation(NEEDS);
    assert.throws(() => filter.next(), { name: "ProtocolError", code });
  }
});

test("only a macro of this name is hops", () => {
  const read = (text: string) => readHops(toBytes(text), 0, toBytes(text).length);
  assert.deepEqual(read("C{milterkit_hops}\0a b\0"), ["a", "b"]);
  assert.deepEqual(read("C{milterkit_hops}\0\0"), []);
  assert.deepEqual(read("C{milterkit_hops}\0a"), ["a"]);
  for (
    const text of [
      "",
      "C",
      "Cj\0mx\0",
      "H{milterkit_hops}\0a\0",
      "C{milterkit_hopsx}\0a\0",
      "C{milterkit_hops}",
    ]
  ) {
    assert.equal(read(text), undefined, text);
  }
  assert.deepEqual(hopsMacro(["a", "b"]), { milterkit_hops: "a b" });
});

test("a reply in place of negotiating is taken from who was sent hops, and from nobody else", () => {
  const refusal = () => {
    const filter = new FilterSession();
    const opening = new MtaSession();
    opening.negotiate();
    filter.receive(opening.takeOutput());
    filter.next();
    filter.answerReply(encodeReply({ code: 451, enhanced: "4.4.6", lines: ["Milter loop"] }));
    return filter.takeOutput();
  };
  const mta = new MtaSession();
  mta.negotiate(["one"]);
  mta.receive(refusal());
  const reply = mta.next();
  assert.deepEqual(reply, {
    type: "answer",
    answer: { verdict: "tempfail", reply: { code: 451, enhanced: "4.4.6", lines: ["Milter loop"] } },
  });
  const other = new MtaSession();
  other.negotiate();
  other.receive(refusal());
  assert.throws(() => other.next(), { name: "ProtocolError", code: "packet-unexpected" });
});

test("a malformed packet behind the offer is an error at its own turn, not where hops are looked for", () => {
  for (const head of ["\x7f\xff\xff\xff", "\0\x01\0\x02", "\0\0\0\0"]) {
    const filter = new FilterSession();
    const mta = new MtaSession();
    mta.negotiate();
    filter.receive(mta.takeOutput());
    assert.ok(filter.next());
    filter.receive(latin1Bytes(`${head}DC`));
    filter.lookForHops();
    assert.deepEqual(filter.hops, []);
    filter.answerNegotiation(NEEDS);
    assert.throws(() => filter.next(), ProtocolError);
  }
});
