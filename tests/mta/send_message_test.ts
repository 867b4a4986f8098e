// What goes to a filter of a message, packet by packet, when the filter decides early.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  accept,
  discard,
  type Filter,
  type MtaKind,
  reject,
  skip,
  tempfail,
  type Verdict,
} from "../../mod.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import { type Dial, MtaClient } from "../../lib/mta/client.ts";
import { MailSession } from "../../lib/mta/delivery.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { recipientMacros, usualMacros } from "../../lib/mta/usual_macros.ts";
import { connectInMemory } from "../../lib/net/memory.ts";
import { FrameDecoder } from "../../lib/protocol/frame_decoder.ts";
import { toBytes } from "../../lib/message/text.ts";

const sender = {
  client: { hostname: "client.example", address: "192.0.2.1", family: "inet" },
  helo: "client.example",
} as const;
const mail = {
  from: "a@example.com",
  to: ["b@example.org", "c@example.org"],
  message: parseMessage(toBytes("Subject: x\n\n" + "y".repeat(200_000))),
  queueId: "Q1",
};

/** The letters of all packets that a filter gets, for so many messages on a connection. */
async function allPackets(filter: Filter, messages: number, mta: MtaKind, content = mail): Promise<string> {
  const dial = new FiltersInProcess([filter], {}).dial(() => {});
  const sent = new FrameDecoder();
  const listening: Dial = async (accept) => {
    const connection = await dial(accept);
    const write = connection.write.bind(connection);
    connection.write = (bytes) => {
      sent.push(bytes.slice());
      write(bytes);
    };
    return connection;
  };
  const client = await MtaClient.open(listening);
  const session = new MailSession(client, sender, mta, {});
  for (let i = 0; i < messages; i++) await session.deliver(content);
  client.quit();
  let letters = "";
  while (sent.next()) letters += String.fromCharCode(sent.command);
  return letters;
}

/** The same without macros, from Postfix. */
async function packets(filter: Filter, messages = 1): Promise<string> {
  return (await allPackets(filter, messages, "postfix")).replaceAll("D", "");
}

/** A filter that wants everything, and gives its verdict at one event. */
const at = (event: keyof Filter, verdict: Verdict): Filter => ({
  name: "at",
  connect() {},
  helo() {},
  mail() {},
  rcpt() {},
  data() {},
  header() {},
  eoh() {},
  body() {},
  eom() {},
  [event]: () => verdict,
});

describe("a message", () => {
  const cases: [what: string, filter: Filter, letters: string][] = [
    ["goes through all events", at("eom", accept()), "OCHMRRTLNBBBBEQ"],
    ["ends with an abort where it is decided before its end", at("data", reject()), "OCHMRRTAQ"],
    ["goes on after a recipient that is refused, unless all are", at("rcpt", reject()), "OCHMRRAQ"],
    ["ends with a recipient that everything is accepted or discarded at", at("rcpt", discard()), "OCHMRAQ"],
    ["has no more body once the filter has enough", at("body", skip()), "OCHMRRTLNBEQ"],
    ["is not begun where the connection was decided about", at("connect", accept()), "OCQ"],
    ["nor after HELO", at("helo", reject()), "OCHQ"],
  ];
  for (const [what, filter, letters] of cases) {
    it(what, async () => assert.equal(await packets(filter), letters));
  }

  it("is handed in once connected, as is the next one", async () => {
    assert.equal(
      await packets({ ...at("eom", accept()), body: undefined!, header: undefined! }, 2).then((letters) =>
        letters.replace(/[LNB]/g, "")
      ),
      "OCHMRRTEMRRTEQ",
    );
  });

  it("comes with macros where the MTA sends some", async () => {
    const short = { ...mail, message: parseMessage(toBytes("A: 1\nB: 2\n\nx\n")) };
    const letters = (mta: MtaKind) => allPackets(at("eom", accept()), 1, mta, short);
    assert.equal(await letters("postfix"), "ODCDHDMDRDRDTDLDLDNDBDEQ");
    assert.equal(await letters("sendmail"), "ODCDHDMDRDRTLLNBDEQ");
  });

  it("goes on after discard at connect, as with Postfix, or without the filter, as with Sendmail", async () => {
    const outcome = async (mta: MtaKind) => {
      const client = await MtaClient.open(rawMilter({ C: ["d"], M: ["r"] }));
      const { outcome, event } = await new MailSession(client, sender, mta, {}).deliver(mail);
      client.destroy();
      return `${outcome} at ${event}`;
    };
    assert.equal(await outcome("postfix"), "reject at mail");
    assert.equal(await outcome("sendmail"), "accept at connect");
  });

  it("is the last one where the answer is 421", async () => {
    assert.equal(await packets(at("data", tempfail(421, "4.3.2", "closing")), 3), "OCHMRRTAQ");
    assert.equal(await packets(at("data", tempfail(450, "4.3.2", "later")), 2), "OCHMRRTAMRRTAQ");
  });

  it("that a milter changes and refuses is not changed", async () => {
    const client = await MtaClient.open(rawMilter({ E: ["qlook\0", "r"] }));
    const report = await new MailSession(client, sender, "postfix", {}).deliver(mail);
    assert.equal(report.outcome, "reject");
    assert.deepEqual(report.modifications.map(({ type }) => type), ["quarantine"]);
    assert.equal(report.after.held, undefined);
    client.destroy();
  });
});

/** A milter that answers with these packets, and else goes on. */
const rawMilter = (answers: Readonly<Record<string, readonly string[]>>): Dial => (connect) => {
  const packet = (text: string): Uint8Array => {
    const bytes = new Uint8Array(4 + text.length);
    new DataView(bytes.buffer).setUint32(0, text.length);
    bytes.set(toBytes(text), 4);
    return bytes;
  };
  const decoder = new FrameDecoder();
  return Promise.resolve(connectInMemory(
    (connection) => ({
      data(bytes) {
        decoder.push(bytes);
        while (decoder.next()) {
          const letter = String.fromCharCode(decoder.command);
          const usual = letter === "O"
            ? ["O\0\0\0\x06\0\0\0\x20\0\0\0\0"]
            : "CHMRTLNBE".includes(letter)
            ? ["c"]
            : [];
          for (const answer of answers[letter] ?? usual) connection.write(packet(answer));
        }
      },
      drain() {},
      closed() {},
    }),
    connect,
  ));
};

describe("the usual macros", () => {
  const client = { hostname: "client.example", address: "192.0.2.1" };
  const macros = (mta: MtaKind, own: Record<string, string>) =>
    usualMacros({ mta, sender: "a@example.com", queueId: "Q1", messageId: "<m@x>", client, macros: own });
  const ofSender = { "{mail_mailer}": "smtp", "{mail_host}": "example.com", "{mail_addr}": "a@example.com" };

  it("of Postfix have its name, and the queue id from DATA on", () => {
    const { connect, mail, header, eom } = macros("postfix", {});
    assert.equal(connect!._, "client.example [192.0.2.1]");
    assert.match(connect?.v ?? "", /^Postfix/);
    assert.deepEqual([mail, header, eom], [ofSender, { i: "Q1" }, { i: "Q1" }]);
    assert.equal(recipientMacros("postfix", "b@example.org", undefined).i, undefined);
    assert.equal(recipientMacros("postfix", "b@example.org", "Q1").i, "Q1");
  });

  it("of Sendmail have the queue id once, and no name", () => {
    const { connect, mail, header, eom } = macros("sendmail", {});
    assert.equal(connect!.v, undefined);
    assert.deepEqual([mail, header, eom], [{ i: "Q1", ...ofSender }, undefined, { "{msg_id}": "<m@x>" }]);
    assert.equal(recipientMacros("sendmail", "b@example.org", "Q1").i, undefined);
  });

  it("make room for those of one's own, in every place", () => {
    const { connect, mail, data, eom } = macros("postfix", {
      i: "MINE",
      "{mail_host}": "other",
      auth_authen: "alice",
    });
    assert.deepEqual([mail!["{mail_host}"], data!.i, eom!.i], ["other", "MINE", "MINE"]);
    assert.equal(connect!["{auth_authen}"], "alice");
    assert.equal(connect!.i, undefined);
    assert.equal(connect!["{mail_host}"], undefined);
  });
});
