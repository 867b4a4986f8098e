// What Received fields of several mail servers say of the client, and which of them counts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { knownEnvelope } from "../../cli/commands/explain/envelope.ts";
import { receivedFrom } from "../../cli/explanation/received.ts";
import { HeaderField } from "../../lib/message/header.ts";

type Value = string | undefined;
const FIELDS: readonly (readonly [who: string, value: string, client: Value, helo: Value, by: Value])[] = [
  [
    "Postfix",
    "from out.example (mail.example [192.0.2.1])\n\tby mx.example (Postfix) with ESMTPS id 1\n\tfor <a@b.example>; Tue",
    "192.0.2.1",
    "out.example",
    "mx.example",
  ],
  [
    "Postfix, IPv6",
    "from out (unknown [IPv6:2001:db8::1]) by mx (Postfix); Tue",
    "2001:db8::1",
    "out",
    "mx",
  ],
  [
    "Sendmail",
    "from out.example (mail.example [192.0.2.1] (may be forged)) by mx.example (8.17.1/8.17.1) with ESMTP id 1; Tue",
    "192.0.2.1",
    "out.example",
    "mx.example",
  ],
  [
    "Exim",
    "from mail.example ([192.0.2.1] helo=out.example)\n by mx with esmtp id 1; Tue",
    "192.0.2.1",
    "out.example",
    "mx",
  ],
  [
    "Exim without a name",
    "from [192.0.2.1] (helo=out.example) by mx with esmtp; Tue",
    "192.0.2.1",
    "out.example",
    "mx",
  ],
  [
    "qmail",
    "from unknown (HELO out.example) (192.0.2.1) by mx with SMTP; Tue",
    "192.0.2.1",
    "out.example",
    "mx",
  ],
  [
    "Exchange",
    "from out.example (192.0.2.1) by mx.example (10.0.0.1) with Microsoft SMTP; Tue",
    "192.0.2.1",
    "out.example",
    "mx.example",
  ],
  [
    "Gmail",
    "from out.example (out.example. [192.0.2.1]) by mx.google.com with ESMTPS id 1; Tue",
    "192.0.2.1",
    "out.example",
    "mx.google.com",
  ],
  [
    "a local delivery",
    "by mx.example (Postfix, from userid 0) id 1; Tue",
    undefined,
    undefined,
    "mx.example",
  ],
  ["one without an address", "from out.example by mx.example; Tue", undefined, undefined, "mx.example"],
  [
    "a forged address in HELO",
    "from [192.0.2.99] (real.example [192.0.2.1]) by mx; Tue",
    "192.0.2.1",
    "[192.0.2.99]",
    "mx",
  ],
  ["an address that is none", "from out (out [999.0.2.1]) by mx; Tue", undefined, undefined, "mx"],
  ["nothing", "", undefined, undefined, undefined],
];

describe("a Received field", () => {
  for (const [who, value, client, helo, by] of FIELDS) {
    it(`of ${who} is read`, () => {
      const read = receivedFrom(value);
      assert.deepEqual([read.client, read.helo, read.by], [client, helo, by]);
    });
  }

  it("says who logged in, over which TLS, by which protocol and name", () => {
    const postfix = receivedFrom(
      "from [10.1.2.3] (pc7.example.org [10.1.2.3])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n" +
        "\t key-exchange X25519 server-signature ECDSA (P-256))\n\t(No client certificate requested)\n" +
        "\t(Authenticated sender: ann@example.org)\n\tby mx.example.org (Postfix) with ESMTPSA id 4X\n\tfor <b@c.example>; Tue",
    );
    assert.deepEqual(
      [postfix.name, postfix.protocol, postfix.login, postfix.tls],
      ["pc7.example.org", "ESMTPSA", "ann@example.org", {
        version: "TLSv1.3",
        cipher: "TLS_AES_256_GCM_SHA384",
      }],
    );
    const sendmail = receivedFrom(
      "from out.example (mail.example [192.0.2.1]) (authenticated bits=0) by mx.example (8.17.1/8.17.1) with ESMTPSA id 1 " +
        "(version=TLSv1.2 cipher=ECDHE-RSA-AES256-GCM-SHA384 bits=256 verify=NO); Tue",
    );
    assert.deepEqual(
      [sendmail.name, sendmail.protocol, sendmail.login, sendmail.tls],
      ["mail.example", "ESMTPSA", undefined, { version: "TLSv1.2", cipher: "ECDHE-RSA-AES256-GCM-SHA384" }],
    );
    const unknown = receivedFrom("from out (unknown [192.0.2.1]) by mx (Postfix) with LMTP id 1; Tue");
    assert.deepEqual([unknown.name, unknown.protocol], [undefined, "LMTP"]);
  });

  it("of a megabyte is read in no time", () => {
    const { client } = receivedFrom(`from a ${"(".repeat(1 << 20)} [192.0.2.1]) by b`);
    assert.equal(client, undefined);
  });
});

describe("the envelope", () => {
  const received = (address: string, by = "mx.example") =>
    HeaderField.of("Received", `from helo.${address} (x [${address}]) by ${by}; Tue`);
  const path = HeaderField.of("Return-Path", "<joe@example.com>");

  it("is that of the topmost Received and Return-Path", () => {
    const envelope = knownEnvelope({}, [path, received("192.0.2.1"), received("192.0.2.2")]);
    assert.deepEqual(envelope, {
      client: { value: "192.0.2.1", source: "Received" },
      helo: { value: "helo.192.0.2.1", source: "Received" },
      mailFrom: { value: "joe@example.com", source: "Return-Path" },
      receivedNumber: 1,
    });
  });

  it("skips hosts of the own network", () => {
    for (
      const inside of [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
      ]
    ) {
      const envelope = knownEnvelope({}, [
        HeaderField.of("Received", "by x; Tue"),
        received(inside),
        received("192.0.2.2"),
      ]);
      assert.equal(envelope.client?.value, "192.0.2.2", inside);
      assert.equal(envelope.receivedNumber, 3);
    }
    assert.equal(knownEnvelope({}, [received("172.32.0.1")]).client?.value, "172.32.0.1");
    assert.equal(knownEnvelope({}, [received("10.0.0.1")]).client, undefined);
  });

  it("believes only the host that is named", () => {
    const header = [received("192.0.2.1", "inner.example"), received("192.0.2.2", "MX.example")];
    assert.equal(knownEnvelope({ mtaId: "mx.example" }, header).client?.value, "192.0.2.2");
    assert.equal(knownEnvelope({ mtaId: "other.example" }, header).client, undefined);
  });

  it("is that of the options first", () => {
    const given = { client: "198.51.100.1", from: "<>" };
    const envelope = knownEnvelope(given, [path, received("192.0.2.1")]);
    assert.deepEqual(envelope.client, { value: "198.51.100.1", source: "option" });
    assert.deepEqual(envelope.mailFrom, { value: "", source: "option" });
    assert.equal(envelope.helo, undefined, "the HELO of another client");
  });
});
