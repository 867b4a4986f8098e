import assert from "node:assert/strict";
import { test } from "node:test";
import { ActionFlag, ProtocolFlag, protocolFlagsOfVersion } from "../../lib/protocol/constants.ts";
import { commands, decode, replies } from "../../lib/protocol/codec.ts";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { FilterSession } from "../../lib/protocol/filter_session.ts";
import { agree } from "../../lib/protocol/negotiate.ts";
import { encoded, text } from "./support.ts";

const ALL_BITS = 0xffffffff;

for (
  const [offered, version, protocol] of [[2, 2, 0x7f], [3, 3, 0x17f], [4, 4, 0x37f], [5, 5, 0x37f], [
    6,
    6,
    0x1fffff,
  ]] as const
) {
  test(`an MTA of version ${offered} is answered version ${version} with bits of that version alone`, () => {
    assert.equal(protocolFlagsOfVersion(offered), protocol);
    const agreed = agree({ version: offered, actions: 0x1ff, protocol }, { actions: 0, protocol: 0x1fffff });
    assert.equal(agreed.version, version);
    assert.equal(agreed.protocol, protocol);
  });

  test(`bits that version ${offered} does not have are not asked for, even where they were offered`, () => {
    const agreed = agree({ version: offered, actions: 0x1ff, protocol: 0x1fffff }, {
      actions: 0,
      protocol: 0x1fffff,
    });
    assert.equal(agreed.protocol, protocol);
  });
}

test("an MTA of a newer version is answered 6", () => {
  const agreed = agree({ version: 7, actions: ALL_BITS, protocol: ALL_BITS }, {
    actions: 1,
    protocol: 0x1fffff,
  });
  assert.deepEqual(agreed, { version: 6, actions: 1, protocol: 0x1fffff, macros: {} });
});

for (const version of [0, 1]) {
  test(`an MTA of version ${version} is too old`, () => {
    assert.throws(
      () => agree({ version, actions: 0x1ff, protocol: 0x7f }, { actions: 0, protocol: 0 }),
      (error: ProtocolError) =>
        error instanceof ProtocolError && error.code === "negotiation-failed" && error.value === version &&
        error.message.includes(`version ${version}`),
    );
  });
}

test("what was not offered is never asked for, bit by bit", () => {
  for (let bit = 1; bit <= 0x20000000; bit *= 2) {
    const offer = { version: 6, actions: 0x1ff, protocol: (0x301fffff & ~bit) >>> 0 };
    const agreed = agree(offer, { actions: 0, protocol: 0x301fffff });
    assert.equal(agreed.protocol, offer.protocol);
  }
});

test("what nobody needs is not asked for", () => {
  const agreed = agree({ version: 6, actions: 0x1ff, protocol: 0x301fffff }, { actions: 0, protocol: 0 });
  assert.deepEqual(agreed, { version: 6, actions: 0, protocol: 0, macros: {} });
});

for (const [name, bit] of Object.entries(ActionFlag)) {
  test(`${name} that is needed and not offered fails, by its name`, () => {
    assert.throws(
      () => agree({ version: 6, actions: 0x1ff & ~bit, protocol: 0 }, { actions: bit, protocol: 0 }),
      (error: ProtocolError) =>
        error.code === "negotiation-failed" && error.value === bit &&
        error.message.includes(name.toLowerCase().replaceAll("_", " ")),
    );
  });
}

const MACROS = { connect: ["j", "{if_addr}"], rcpt: ["rcpt_addr", "i"] };

test("macro lists are asked for together with the action that allows them", () => {
  const agreed = agree({ version: 6, actions: 0x1ff, protocol: 0 }, {
    actions: 0,
    protocol: 0,
    macros: MACROS,
  });
  assert.equal(agreed.actions, ActionFlag.SET_SYMBOL_LIST);
  assert.deepEqual(agreed.macros, MACROS);
});

for (
  const [why, offer] of [
    ["the MTA does not offer them", { version: 6, actions: 0xff, protocol: 0 }],
    ["the version does not have them", { version: 4, actions: 0x1ff, protocol: 0 }],
  ] as const
) {
  test(`macro lists are done without where ${why}`, () => {
    const agreed = agree(offer, { actions: 0, protocol: 0, macros: MACROS });
    assert.equal(agreed.actions, 0);
    assert.deepEqual(agreed.macros, {});
  });
}

test("the answer to the offer carries the terms and the lists, with braces where they belong", () => {
  const session = new FilterSession();
  session.receive(encoded(commands.optneg, { version: 6, actions: 0x1ff, protocol: 0x1fffff }));
  assert.equal(session.next(), true);
  assert.equal(session.event, "negotiate");
  assert.deepEqual(session.offer, { version: 6, actions: 0x1ff, protocol: 0x1fffff });
  session.answerNegotiation({ actions: 1, protocol: ProtocolFlag.NO_HELO | 0x20000000, macros: MACROS });
  const bytes = session.takeOutput();
  const { version, actions, protocol, lists } = decode(replies.optneg, bytes, 5, bytes.length);
  assert.deepEqual([version, actions, protocol], [6, 0x101, ProtocolFlag.NO_HELO]);
  assert.deepEqual(lists.map(({ stage, names }) => [stage, text(names)]), [[0, "j {if_addr}"], [
    3,
    "{rcpt_addr} i",
  ]]);
});

test("connections with the same needs share the answer to the same offer, and get their own to another", () => {
  const needs = { actions: 1, protocol: ProtocolFlag.NO_HELO, macros: MACROS };
  const answerTo = (protocol: number) => {
    const session = new FilterSession();
    session.receive(encoded(commands.optneg, { version: 6, actions: 0x1ff, protocol }));
    session.next();
    const agreement = session.answerNegotiation(needs);
    const bytes = session.takeOutput();
    return { agreement, answer: decode(replies.optneg, bytes, 5, bytes.length).protocol };
  };
  const first = answerTo(0x1fffff);
  assert.equal(first.answer, ProtocolFlag.NO_HELO);
  assert.equal(answerTo(0x1fffff).agreement, first.agreement);
  assert.equal(answerTo(0).answer, 0);
  assert.equal(answerTo(0x1fffff).answer, ProtocolFlag.NO_HELO);
});

test("an offer that cannot be agreed to throws and leaves nothing to send", () => {
  const session = new FilterSession();
  session.receive(encoded(commands.optneg, { version: 1, actions: 0, protocol: 0 }));
  session.next();
  assert.throws(() => session.answerNegotiation({ actions: 0, protocol: 0 }), ProtocolError);
  assert.equal(session.agreement, undefined);
  assert.equal(session.outputLength, 0);
});

test("an answer without an offer is an error", () => {
  assert.throws(() => new FilterSession().answerNegotiation({ actions: 0, protocol: 0 }), /no offer/);
});

test("larger packets are read once they were agreed on, and not before", () => {
  const body = encoded(commands.body, { chunk: new Uint8Array(100_000) });
  for (const asked of [0, ProtocolFlag.MAX_DATA_256K]) {
    const session = new FilterSession();
    session.receive(encoded(commands.optneg, { version: 6, actions: 0, protocol: 0x101fffff }));
    session.next();
    session.answerNegotiation({ actions: 0, protocol: asked });
    session.receive(encoded(commands.mail, { address: new Uint8Array(1), args: [] }));
    session.next();
    session.answer(0x63);
    session.receive(body);
    if (asked) assert.equal(session.next(), true);
    else assert.throws(() => session.next(), ProtocolError);
  }
});
