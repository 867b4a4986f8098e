// What a milter behind the filter is told, and that its verdicts come back.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { ActionFlag, ProtocolFlag } from "../../lib/protocol/constants.ts";
import { latin1Text, toBytes } from "../../lib/protocol/text.ts";
import { ALL_EVENTS, type AnyFilter, MESSAGE, probe, type Served, served, until } from "../server/support.ts";
import { behind, behindRaw, milterFilter, packet } from "./support.ts";
import { at } from "../support/present.ts";

const TO = ["a@example.net", "b@example.net"];

test("every event comes with what it carries, byte for byte", async () => {
  await behindRaw({}, async (raw, { open }) => {
    const mta = await open({ bare: true });
    mta.macros("connect", { j: "mx.example", "{daemon_name}": "d" });
    await mta.connect({
      hostname: "caf\u00e9.example",
      family: "inet6",
      port: 25,
      address: "IPv6:2001:db8::1",
    });
    mta.macros("helo", { tls_version: "TLSv1.3" });
    await mta.helo("client.example");
    mta.macros("mail", { i: "Q1", mail_addr: "s@example.org" });
    await mta.mail(toBytes("<s\u00e9@example.org>"), ["SIZE=3", "BODY=8BITMIME"]);
    mta.macros("rcpt", { rcpt_addr: "a@example.net" });
    await mta.rcpt("<a@example.net>", ["NOTIFY=NEVER"]);
    mta.macros("rcpt", { rcpt_addr: "b@example.net" });
    await mta.rcpt("b@example.net");
    await mta.data();
    await mta.header(HeaderField.of("X-Bytes", Uint8Array.of(0xe9, 0xff, 0x0a, 0x09, 0x41)));
    await mta.header(HeaderField.of("X-Bare", "no space", true));
    mta.macros("eoh", { i: "Q1" });
    await mta.eoh();
    await mta.body(Uint8Array.of(0, 0xff, 0x0d, 0x0a));
    mta.macros("eom", { msg_id: "<1@example>" });
    await mta.eom();
    await mta.unknown("FROB it");
    mta.quit();
    await until(() => raw.letters().endsWith("Q"));
    const shown = raw.packets.slice(1).map(({ letter, payload }) => letter + latin1Text(payload));
    assert.deepEqual(shown, [
      "DCj\0mx.example\0{daemon_name}\0d\0",
      "Ccaf\xc3\xa9.example\x006\0\x192001:db8::1\0",
      "DH{tls_version}\0TLSv1.3\0",
      "Hclient.example\0",
      "DMi\0Q1\0{mail_addr}\0s@example.org\0",
      "M<s\xc3\xa9@example.org>\0SIZE=3\0BODY=8BITMIME\0",
      "DR{rcpt_addr}\0a@example.net\0",
      "R<a@example.net>\0NOTIFY=NEVER\0",
      "DR{rcpt_addr}\0b@example.net\0",
      "R<b@example.net>\0",
      "T",
      "LX-Bytes\0\xe9\xff\n\tA\0",
      "LX-Bare\0no space\0",
      "DNi\0Q1\0",
      "N",
      "B\0\xff\r\n",
      "DE{msg_id}\0<1@example>\0",
      "E",
      "UFROB it\0",
      "Q",
    ]);
  });
});

test("a milter that wants values as they stand is told the space or its lack", async () => {
  await behindRaw({}, async (raw, { open }) => {
    raw.terms = [6, 0x1ff, ProtocolFlag.HEADER_LEADING_SPACE];
    const mta = await open();
    await mta.mail("s@example.org");
    await mta.header(HeaderField.of("X-A", "one"));
    await mta.header(HeaderField.of("X-B", "none", true));
    const values = raw.packets.filter(({ letter }) => letter === "L").map(({ payload }) =>
      latin1Text(payload)
    );
    assert.deepEqual(values, ["X-A\0 one\0", "X-B\0none\0"]);
  });
});

for (
  const [event, verdict] of [
    ["mail", reject()],
    ["mail", tempfail(450, "4.7.1", "100% later")],
    ["rcpt", reject(550, "5.1.1", "No such", "user")],
    ["rcpt", discard()],
    ["rcpt", accept()],
    ["data", tempfail()],
    ["header", reject(554, "5.7.1", "caf\u00e9")],
    ["eoh", discard()],
    ["body", reject()],
    ["body", skip()],
    ["eom", reject(550, "5.7.1", "no")],
    ["eom", discard()],
    ["eom", accept()],
    ["connect", reject(554, "5.7.1", "not you")],
    ["helo", tempfail()],
    ["connect", accept()],
    ["unknown", reject(500, "5.5.1", "what?")],
  ] satisfies [VerdictEvent, Verdict][]
) {
  const { reply } = verdict;
  test(`${verdict.kind} ${reply ? reply.code : ""} at ${event} is what the MTA gets without the filter`, async () => {
    const play = async (through: boolean): Promise<unknown> => {
      const log: string[] = [];
      const filter = probe("1", log, { [event]: () => verdict });
      let seen: unknown;
      const run = async (front: Served) => {
        const mta = await front.open({ bare: true });
        const connect = await mta.connect({ hostname: "h", family: "inet", port: 1, address: "192.0.2.1" });
        const helo = await mta.helo("h");
        const unknown = await mta.unknown("WHAT");
        const first = await mta.message(MESSAGE, { from: "s@example.org", to: TO });
        const second = await mta.message(MESSAGE, { from: "s@example.org", to: TO });
        seen = { connect, helo, unknown, first, second };
        mta.quit();
        await until(() => log.at(-1)?.startsWith("close"));
      };
      if (through) await behind([filter], run);
      else {
        await served([filter], run as never);
      }
      return { seen, log };
    };
    assert.deepEqual(await play(true), await play(false));
  });
}

test("what the milter declines is not sent, and where it does not answer nobody waits", async () => {
  await behindRaw({}, async (raw, { open }) => {
    const P = ProtocolFlag;
    raw.terms = [
      6,
      0,
      P.NO_HELO | P.NO_DATA | P.NO_EOH | P.NO_UNKNOWN | P.NR_CONNECT | P.NR_MAIL | P.NR_HEADER | P.NR_BODY,
    ];
    raw.react = ({ letter }) => "CMLB".includes(letter) ? "ignore" : undefined;
    const mta = await open();
    const { protocol, actions } = mta.terms;
    assert.equal(actions, 0);
    assert.equal(protocol & P.NR_HEADER, P.NR_HEADER);
    assert.equal(protocol & P.NR_RCPT, 0);
    assert.equal(protocol & P.NO_EOH, P.NO_EOH);
    const answer = await mta.message(MESSAGE, { from: "s@example.org", to: TO });
    assert.equal(answer.answer.verdict, "continue");
    assert.equal(raw.letters(), "OCMRRLLBE");
  });
});

test("the MTA is asked for the changes and macros that the milter asks for", async () => {
  const filter: AnyFilter = {
    name: "1",
    changes: ["addRcpt", "replaceBody"],
    verdicts: [],
    macros: { mail: ["{auth_type}", "i"], rcpt: ["rcpt_addr"] },
    rejectedRecipients: true,
    eom: () => {},
  };
  await behind([filter], async ({ open }) => {
    const { actions, protocol, lists } = (await open()).terms;
    const A = ActionFlag;
    assert.equal(actions, A.ADD_RCPT | A.ADD_RCPT_PAR | A.CHANGE_BODY | A.SET_SYMBOL_LIST);
    assert.ok(protocol & ProtocolFlag.RCPT_REJ);
    const asked = new Map(lists.map(({ stage, names }) => [stage, latin1Text(names)]));
    assert.match(asked.get(2) ?? "", /\{auth_type\}/);
    assert.match(asked.get(3) ?? "", /\{rcpt_addr\}/);
  });
});

test("the milter is offered what the MTA offers, but no larger packets", async () => {
  await behindRaw({}, async (raw, { open }) => {
    raw.terms = [4, 1, 0];
    await open({ offer: { version: 4, actions: 0x3f, protocol: 0x37f } });
    raw.terms = [6, 1, 0];
    await open({ offer: { version: 6, actions: 0x1ff, protocol: 0x1fffff | ProtocolFlag.MAX_DATA_1M } });
    const offers = raw.packets.filter(({ letter }) => letter === "O").map(({ payload }) =>
      [0, 4, 8].map((at) => payload.readUInt32BE(at))
    );
    assert.deepEqual(offers, [[4, 0x3f, 0x37f], [6, 0x1ff, 0x1fffff]]);
  });
});

test("abort and close come to the milter, and a later message on the same connection", async () => {
  const log: string[] = [];
  await behind([probe("1", log)], async ({ open }) => {
    const mta = await open();
    await mta.mail("s@example.org");
    await mta.rcpt("a@example.net");
    mta.abort();
    await mta.message(MESSAGE, { from: "s@example.org", to: ["a@example.net"] });
    mta.abort();
    mta.quit();
    await until(() => log.at(-1) === "close:1");
    assert.equal(
      log.map((line) => line.split(":")[0]).join(" "),
      "connect helo mail rcpt abort mail rcpt data header header eoh body eom close",
    );
  });
});

test("a message that another filter ends is aborted at the milter", async () => {
  const log: string[] = [];
  const refuses: AnyFilter = { name: "before", changes: [], data: () => reject() };
  await behind([probe("1", log)], async (_front, back) => {
    await served([await milterFilter(back.address), refuses], async ({ open }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { from: "s@example.org", to: TO });
      assert.equal(answer.verdict, "reject");
      await until(() => log.includes("abort:1"));
      assert.ok(!log.includes("header:1"));
    });
  });
});

test("a large body comes whole, whatever its pieces, also where the milter reads slowly", async () => {
  for (const protocol of [0, ProtocolFlag.NR_BODY]) {
    await behindRaw({}, async (raw, { open }) => {
      raw.terms = [6, 0, protocol];
      if (protocol) raw.react = ({ letter }) => letter === "B" ? "ignore" : undefined;
      raw.rest = 1;
      const body = new Uint8Array(3_000_000).map((_, i) => 0x20 + i % 0xdf);
      body.set(toBytes("\r\n"), body.length - 2);
      const mta = await open();
      const head = toBytes("Subject: x\r\n\r\n");
      const whole = new Uint8Array(head.length + body.length);
      whole.set(head);
      whole.set(body, head.length);
      const { answer } = await mta.message(whole, { from: "s@example.org", to: TO });
      assert.equal(answer.verdict, "continue");
      const got = raw.packets.filter(({ letter }) => letter === "B").map(({ payload }) => payload);
      assert.ok(Buffer.concat(got).equals(Buffer.from(body)));
    });
  }
});

test("recipients that the MTA rejected are shown to a milter that asks for them, and to no other", async () => {
  for (const asked of [0, ProtocolFlag.RCPT_REJ]) {
    await behindRaw({}, async (raw, { open }) => {
      raw.terms = [6, 0, asked];
      raw.react = ({ letter }) => letter === "R" ? packet("r") : undefined;
      const mta = await open();
      await mta.mail("s@example.org");
      if (asked) {
        mta.macros("rcpt", { rcpt_mailer: "error", rcpt_host: "5.1.1", rcpt_addr: "no such user" });
        assert.equal((await mta.rcpt("gone@example.net")).verdict, "continue");
      }
      mta.macros("rcpt", { rcpt_mailer: "local" });
      assert.equal((await mta.rcpt("a@example.net")).verdict, "reject");
    });
  }
});

test("its verdicts and changes are only logged in a dry run", async () => {
  await behindRaw({}, async (raw) => {
    raw.react = ({ letter }) => letter === "E" ? packet("r") : undefined;
    await served(
      [{ ...(await milterFilter(raw.address, { label: "raw" })), dryRun: true }],
      async ({ open, firstReport }) => {
        const mta = await open();
        assert.equal(mta.terms.actions, 0);
        const { answer } = await mta.message(MESSAGE, { from: "s@example.org", to: TO });
        assert.equal(answer.verdict, "continue");
        const { filter, verdict, dryRun } = at(firstReport().notes, 0);
        assert.deepEqual([filter, verdict, dryRun], ["raw", "reject", true]);
      },
    );
  });
});

test("every event of the protocol is one that the filter hears", async () => {
  const filter = await milterFilter("inet:1@localhost") as unknown as Record<string, unknown>;
  for (const event of ALL_EVENTS) assert.equal(typeof filter[event], "function", event);
});
