// What a log leaves out of people, wherever it stands.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redaction, type RedactionKind } from "../../../cli/log/redaction.ts";
import type { MessageReport } from "../../../lib/filter/report.ts";
import type { ServerEvent } from "../../../lib/server_events.ts";

const REPORT: MessageReport = {
  queueId: "Q1",
  client: "192.0.2.77",
  sender: "ann@example.org",
  recipients: ["bob@example.net", '"b o b"@example.net', "root", "<zoe>@x@example.com"],
  outcome: "reject",
  reply: "550 5.7.1 <bob@example.net>: ann@example.org may not write from 192.0.2.77",
  filter: "f",
  event: "eom",
  notes: [{
    filter: "f",
    event: "eom",
    remark: 'from "an n"@example.org, listed: [2001:db8:1:2::5]',
    verdict: "reject (550 ann@example.org)",
    recipient: "bob@example.net",
    changes: ["add recipient carl@example.org", "change X: <dan@bücher.example>"],
  }],
  filters: [{ filter: "f", milliseconds: 1 }],
  quarantine: "ask ann@example.org",
  milliseconds: 2,
};

const EVENTS: ServerEvent[] = [
  { type: "message", connection: 1, report: REPORT },
  {
    type: "refused",
    connection: 1,
    report: {
      client: "2001:db8:1:2::5",
      helo: "anns-pc.example.org",
      outcome: "reject",
      reply: "554 5.7.1 2001:db8:1:2::5 is listed, ask joe@example.org",
      filter: "f",
      event: "helo",
    },
  },
  {
    type: "filter-error",
    connection: 1,
    queueId: "Q1",
    filter: "f",
    event: "rcpt",
    error: new Error("no mailbox bob@example.net for 192.0.2.77"),
    onError: "tempfail",
  },
];

/** All that an event says, its error too. */
function textOf(event: ServerEvent): string {
  const error = "error" in event && event.error instanceof Error
    ? event.error.message + event.error.stack
    : "";
  return JSON.stringify(event) + error;
}

const all = (...kinds: RedactionKind[]) => {
  const redaction = new Redaction(kinds);
  return EVENTS.map((event) => textOf(redaction.event(event))).join("\n");
};

describe("redaction", () => {
  it("changes nothing where nothing is asked for", () => {
    const redaction = new Redaction([]);
    for (const event of EVENTS) assert.equal(redaction.event(event), event);
  });

  it("leaves out local parts and keeps domains", () => {
    const text = all("local-parts");
    assert.doesNotMatch(text, /ann@|bob@|b o b|an n|"root"|zoe|carl|dan@|joe@/);
    for (const domain of ["example.org", "example.net", "example.com", "bücher.example"]) {
      assert.ok(text.includes(`…@${domain}`), domain);
    }
    assert.match(text, /192\.0\.2\.77/);
  });

  it("leaves out addresses", () => {
    const text = all("addresses");
    assert.doesNotMatch(text, /ann@|bob@|b o b|an n|"root"|zoe|carl|dan@|joe@|@/);
    assert.doesNotMatch(text, /example\.net|example\.com/);
  });

  it("leaves out clients but for their network", () => {
    const text = all("clients");
    assert.doesNotMatch(text, /192\.0\.2\.77|2001:db8:1:2|anns-pc/);
    assert.match(text, /"client":"192\.0\.2\.0\/24"/);
    assert.match(text, /"client":"2001:db8:1::\/48"/);
    assert.match(text, /may not write from 192\.0\.2\.0\/24/);
    assert.match(text, /bob@example\.net/);
  });

  const texts: [text: string, redacted: string][] = [
    ["bounce+joe=example.net@example.org", "…@example.org"],
    ["from=joe@example.org,", "…@example.org,"],
    ["<o'joe@example.org>", "<…@example.org>"],
    ["<joe's@example.org>", "<…@example.org>"],
    ["{joe}@example.org", "…@example.org"],
    ["joe@[192.0.2.1] joe@[IPv6:2001:db8::1]", "…@[192.0.2.1] …@[IPv6:2001:db8::1]"],
    ['say "hi" to "a \\"joe"@example.org', 'say "hi" to …@example.org'],
    ['joe"@example.org', "…@example.org"],
    ["joe@home@example.org", "…@example.org"],
    ["joe @ example.org, @, @example.org, joe@, joe@[", "joe @ example.org, @, @example.org, joe@, joe@["],
  ];
  for (const [text, redacted] of texts) {
    it(`makes ${redacted} of ${text}`, () => {
      assert.equal(new Redaction(["local-parts"]).text(text), redacted);
      assert.equal(new Redaction(["addresses"]).text(text), redacted.replace(/…@(\[[^\]]*\]|[\w.]+)/g, "…"));
    });
  }

  it("does not go back over a long text again and again", () => {
    const redaction = new Redaction(["local-parts", "clients"]);
    for (const part of ["x", '"', "\\", "@", "@[", "@[1", '"@', "a.", "1:", "=", "x@y"]) {
      const text = part.repeat(Math.ceil(200_000 / part.length));
      assert.ok(redaction.text(`${text} joe@example.org`).endsWith("…@example.org"), part);
    }
  });

  it("does several at once", () => {
    assert.doesNotMatch(all("clients", "local-parts"), /192\.0\.2\.77|bob@/);
  });

  it("keeps the null sender, and what is no address", () => {
    const redaction = new Redaction(["local-parts", "clients"]);
    assert.equal(
      redaction.text("552 5.3.4 at 12:30:01, 10.5 of 1.2.3: a:b @ x"),
      "552 5.3.4 at 12:30:01, 10.5 of 1.2.3: a:b @ x",
    );
    const { report } = redaction.event({
      type: "message",
      connection: 1,
      report: { ...REPORT, sender: "", client: undefined },
    }) as ServerEvent & { type: "message" };
    assert.deepEqual([report.sender, report.client], ["", undefined]);
  });

  const networks: [address: string, network: string][] = [
    ["192.0.2.255", "192.0.2.0/24"],
    ["::ffff:192.0.2.5", "192.0.2.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    ["2001:0DB8::1", "2001:db8:0::/48"],
    ["fe80::1%eth0", "fe80:0:0::/48"],
    ["::1", "0:0:0::/48"],
    ["mail.example.org", "…"],
    ["/run/socket", "…"],
  ];
  for (const [client, network] of networks) {
    it(`makes ${network} of ${client}`, () => {
      const report = { ...REPORT, client };
      const redacted = new Redaction(["clients"]).event({ type: "message", connection: 1, report });
      assert.equal((redacted as ServerEvent & { type: "message" }).report.client, network);
    });
  }
});
