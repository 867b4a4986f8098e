// What a report says about a message beside what became of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reject, skip } from "../../lib/filter/verdict.ts";
import type { Envelope } from "../../lib/mta/send_message.ts";
import type { MessageReport } from "../../lib/filter/report.ts";
import { toBytes } from "../../lib/message/text.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";
import { MacroStage } from "../../lib/protocol/constants.ts";
import { utf8Text } from "../../lib/protocol/text.ts";
import { at, present } from "../support/present.ts";

const TO = ["a@example.net"];
const READER: AnyFilter = { name: "reader", verdicts: [], eom() {} };
const WHOLE: AnyFilter = { name: "whole", verdicts: [], body() {}, eom() {} };

/** What is reported of one message. */
async function reported(
  filters: readonly AnyFilter[],
  message: string | Uint8Array = MESSAGE,
  options: Partial<Envelope> = {},
): Promise<MessageReport> {
  let report: MessageReport | undefined;
  await served(filters, async ({ open, firstReport }) => {
    const mta = await open();
    await mta.message(toBytes(message), { to: TO, ...options });
    report = firstReport();
  });
  return report!;
}

describe("a report", () => {
  it("says how the message came: HELO, listener, login and TLS", async () => {
    await served([READER], async ({ open, firstReport, address }) => {
      const mta = await open();
      mta.macros("helo", { tls_version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" });
      await mta.helo("pc.example");
      const macros = { mail: { auth_authen: "ann" } };
      await mta.message(MESSAGE, { to: TO, macros });
      const { helo, listener, login, tls } = firstReport();
      assert.deepEqual({ helo, listener, login, tls }, {
        helo: "pc.example",
        listener: address,
        login: "ann",
        tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
      });
    });
  });

  it("has none of what the MTA does not say", async () => {
    const report = await reported([READER]);
    for (const name of ["login", "tls", "messageId"]) assert.ok(!(name in report), name);
    assert.deepEqual(report.labels, []);
  });

  it("knows login and TLS also if a filter asks for other macros", async () => {
    const picky: AnyFilter = { ...READER, macros: { helo: ["cert_issuer"], mail: ["mail_addr"] } };
    await served([picky], async ({ open }) => {
      const { lists } = (await open()).terms;
      const asked = (stage: number) =>
        utf8Text(present(lists.find((list) => list.stage === stage), "a list").names);
      assert.match(asked(MacroStage.helo), /\{tls_version\} \{cipher\} \{cert_issuer\}/);
      assert.match(asked(MacroStage.mail), /\{auth_authen\}/);
    });
  });

  const ids: [header: string, id: string | undefined][] = [
    ["Message-ID: <1@example.org>", "1@example.org"],
    ["MESSAGE-Id:\r\n <1@example.org>", "1@example.org"],
    ["Message-ID: 1@example.org", "1@example.org"],
    ["Message-ID: <1@example.org> (a comment)", "1@example.org"],
    ["Message-ID: <>", undefined],
    ["X-Message-ID: <1@example.org>", undefined],
  ];
  for (const [header, id] of ids) {
    it(`reads ${id?.slice(0, 30) ?? "no Message-ID"} from ${header.slice(0, 40)}`, async () => {
      assert.equal((await reported([READER], `${header}\r\n\r\nx\r\n`)).messageId, id);
    });
  }

  it("cuts a Message-ID after 250 characters", async () => {
    const { messageId } = await reported([READER], `Message-ID: <${"x".repeat(900)}>\r\n\r\nx\r\n`);
    assert.equal(messageId, `${"x".repeat(250)}…`);
  });

  it("has the Message-ID that came, whatever filters put in its place", async () => {
    const other: AnyFilter = {
      name: "other",
      changes: ["changeHeader"],
      verdicts: [],
      eom: (message) => message.changeHeader(message.headers.get("Message-ID")!, "<2@example.org>"),
    };
    assert.equal(
      (await reported([other], "Message-ID: <1@example.org>\r\n\r\nx\r\n")).messageId,
      "1@example.org",
    );
  });

  it("takes Sendmail's macro where no header came", async () => {
    const macros = { connect: { v: "8.18" }, eom: { msg_id: "<3@example.org>" } };
    await served([READER], async ({ open, firstReport }) => {
      const mta = await open();
      await mta.message(toBytes("\r\nbody\r\n"), { to: TO, macros });
      assert.equal(firstReport().messageId, "3@example.org");
    }, { mta: "sendmail" });
  });

  it("does not ask the MTA for the header only for that", async () => {
    const early: AnyFilter = { name: "early", mail: () => undefined };
    const report = await reported([early], "Message-ID: <1@example.org>\r\n\r\nx\r\n");
    assert.equal(report.messageId, undefined);
  });

  it("asks for it where it is told to, whether filters negotiate or not", async () => {
    const early: AnyFilter = { name: "early", mail: () => undefined };
    for (const filter of [early, { ...early, negotiate: () => {} }]) {
      await served([filter], async ({ open, firstReport }) => {
        const mta = await open();
        await mta.message(toBytes("Message-ID: <1@example.org>\r\n\r\nx\r\n"), { to: TO });
        assert.equal(firstReport().messageId, "1@example.org");
        assert.equal(firstReport().size, undefined);
      }, { messageIds: true });
    }
  });
});

describe("the size of a message", () => {
  const message = "Subject: hi\r\nX-Folded: a\r\n b\r\n\r\nbody\r\n";

  it("is that of header and body as they came", async () => {
    assert.equal((await reported([WHOLE], message)).size, message.length);
  });

  it("is what the client announced where filters did not get all of it", async () => {
    const args = { from: "ann@example.org", fromArgs: ["SIZE=1234"] };
    const skips: AnyFilter = { name: "skips", verdicts: ["body"], body: () => skip(), eom() {} };
    const refuses: AnyFilter = { name: "refuses", header: () => reject() };
    for (const filter of [READER, skips, refuses]) {
      assert.equal((await reported([filter], message, args)).size, 1234, filter.name);
    }
    assert.equal((await reported([READER], message)).size, undefined);
  });
});

describe("labels", () => {
  it("are those of all filters, each once, in order, those of the connection first", async () => {
    const first: AnyFilter = {
      name: "first",
      verdicts: [],
      connect: (_client, { label }) => label("known"),
      mail: (_sender, context) => context.label("b"),
      eom: (_message, { label }) => ["a", "b", "known"].forEach(label),
    };
    const second: AnyFilter = { name: "second", verdicts: [], eom: (_message, { label }) => label("c") };
    await served([first, second], async ({ open, reports }) => {
      const mta = await open();
      for (let i = 0; i < 2; i++) await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(reports().map(({ labels }) => labels), [["known", "b", "a", "c"], [
        "known",
        "b",
        "a",
        "c",
      ]]);
    });
  });

  it("are cut, and only the first 50 are kept", async () => {
    const many: AnyFilter = {
      name: "many",
      verdicts: [],
      eom(_message, { label }) {
        label("");
        label(5 as never);
        label("x".repeat(101));
        for (let i = 0; i < 100; i++) label(`label ${i}`);
      },
    };
    const { labels } = await reported([many]);
    assert.deepEqual(labels.slice(0, 3), ["5", "x".repeat(100), "label 0"]);
    assert.equal(labels.length, 50);
  });

  it("are told of a connection that is refused", async () => {
    const refuses: AnyFilter = {
      name: "refuses",
      connect(_client, { label }) {
        label("listed");
        return reject();
      },
    };
    await served([refuses], async ({ open, of }) => {
      await open({ bare: true }).then((mta) =>
        mta.connect({
          hostname: "client.example",
          family: "inet",
          port: 1,
          address: "192.0.2.1",
        })
      );
      assert.deepEqual(at(of("refused"), 0).report.labels, ["listed"]);
    });
  });
});
