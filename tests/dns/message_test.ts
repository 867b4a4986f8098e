import assert from "node:assert/strict";
import { test } from "node:test";
import { answersQuery, decodeResponse, DnsFormatError, encodeQuery } from "../../lib/dns/message.ts";
import { readAnswer } from "../../lib/dns/read_answer.ts";
import { A, AAAA, MX, PTR, type RecordType, TXT } from "../../lib/dns/record_types.ts";
import {
  bytes,
  concat,
  name,
  question,
  type Record,
  response,
  soa,
  strings,
  TRUNCATED,
  txt,
  u16,
} from "./support.ts";
import { at } from "../support/present.ts";

const NAME = "a.example";
const QUESTION = question(NAME);

function decode(answers: readonly Record[], more: Partial<Parameters<typeof response>[0]> = {}) {
  return decodeResponse(response({ id: 1, question: QUESTION, answers, ...more }));
}

function read(answers: readonly Record[], more: Partial<Parameters<typeof response>[0]> = {}) {
  return readAnswer(decode(answers, more), NAME, TXT);
}

const cname = (owner: string, target: string, ttl = 100): Record => ({
  owner,
  type: 5,
  ttl,
  data: name(target),
});

test("a query is encoded as RFC 1035 and RFC 6891 say", () => {
  const plain = encodeQuery(0x1234, "a.bc", 16, false);
  assert.deepEqual(
    [...plain],
    [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 2, 0x62, 0x63, 0, 0, 16, 0, 1],
  );
  const edns = encodeQuery(0x1234, "a.bc", 16, true);
  assert.deepEqual([...edns.subarray(0, 12)], [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual([...edns.subarray(22)], [0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 0]);
});

test("strings of one record are joined, records stay apart, bytes stay bytes", () => {
  const content = read([
    txt(NAME, 60, "v=DKIM1; p=", "\xe9\xff", ""),
    txt("A.Example", 30, "second"),
    txt("b", 1, "x"),
  ]);
  assert.deepEqual(content, {
    kind: "records",
    records: ["v=DKIM1; p=\xe9\xff", "second"],
    length: 23,
    ttl: 30,
    aliases: 0,
  });
});

test("aliases are followed within the response, in any order", () => {
  const answers = [
    txt("c.example", 50, "text"),
    cname("b.example", "C.example", 40),
    cname(NAME, "b.example", 70),
  ];
  assert.deepEqual(read(answers), { kind: "records", records: ["text"], length: 5, ttl: 40, aliases: 2 });
  assert.deepEqual(read([cname(NAME, "b.example", 7)]), {
    kind: "alias",
    target: "b.example",
    ttl: 7,
    aliases: 1,
  });
  const authorities = [{ owner: "example", type: 6, ttl: 300, data: soa(200) }];
  assert.deepEqual(read([cname(NAME, "b.example")], { authorities }), {
    kind: "absent",
    ttl: 100,
    aliases: 1,
  });
  assert.throws(() => read([cname(NAME, "b.example"), cname("b.example", NAME)]), DnsFormatError);
});

test("absence is kept for the lesser of the SOA's TTL and minimum", () => {
  const authority = (ttl: number, minimum: number) => ({
    authorities: [{ owner: "example", type: 6, ttl, data: soa(minimum) }],
  });
  assert.deepEqual(read([], authority(300, 200)), { kind: "absent", ttl: 200, aliases: 0 });
  assert.deepEqual(read([], authority(100, 200)), { kind: "absent", ttl: 100, aliases: 0 });
  assert.deepEqual(read([]), { kind: "absent", ttl: undefined, aliases: 0 });
});

test("an answer is that to our question: id, name in any case, type and class; dots within labels are no separators", () => {
  const message = decodeResponse(response({ id: 7, question: question("A.eXample") }));
  assert.ok(answersQuery(message, 7, NAME, 16));
  assert.ok(!answersQuery(message, 8, NAME, 16));
  assert.ok(!answersQuery(message, 7, "b.example", 16));
  for (const [type, asked] of [[1, 1], [5, 1], [255, 1], [16, 3], [16, 255]]) {
    const other = question(NAME, type, asked);
    assert.ok(
      !answersQuery(decodeResponse(response({ id: 7, question: other })), 7, NAME, 16),
      `${type} ${asked}`,
    );
  }
  const dotted = concat(Uint8Array.of(9), bytes(NAME), Uint8Array.of(0), u16(16), u16(1));
  assert.ok(!answersQuery(decodeResponse(response({ id: 7, question: dotted })), 7, NAME, 16));
});

test("compression: pointers back are followed, loops and pointers ahead are refused", () => {
  const back = Uint8Array.of(0xc0, 12);
  assert.deepEqual(read([{ owner: back, type: 16, ttl: 9, data: strings("x") }]), {
    kind: "records",
    records: ["x"],
    length: 2,
    ttl: 9,
    aliases: 0,
  });
  const start = 12 + QUESTION.length;
  const pointer = (offset: number) => Uint8Array.of(0xc0 | (offset >> 8), offset & 255);
  const loops = [
    pointer(start), // to itself
    pointer(start + 2),
    pointer(0x3fff),
    pointer(2), // into the header
    concat(Uint8Array.of(1, 0x61), pointer(start)),
    Uint8Array.of(0xc0),
    Uint8Array.of(0x80, 0),
    Uint8Array.of(0x40, 0),
  ];
  for (const owner of loops) {
    assert.throws(() => decode([{ owner, type: 16, ttl: 1, data: strings("x") }]), DnsFormatError);
  }
});

test("a message of pointers to pointers is refused without much work", () => {
  const chain: Uint8Array[] = [];
  for (let i = 0; i < 8000; i++) {
    chain.push(u16(0xc000 | (i === 0 ? 12 : 12 + QUESTION.length + 11 + 2 * i - 2)));
  }
  const data = concat(...chain);
  const last = 12 + QUESTION.length + 11 + data.length - 2;
  const answers: Record[] = [{ owner: "", type: 99, ttl: 1, data }];
  for (let i = 0; i < 4000; i++) {
    answers.push({ owner: u16(0xc000 | last), type: 16, ttl: 1, data: strings("x") });
  }
  assert.throws(() => decode(answers), DnsFormatError);
});

test("every cut of a message, and every single changed byte, is decoded or refused", () => {
  const authorities = [{ owner: "example", type: 6, ttl: 300, data: soa(200) }];
  const whole = response({
    id: 1,
    question: QUESTION,
    answers: [cname(NAME, "b.example"), txt("b.example", 5, "abc", "def")],
    authorities,
  });
  assert.equal(readAnswer(decodeResponse(whole), NAME, TXT).kind, "records");
  const attempt = (message: Uint8Array) => {
    try {
      readAnswer(decodeResponse(message), NAME, TXT);
    } catch (error) {
      assert.ok(error instanceof DnsFormatError, String(error));
      assert.ok(Number.isInteger(error.value), String(error.value));
    }
  };
  for (let cut = 0; cut < whole.length; cut++) {
    assert.throws(() => decodeResponse(whole.subarray(0, cut)), DnsFormatError);
  }
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x3f, 0x40, 0xc0, 0xff]) {
      const changed = whole.slice();
      changed[at] = value;
      attempt(changed);
    }
  }
});

test("queries, other operations and strings beyond their record are refused", () => {
  assert.throws(() => decodeResponse(encodeQuery(1, NAME, 16, true)), DnsFormatError);
  const status = response({ id: 1, question: QUESTION });
  status[2] = at(status, 2) | 0x10;
  assert.throws(() => decodeResponse(status), DnsFormatError);
  assert.throws(
    () => read([{ owner: NAME, type: 16, ttl: 1, data: Uint8Array.of(5, 0x61) }]),
    DnsFormatError,
  );
});

const mx = (preference: number, host: Uint8Array) => concat(u16(preference), host);
const V6 = Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 5);

test("records of each type are read, and those of other types are passed over", () => {
  const types: [RecordType<unknown>, Uint8Array, unknown][] = [
    [A, Uint8Array.of(192, 0, 2, 1), "192.0.2.1"],
    [AAAA, V6, "2001:db8::1:0:0:5"],
    [MX, mx(300, name("Mail.Example")), { preference: 300, exchange: "mail.example" }],
    [MX, mx(0, name("")), { preference: 0, exchange: "" }],
    [PTR, name("Host.Example"), "host.example"],
    [PTR, concat(Uint8Array.of(3), bytes("a.b"), name("c")), "a\\.b.c"],
  ];
  for (const [type, data, expected] of types) {
    const other = type === A
      ? txt(NAME, 5, "x")
      : { owner: NAME, type: 1, ttl: 5, data: Uint8Array.of(1, 2, 3, 4) };
    const response = decode([other, { owner: NAME, type: type.code, ttl: 9, data }]);
    assert.deepEqual(readAnswer(response, NAME, type), {
      kind: "records",
      records: [expected],
      length: data.length,
      ttl: 9,
      aliases: 0,
    });
    assert.equal(readAnswer(decode([other]), NAME, type).kind, "absent", type.name);
  }
});

test("data that is too short or too long for its type is refused", () => {
  const wrong: [RecordType<unknown>, Uint8Array][] = [
    [A, new Uint8Array(3)],
    [A, new Uint8Array(5)],
    [A, new Uint8Array(0)],
    [AAAA, new Uint8Array(15)],
    [AAAA, new Uint8Array(4)],
    [MX, u16(5)],
    [MX, new Uint8Array(0)],
    [MX, mx(5, concat(name("a.b"), Uint8Array.of(0)))],
    [MX, mx(5, Uint8Array.of(3, 0x61))],
    [PTR, new Uint8Array(0)],
    [PTR, concat(name("a.b"), Uint8Array.of(0))],
  ];
  for (const [type, data] of wrong) {
    // A record after it, so that the bytes which are missing are there.
    const response = decode([{ owner: NAME, type: type.code, ttl: 9, data }, txt(NAME, 1, "abc")]);
    assert.throws(() => readAnswer(response, NAME, type), DnsFormatError, `${type.name} ${data}`);
  }
});

test("of a truncated response only the question is read", () => {
  const whole = response({
    id: 1,
    question: QUESTION,
    flags: TRUNCATED,
    answers: [txt(NAME, 1, "x".repeat(200))],
  });
  const message = decodeResponse(whole.subarray(0, whole.length - 100));
  assert.ok(message.truncated);
  assert.deepEqual(message.answers, []);
  assert.ok(answersQuery(message, 1, NAME, 16));
});

test("a TTL with the top bit set is 0", () => {
  const content = read([txt(NAME, 0x80000000, "x")]);
  assert.equal(content.kind === "records" && content.ttl, 0);
});
