// What goes to a filter of a message, packet by packet, when the filter decides early.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accept, discard, type Filter, reject, skip } from "../../mod.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import { type Dial, MtaClient } from "../../lib/mta/client.ts";
import { MailSession } from "../../lib/mta/delivery.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { usualMacros } from "../../lib/mta/usual_macros.ts";
import { connectInMemory } from "../../lib/net/memory.ts";
import { FrameDecoder } from "../../lib/protocol/frame.ts";
import { toBytes } from "../../lib/message/text.ts";

const sender = {
  client: { hostname: "client.example", address: "192.0.2.1", family: "4" },
  helo: "client.example",
} as const;
const mail = {
  from: "a@example.com",
  to: ["b@example.org", "c@example.org"],
  message: parseMessage(toBytes("Subject: x\n\n" + "y".repeat(200_000))),
  queueId: "Q1",
};

/** The letters of all packets but macros that a filter gets, for so many messages on a connection. */
async function packets(filter: Filter, messages = 1): Promise<string> {
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
  const session = new MailSession(client, sender, "postfix", {});
  for (let i = 0; i < messages; i++) await session.deliver(mail);
  client.quit();
  let letters = "";
  while (sent.next()) letters += String.fromCharCode(sent.command);
  return letters.replaceAll("D", "");
}

/** A filter that wants everything, and gives its verdict at one event. */
const at = (event: keyof Filter, verdict: ReturnType<typeof accept>): Filter => ({
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

  it("that a milter changes and refuses is not changed", async () => {
    const client = await MtaClient.open(rudeMilter);
    const report = await new MailSession(client, sender, "postfix", {}).deliver(mail);
    assert.equal(report.outcome, "reject");
    assert.deepEqual(report.modifications.map(({ type }) => type), ["quarantine"]);
    assert.equal(report.after.held, undefined);
    client.destroy();
  });
});

/** A milter that holds every message, then refuses it: to every MTA the refusal counts. */
const rudeMilter: Dial = (connect) => {
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
          if (letter === "O") connection.write(packet("O\0\0\0\x06\0\0\0\x20\0\0\0\0"));
          else if (letter === "E") connection.write(packet("qlook\0")), connection.write(packet("r"));
          else if ("CHMRTLNB".includes(letter)) connection.write(packet("c"));
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
  const macros = (own: Record<string, string>) =>
    usualMacros({ mta: "postfix", sender: "a@example.com", queueId: "Q1", client, macros: own });

  it("tell of the MTA, the queue and the sender", () => {
    const { connect, mail, eom } = macros({});
    assert.equal(connect!._, "client.example [192.0.2.1]");
    assert.match(connect!.v, /^Postfix/);
    assert.deepEqual(mail, {
      i: "Q1",
      "{mail_mailer}": "smtp",
      "{mail_host}": "example.com",
      "{mail_addr}": "a@example.com",
    });
    assert.deepEqual(eom, { i: "Q1" });
  });

  it("make room for those of one's own, in every place", () => {
    const { connect, mail, eom } = macros({ i: "MINE", "{mail_host}": "other", auth_authen: "alice" });
    assert.equal(mail!.i, "MINE");
    assert.equal(mail!["{mail_host}"], "other");
    assert.equal(eom!.i, "MINE");
    assert.equal(connect!["{auth_authen}"], "alice");
    assert.equal(connect!.i, undefined);
    assert.equal(connect!["{mail_host}"], undefined);
  });
});
