// A whole session of two SMTP clients on one socket, run once, then replayed to each side in every cutting.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, type PacketSpec, replies } from "../../lib/protocol/codec.ts";
import { Reply } from "../../lib/protocol/constants.ts";
import { FilterSession } from "../../lib/protocol/filter_session.ts";
import { MtaSession } from "../../lib/protocol/mta_session.ts";
import { encodeReply } from "../../lib/protocol/reply.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { join, splits } from "./support.ts";

const bytes = toBytes;

/** What the MTA says; each step tells whether an answer is due. */
const SCRIPT: ((mta: MtaSession) => boolean | void)[] = [
  (mta) => {
    mta.negotiate();
    return true;
  },
  (mta) => mta.macros("connect", { j: "mx.example.net", daemon_name: "smtp" }),
  (mta) => mta.connect({ hostname: "client.example", family: "inet", port: 4711, address: "192.0.2.1" }),
  (mta) => mta.macros("helo", {}),
  (mta) => mta.send("helo", commands.helo, { name: bytes("client.example") }),
  ...message("first", ["b@example.net", "refused@example.net"], "one\r\ntwo\r\n"),
  (mta) => mta.abort(),
  (mta) => mta.send("unknown", commands.unknown, { command: bytes("FOO bar") }),
  ...message("second", ["c@example.net"], ""),
  (mta) => mta.abort(),
  (mta) => mta.quit(true),
  (mta) => mta.connect({ hostname: "other.example", family: "inet6", port: 25, address: "IPv6:2001:db8::1" }),
  (mta) => mta.send("helo", commands.helo, { name: bytes("other.example") }),
  (mta) => mta.address("mail", "<third@example.org>"),
  (mta) => mta.abort(),
  (mta) => mta.quit(),
];

function message(name: string, to: string[], body: string): ((mta: MtaSession) => boolean | void)[] {
  return [
    (mta) => mta.macros("mail", { i: name, mail_addr: `${name}@example.org` }),
    (mta) => mta.address("mail", `<${name}@example.org>`, ["SIZE=100"]),
    ...to.map((address) => (mta: MtaSession) => mta.address("rcpt", `<${address}>`)),
    (mta) => mta.send("data", commands.data, {}),
    (mta) => mta.header(bytes("Subject"), bytes(` ${name}`)),
    (mta) => mta.header(bytes("To"), bytes(" b,\n\tc")),
    (mta) => mta.send("eoh", commands.eoh, {}),
    ...body ? [(mta: MtaSession) => mta.body(bytes(body))] : [],
    (mta) => mta.send("eom", commands.bodyeob, { chunk: bytes("") }),
  ];
}

const FIELDS: Record<string, PacketSpec> = {
  connect: commands.connect,
  helo: commands.helo,
  mail: commands.mail,
  rcpt: commands.rcpt,
  header: commands.header,
  body: commands.body,
  eom: commands.bodyeob,
  unknown: commands.unknown,
};

/** Works off what has come, answers by rule, and writes down what happened. */
function listen(session: FilterSession, log: unknown[]): void {
  while (session.next()) {
    const { event } = session;
    const spec = FIELDS[event];
    const fields = spec ? session.fields(spec) : {};
    log.push(structuredClone([event, session.wantsReply, fields, session.macros.get("i")]));
    const address = "address" in fields ? new TextDecoder().decode(fields.address as Uint8Array) : "";
    if (event === "negotiate") {
      const protocol = 0x100000 | 0x80;
      session.answerNegotiation({ actions: 0x1, protocol, macros: { connect: ["j"], rcpt: ["rcpt_addr"] } });
    } else if (event === "rcpt" && address.startsWith("<refused")) {
      session.answerReply(encodeReply({ code: 550, enhanced: "5.7.1", lines: ["100% no", "really"] }));
    } else if (event === "eom") {
      session.progress();
      session.act(replies.addHeader, { name: bytes("X-Seen"), value: bytes(" yes") });
      session.act(replies.changeHeader, { index: 1, name: bytes("Subject"), value: bytes(" other") });
      session.act(replies.replaceBody, { chunk: bytes("new\r\n") });
      session.answer(Reply.ACCEPT);
    } else session.answer(Reply.CONTINUE);
  }
}

/** Plays the script; `more` is called when an answer is due and not there. */
function play(mta: MtaSession, more: () => void): unknown[] {
  const log: unknown[] = [];
  for (const step of SCRIPT) {
    if (!step(mta)) continue;
    while (mta.awaiting) {
      const reply = mta.next();
      if (reply) log.push(structuredClone(reply));
      else more();
    }
  }
  return log;
}

function record() {
  const filter = new FilterSession();
  const mta = new MtaSession();
  const events: unknown[] = [];
  const fromMta: Uint8Array[] = [];
  const fromFilter: Uint8Array[] = [];
  const exchange = () => {
    const said = mta.takeOutput();
    fromMta.push(said);
    filter.receive(said);
    listen(filter, events);
    const answered = filter.takeOutput();
    fromFilter.push(answered);
    mta.receive(answered);
  };
  const answers = play(mta, exchange);
  exchange();
  return { events, answers, fromMta: join(...fromMta), fromFilter: join(...fromFilter) };
}

test("the recorded session has every event in its place", () => {
  const { events, answers } = record();
  assert.deepEqual(
    events.map((entry) => (entry as string[])[0]).join(" "),
    [
      "negotiate connect helo",
      "mail rcpt rcpt data header header eoh body eom",
      "unknown",
      "mail rcpt data header header eoh eom",
      "close connect helo mail abort close",
    ].join(" "),
  );
  assert.deepEqual(
    answers.map((reply) => {
      const { type, answer } = reply as { type: string; answer?: { verdict: string } };
      return answer?.verdict ?? type;
    }).join(" "),
    [
      "negotiated continue continue",
      "continue continue reject continue continue continue progress modification modification modification accept",
      "continue",
      "continue continue continue continue progress modification modification modification accept",
      "continue continue continue",
    ].join(" "),
  );
  assert.deepEqual(answers[5], {
    type: "answer",
    answer: { verdict: "reject", reply: { code: 550, enhanced: "5.7.1", lines: ["100% no", "really"] } },
  });
});

test("the filter side sees the same session and answers the same, wherever the MTA's bytes are cut", () => {
  const { events, fromMta, fromFilter } = record();
  for (const pieces of splits(fromMta)) {
    const session = new FilterSession();
    const seen: unknown[] = [];
    const answered: Uint8Array[] = [];
    for (const piece of pieces) {
      session.receive(piece);
      listen(session, seen);
      answered.push(session.takeOutput());
    }
    assert.deepEqual(seen, events);
    assert.deepEqual(join(...answered), fromFilter);
    assert.ok(session.ended);
    assert.equal(session.buffered, 0);
  }
});

test("the MTA side reads the same answers and says the same, wherever the filter's bytes are cut", () => {
  const { answers, fromMta, fromFilter } = record();
  for (const pieces of splits(fromFilter)) {
    const mta = new MtaSession();
    const rest = [...pieces];
    const read = play(mta, () => {
      const piece = rest.shift();
      assert.ok(piece, "the answer is missing");
      mta.receive(piece);
    });
    assert.deepEqual(read, answers);
    assert.deepEqual(mta.takeOutput(), fromMta);
  }
});
