// What the load consists of: packets as an MTA sends them, an id of its own in each message.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeSample } from "../../cli/commands/bench/sample.ts";
import { type Burst, makeScript, withQueueId } from "../../cli/commands/bench/script.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { FrameDecoder } from "../../lib/protocol/frame_decoder.ts";
import { latin1Text, toBytes } from "../../lib/protocol/text.ts";
import { at } from "../support/present.ts";

const ID = "0A1B2C3D4E5F";

/** The packets of a burst: letter and payload. */
function packetsOf(burst: Burst, id: string = ID): { command: string; payload: string }[] {
  const decoder = new FrameDecoder();
  const packets: { command: string; payload: string }[] = [];
  for (const piece of burst.pieces) {
    decoder.push(withQueueId(piece, toBytes(id)));
    while (decoder.next()) {
      packets.push({
        command: String.fromCharCode(decoder.command),
        payload: latin1Text(decoder.bytes.subarray(decoder.start, decoder.end)),
      });
    }
  }
  assert.equal(decoder.buffered, 0);
  return packets;
}

const scriptOf = (protocol: number, sample = makeSample(1000, 3, 2, ID)) =>
  makeScript({ version: 6, actions: 0, protocol, lists: [] }, sample, ID);
const letters = (bursts: readonly Burst[]) =>
  bursts.map((burst) => packetsOf(burst).map(({ command }) => command).join(""));

describe("makeScript", () => {
  it("waits after each event that is answered", () => {
    const { first, next } = scriptOf(0);
    assert.deepEqual(letters(first), [
      "DC",
      "DH",
      "DM",
      "DR",
      "DR",
      "DT",
      "DL",
      "DL",
      "DL",
      "DN",
      "DB",
      "DE",
    ]);
    assert.deepEqual(letters(next), ["ADM", "DR", "DR", "DT", "DL", "DL", "DL", "DN", "DB", "DE"]);
    assert.deepEqual(first.map(({ event }) => event).slice(-3), ["eoh", "body", "eom"]);
  });

  it("sends what is not answered together with what follows", () => {
    const { NR_HEADER, NR_EOH, NR_BODY, NR_MAIL } = ProtocolFlag;
    const { next } = scriptOf(NR_HEADER | NR_EOH | NR_BODY | NR_MAIL);
    assert.deepEqual(letters(next), ["ADMDR", "DR", "DT", "DLDLDLDNDBDE"]);
    assert.ok(next.every(({ pieces }) => pieces.length === 1));
  });

  it("leaves out what the filter does not want, macros too", () => {
    const { NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_DATA, NO_HEADERS, NO_EOH } = ProtocolFlag;
    const { first } = scriptOf(NO_CONNECT | NO_HELO | NO_MAIL | NO_RCPT | NO_DATA | NO_HEADERS | NO_EOH);
    assert.deepEqual(letters(first), ["DB", "DE"]);
  });

  it("puts the leading space of header values where the filter wants it", () => {
    const header = (protocol: number) => at(packetsOf(at(scriptOf(protocol).first, 7)), 1).payload;
    assert.equal(header(0), "To\0A Recipient <recipient1@example.com>\0");
    assert.equal(header(ProtocolFlag.HEADER_LEADING_SPACE), "To\0 A Recipient <recipient1@example.com>\0");
  });

  it("puts each message's id into macros and header, and nothing else changes", () => {
    const { first } = scriptOf(0, makeSample(1000, 10, 1, ID));
    const own = first.flatMap((burst) => packetsOf(burst, "ZZZZZZZZZZZZ"));
    const rest = first.flatMap((burst) => packetsOf(burst));
    assert.deepEqual(
      own.map(({ payload }) => payload.replaceAll("ZZZZZZZZZZZZ", ID)),
      rest.map(({ payload }) => payload),
    );
    const withId = own.filter(({ payload }) => payload.includes("ZZZZZZZZZZZZ"));
    const named = withId.map(({ command, payload }) => `${command} ${payload.split("\0")[0]}`);
    assert.deepEqual(named.filter((name) => name !== "D Li"), [
      "D Ti",
      "L Received",
      "L Message-ID",
      "D Ni",
      "D Bi",
      "D Ei",
    ]);
  });

  it("sends the macros of Postfix: empty ones at HELO, the queue id from the second recipient on", () => {
    const { first } = scriptOf(0);
    const macros = first.map((burst) => at(packetsOf(burst), 0).payload);
    assert.equal(macros[1], "H");
    assert.match(at(macros, 2), /^M\{mail_addr\}\0(?!.*\0i\0)/);
    assert.doesNotMatch(at(macros, 3), /\0i\0|^Ri\0/);
    assert.match(at(macros, 4), new RegExp(`^Ri\0${ID}\0\\{rcpt_addr\\}\0`));
    const later = macros.slice(5);
    assert.deepEqual(later, [..."TLLLNBE"].map((letter) => `${letter}i\0${ID}\0`));
  });

  it("sends the queue id before each piece of the body", () => {
    const { NR_BODY } = ProtocolFlag;
    const last = packetsOf(scriptOf(NR_BODY, makeSample(200_000, 1, 1, ID)).first.at(-1)!);
    assert.equal(last.map(({ command }) => command).join(""), "DBDBDBDBDE");
    const id = last.filter(({ command, payload }) => command === "D" && payload === `Bi\0${ID}\0`);
    assert.equal(id.length, 4);
  });

  it("cuts a large body into packets and pieces, and loses nothing of it", () => {
    const sample = makeSample(1_000_000, 1, 1, ID);
    const { NR_BODY } = ProtocolFlag;
    const last = scriptOf(NR_BODY, sample).first.at(-1)!;
    const body = packetsOf(last).filter(({ command }) => command === "B");
    assert.ok(body.every(({ payload }) => payload.length <= 65_535));
    assert.equal(body.map(({ payload }) => payload).join(""), latin1Text(sample.message.body));
    assert.ok(last.pieces.length > 3);
  });

  it("shares the bytes that hold no id", () => {
    const piece = at(at(scriptOf(0).first, 0).pieces, 0);
    assert.equal(withQueueId(piece, toBytes("ZZZZZZZZZZZZ")), piece.bytes);
  });
});

describe("makeSample", () => {
  it("has as many fields, recipients and bytes as it is told", () => {
    for (
      const [size, headers, recipients] of [[0, 0, 1], [1, 1, 2], [79, 6, 3], [100_000, 25, 50]] as const
    ) {
      const { message, to } = makeSample(size, headers, recipients, ID);
      assert.deepEqual([message.body.length, message.header.length, to.length], [size, headers, recipients]);
      assert.equal(new Set(to).size, recipients);
    }
  });

  it("has the MTA's own field on top", () => {
    assert.equal(makeSample(1, 10, 1, ID).message.header[0]?.name, "Received");
  });
});
