import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, encode, type PacketSpec, type PacketValues, replies } from "../../lib/protocol/codec.ts";
import {
  actionFlagNames,
  describePacket,
  protocolFlagNames,
  type Side,
} from "../../lib/protocol/describe_packet.ts";
import { FrameWriter } from "../../lib/protocol/frame_writer.ts";
import { latin1Bytes, toBytes } from "../../lib/protocol/text.ts";

const b = toBytes;

function described<S extends PacketSpec>(side: Side, spec: S, values: PacketValues<S>): unknown {
  const writer = new FrameWriter();
  encode(writer, spec, values);
  return describePacket(side, spec.letter, writer.take().subarray(5));
}

test("what the MTA sends", () => {
  const offer = { version: 6, actions: 0x11, protocol: 0x400002 };
  assert.deepEqual(described("mta", commands.optneg, offer), {
    name: "optneg",
    fields: { version: 6, actions: ["add-headers", "change-headers"], protocol: ["no-helo", "0x400000"] },
  });
  const pairs = ["{mail_addr}", "a@example.org", "i", "4F3", "odd"].map(b);
  assert.deepEqual(described("mta", commands.macro, { command: 0x4d, pairs }), {
    name: "macro",
    fields: { event: "mail", macros: { mail_addr: "a@example.org", i: "4F3", odd: "" } },
  });
  const client = { hostname: b("mx"), family: 0x34, port: 25, address: b("192.0.2.1") };
  assert.deepEqual(described("mta", commands.connect, client), {
    name: "connect",
    fields: { hostname: "mx", family: "inet", port: 25, address: "192.0.2.1" },
  });
  const unknownClient = { hostname: b("mx"), family: 0x55, port: undefined, address: undefined };
  assert.deepEqual(described("mta", commands.connect, unknownClient), {
    name: "connect",
    fields: { hostname: "mx", family: "unknown" },
  });
  assert.deepEqual(described("mta", commands.header, { name: b("Subject"), value: latin1Bytes("caf\xe9") }), {
    name: "header",
    fields: { name: "Subject", value: "caf\xe9" },
  });
  assert.deepEqual(described("mta", commands.body, { chunk: b("12345") }), {
    name: "body",
    fields: { size: 5 },
  });
  assert.deepEqual(described("mta", commands.bodyeob, { chunk: b("") }), {
    name: "eom",
    fields: { size: 0 },
  });
  for (const spec of [commands.data, commands.eoh, commands.abort, commands.quit, commands.quitNc]) {
    assert.deepEqual(described("mta", spec, {}), { name: spec.name, fields: {} });
  }
});

test("what the milter sends", () => {
  const lists = [{ stage: 0, names: b("j {client}") }, { stage: 9, names: b("x") }];
  const terms = { version: 6, actions: 0x100, protocol: 0x80, lists };
  assert.deepEqual(described("milter", replies.optneg, terms), {
    name: "optneg",
    fields: {
      version: 6,
      actions: ["set-symbol-list"],
      protocol: ["nr-header"],
      macros: { "connect": "j {client}", "stage 9": "x" },
    },
  });
  assert.deepEqual(described("milter", replies.insertHeader, { index: 3, name: b("X"), value: b(" y") }), {
    name: "insert-header",
    fields: { index: 3, name: "X", value: " y" },
  });
  assert.deepEqual(described("milter", replies.replyCode, { text: b("550 5.7.1 no") }), {
    name: "reply",
    fields: { text: "550 5.7.1 no" },
    verdict: "reject",
  });
  assert.equal(describePacket("milter", replies.replyCode.letter, b("451 later\0")).verdict, "tempfail");
  assert.deepEqual(described("milter", replies.changeFrom, { address: b("<a>"), args: undefined }), {
    name: "change-from",
    fields: { address: "<a>" },
  });
  for (const spec of [replies.continue, replies.accept, replies.reject] as const) {
    assert.deepEqual(described("milter", spec, {}), { name: spec.name, fields: {}, verdict: spec.name });
  }
  for (const spec of [replies.shutdown, replies.connectionFail]) {
    assert.deepEqual(described("milter", spec, {}), { name: spec.name, fields: {}, verdict: "tempfail" });
  }
  assert.deepEqual(described("milter", replies.progress, {}), { name: "progress", fields: {} });
});

test("what is malformed, or of the other side, has a name, a size and a problem", () => {
  const malformed = describePacket("mta", commands.mail.letter, b("<a@b>"));
  assert.equal(malformed.name, "mail");
  assert.deepEqual(malformed.fields, { size: 5 });
  assert.match(malformed.problem!, /Malformed mail packet/);
  assert.match(describePacket("mta", commands.macro.letter, b("")).problem!, /Malformed macro packet/);
  const foreign = describePacket("mta", replies.continue.letter, b(""));
  assert.deepEqual(foreign, {
    name: "'c'",
    fields: { size: 0 },
    problem: "there is no packet 'c' of the mta",
  });
  assert.equal(describePacket("milter", 0, b("ab")).name, "0x00");
});

test("every letter of either side can be described, whatever is behind it", () => {
  const payloads = ["", "\0", "a", "a\0", "a\0b\0c", "\0\0\0\0\0\0\0\0\0\0\0\0", "\xff".repeat(20)];
  for (const side of ["mta", "milter"] as const) {
    for (let command = 0; command < 256; command++) {
      for (const payload of payloads) {
        const { name, fields } = describePacket(side, command, latin1Bytes(payload));
        assert.notEqual(name, "");
        JSON.stringify(fields);
      }
    }
  }
});

test("bits are called as in libmilter, in lower case", () => {
  assert.deepEqual(actionFlagNames(0), []);
  assert.deepEqual(actionFlagNames(0x80000001), ["add-headers", "0x80000000"]);
  assert.deepEqual(protocolFlagNames(0x100480), ["nr-header", "skip", "header-leading-space"]);
});
