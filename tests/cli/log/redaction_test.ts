// What a log leaves out of people, wherever it stands.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redaction } from "../../../cli/log/redaction.ts";
import type { RedactionKind } from "../../../cli/options/log_options.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { at } from "../../support/present.ts";
import { all, EVENTS, REPORT, textOf } from "./redaction_support.ts";

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

  const keys: [key: string, localParts: string, addresses: string, clients: string][] = [
    ["joe", "…", "…", "joe"],
    ["joe@example.org", "…@example.org", "…", "joe@example.org"],
    [
      "joe@example.org from 192.0.2.77",
      "…",
      "…",
      "joe@example.org from 192.0.2.0/24",
    ],
    ["192.0.2.77", "192.0.2.77", "192.0.2.77", "192.0.2.0/24"],
    ["192.0.2.64/26", "192.0.2.64/26", "192.0.2.64/26", "192.0.2.0/24"],
    ["10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"],
    ["2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1::/48"],
  ];
  for (const [key, ...redacted] of keys) {
    it(`spells ${key} by which mail is counted`, () => {
      const kinds = ["local-parts", "addresses", "clients"] as const;
      assert.deepEqual(kinds.map((kind) => new Redaction([kind]).key(key)), redacted);
      const line = {
        type: "filter-log",
        filter: "f",
        level: "info",
        text: "",
        fields: { key, login: key },
      } as const;
      const told = new Redaction(["addresses"]).event(line) as ServerEvent & { type: "filter-log" };
      assert.deepEqual(told.fields, { key: redacted[1], login: redacted[1] });
    });
  }

  const ids: [id: string, localParts: string, addresses: string, clients: string][] = [
    ["ann.1@anns-pc.example", "…@anns-pc.example", "…", "ann.1@…"],
    ["1.192.0.2.77@x", "…@x", "…", "1.192.0.2.77@…"],
    ["no address", "…", "…", "no address"],
    ["[192.0.2.77]", "…", "…", "[192.0.2.0/24]"],
  ];
  it("leaves out of a login, and of what the MTA says of TLS, what says whose they are", () => {
    const told = (kind: RedactionKind) => {
      const report = {
        ...REPORT,
        login: "ann@example.org from 192.0.2.77",
        tls: { version: "TLSv1.3 of ann@example.org" },
      };
      const event: ServerEvent = { type: "message", connection: 1, report };
      const { login, tls } = (new Redaction([kind]).event(event) as typeof event).report;
      return `${login}, ${tls?.version}`;
    };
    assert.doesNotMatch(told("local-parts"), /ann/);
    assert.doesNotMatch(told("addresses"), /ann|example/);
    assert.doesNotMatch(told("clients"), /192\.0\.2\.77/);
  });

  for (const [messageId, ...redacted] of ids) {
    it(`leaves out of the Message-ID ${messageId} what says whose it is`, () => {
      const kinds = ["local-parts", "addresses", "clients"] as const;
      const event: ServerEvent = { type: "message", connection: 1, report: { ...REPORT, messageId } };
      assert.deepEqual(
        kinds.map((kind) => (new Redaction([kind]).event(event) as typeof event).report.messageId),
        redacted,
      );
    });
  }

  it("leaves what a filter remarked and labelled out of the line of a refused connection", () => {
    const refused = EVENTS[1] as ServerEvent & { type: "refused" };
    const report = {
      ...refused.report,
      labels: ["ann@example.org"],
      notes: [{ filter: "f", remark: "listed: 192.0.2.77 of ann@example.org" }],
    };
    const redacted = new Redaction(["addresses", "clients"]).event({ ...refused, report }) as typeof refused;
    assert.deepEqual(redacted.report.labels, ["…"]);
    assert.deepEqual(redacted.report.notes, [{ filter: "f", remark: "listed: 192.0.2.0/24 of …" }]);
  });

  const helos: [kind: RedactionKind, helo: string][] = [
    ["local-parts", "…@home.example"],
    ["addresses", "…"],
    ["clients", "…"],
  ];
  for (const [kind, helo] of helos) {
    it(`makes ${helo} of an address in HELO with ${kind}`, () => {
      const refused = EVENTS[1] as ServerEvent & { type: "refused" };
      const report = { ...refused.report, helo: "joe@home.example" };
      const redacted = new Redaction([kind]).event({ ...refused, report }) as typeof refused;
      assert.equal(redacted.report.helo, helo);
    });
  }

  const changes: [change: string, withDomain: string, without: string][] = [
    ["add recipient <root>", "add recipient <…>", "add recipient <…>"],
    ["delete recipient <secretuser>", "delete recipient <…>", "delete recipient <…>"],
    ["change sender to <bob>", "change sender to <…>", "change sender to <…>"],
    ["change sender to <>", "change sender to <>", "change sender to <>"],
    ["add recipient root", "add recipient …", "add recipient …"],
    ["add recipient <joe@example.org>", "add recipient <…@example.org>", "add recipient <…>"],
    ['add recipient <"joe@home">', "add recipient <…>", "add recipient <…>"],
    ["add recipient <root> ORCPT=rfc822;joe", "add recipient …", "add recipient …"],
    ["add recipient <joe@example.org> ORCPT=rfc822;joe", "add recipient …", "add recipient …"],
    ["add recipient", "add recipient", "add recipient"],
    ["delete X-Spam", "delete X-Spam", "delete X-Spam"],
  ];
  for (const [change, withDomain, without] of changes) {
    it(`makes ${withDomain} of ${change}`, () => {
      const note = { filter: "f", event: "eom", changes: [change] } as const;
      // Names of the client are left out of all texts, also where a recipient's domain is one of them.
      const report = { ...REPORT, notes: [note], results: [] };
      const event: ServerEvent = { type: "message", connection: 1, report };
      const redacted = (kind: RedactionKind) =>
        at((new Redaction([kind]).event(event) as ServerEvent & { type: "message" }).report.notes, 0).changes;
      assert.deepEqual(redacted("local-parts"), [withDomain]);
      assert.deepEqual(redacted("addresses"), [without]);
      assert.deepEqual(redacted("clients"), [change]);
    });
  }

  it("leaves a client out of the domain of a change", () => {
    const note = { filter: "f", event: "eom", changes: ["add recipient <joe@[192.0.2.77]>"] } as const;
    const event: ServerEvent = { type: "message", connection: 1, report: { ...REPORT, notes: [note] } };
    const { report } = new Redaction(["clients", "local-parts"]).event(event) as typeof event;
    assert.deepEqual(report.notes[0]?.changes, ["add recipient <…@[192.0.2.0/24]>"]);
  });

  const recipients: [recipient: string, redacted: string][] = [
    ['"joe@home"', "…"],
    ["joe\\@home", "…"],
    ['"joe@home"@example.org', "…@example.org"],
    ["joe@[IPv6:2001:db8::1]", "…@[IPv6:2001:db8::1]"],
    ["joe@example.org>", "…"],
    ["joe@", "…"],
  ];
  for (const [recipient, redacted] of recipients) {
    it(`makes ${redacted} of the recipient ${recipient}`, () => {
      const event: ServerEvent = {
        type: "message",
        connection: 1,
        report: { ...REPORT, recipients: [recipient] },
      };
      const { report } = new Redaction(["local-parts"]).event(event) as typeof event;
      assert.deepEqual(report.recipients, [redacted]);
    });
  }

  it("looks into the error of any event", () => {
    const error = new Error("for joe@example.org of 192.0.2.77");
    const events: ServerEvent[] = [
      { type: "accept-failed", address: "inet:25@localhost", error, missed: 0 },
      { type: "disconnected", connection: 1, lost: true, error },
      { type: "protocol-error", connection: 1, peer: "unix", error },
      { type: "internal-error", connection: 1, peer: "unix", error },
      { type: "spool-failed", connection: 1, error },
    ];
    const redaction = new Redaction(["local-parts", "clients"]);
    for (const event of events) {
      const text = textOf(redaction.event(event));
      assert.match(text, /for …@example\.org of 192\.0\.2\.0\/24/, event.type);
      assert.doesNotMatch(text, /joe|192\.0\.2\.77/, event.type);
    }
    const closed: ServerEvent = { type: "disconnected", connection: 1, lost: false };
    assert.deepEqual(redaction.event(closed), closed);
  });

  it("looks into whatever was thrown", () => {
    const redaction = new Redaction(["local-parts"]);
    assert.equal(redaction.error("for joe@example.org"), "for …@example.org");
    assert.equal(redaction.error(undefined), "undefined");
    const odd = Object.assign(new Error("x"), { message: 5, stack: ["joe@example.org"] });
    const { message, stack } = redaction.error(odd) as Error;
    assert.deepEqual([message, stack], ["5", ""]);
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
    ['"joe@home"@example.org', "…@example.org"],
    ['"a joe@home b"@example.org and "c@d"@example.net', "…@example.org and …@example.net"],
    ['"joe"@home@example.org', "…@example.org"],
    ['a."joe"@example.org', "…@example.org"],
    ['to "joe@example.org"', 'to "…@example.org"'],
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
    for (
      const part of [
        "x",
        '"',
        "\\",
        "@",
        "@[",
        "@[1",
        '"@',
        "a.",
        "1:",
        "=",
        "x@y",
        '"x@y',
        '"@x',
        "1.2.3.4:",
      ]
    ) {
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

  const clients: [text: string, redacted: string][] = [
    ["10.1.2.3:25", "10.1.2.0/24:25"],
    ["10.1.2.3: listed", "10.1.2.0/24: listed"],
    ["10.1.2.3:smtp", "10.1.2.0/24:smtp"],
    ["client:10.1.2.3 ip4:10.1.2.3/32", "client:10.1.2.0/24 ip4:10.1.2.0/24/32"],
    ["[10.1.2.3]:25, 10.1.2.3.", "[10.1.2.0/24]:25, 10.1.2.0/24."],
    ["at 12:30:10.1.2.3", "at 12:30:10.1.2.0/24"],
    ["[IPv6:2001:db8:1:2::5]", "[IPv6:2001:db8:1::/48]"],
    ["ipv6:2001:db8:1:2::5", "ipv6:2001:db8:1::/48"],
    ["[2001:db8:1:2::5]:25", "[2001:db8:1::/48]:25"],
    ["2001:db8:1:2::5: listed", "2001:db8:1::/48: listed"],
    ["2001:db8:1:2:3:4:5:6:25", "2001:db8:1::/48:25"],
    ["[::ffff:10.1.2.3]:25 ::ffff:10.1.2.3:25", "[10.1.2.0/24]:25 10.1.2.0/24:25"],
    ["1.2.3.4.5, 1.2.3, 300.1.2.3:25, x1.2.3.4", "1.2.3.4.5, 1.2.3, 300.1.2.3:25, x1.2.3.4"],
  ];
  for (const [text, redacted] of clients) {
    it(`makes ${redacted} of ${text}`, () => {
      assert.equal(new Redaction(["clients"]).text(text), redacted);
    });
  }

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
