// Messages and records as administrators have them, and what is known of how they came in.
import { createPrivateKey, createPublicKey } from "node:crypto";
import type { GivenEnvelope } from "../../cli/commands/explain/envelope.ts";
import { formatMessage, type Message, signMessage, type TestKey } from "../auth/dkim/support.ts";

/** When all of them are looked at, in seconds since 1970. */
export const NOW = Date.UTC(2026, 4, 5, 8, 0, 0) / 1000;

/** A key that is the same in each run, so that signatures are too. */
export function fixedKey(seed: number): TestKey {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const der = Buffer.concat([prefix, Buffer.alloc(32, seed)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x ?? "", "base64url");
  return { type: "ed25519", privateKey, record: `v=DKIM1; k=ed25519; p=${raw.toString("base64")}` };
}

/** A message to explain. */
export interface Case {
  readonly name: string;
  readonly records: string;
  readonly message?: string;
  readonly domain?: string;
  readonly given: GivenEnvelope;
}

const MAILER_KEY = fixedKey(1);
const SHOP_KEY = fixedKey(2);
const PHISHER_KEY = fixedKey(3);

function mail(from: string, subject: string, received: string[], path: string): Message {
  return {
    headers: [
      ["Return-Path", ` <${path}>`],
      ...received.map((value): [string, string] => ["Received", ` ${value}`]),
      ["From", ` ${from}`],
      ["To", " Ann <ann@recipient.example>"],
      ["Subject", ` ${subject}`],
      ["Date", " Tue, 5 May 2026 07:59:30 +0000"],
      ["Message-ID", " <20260505.1@shop.example>"],
    ],
    body: "Hello Ann,\r\n\r\nyour parcel is on its way.\r\n",
  };
}

function received(helo: string, name: string, address: string): string {
  return `from ${helo} (${name} [${address}])\r\n\tby mx.recipient.example (Postfix) with ESMTPS id 4Zz1\r\n` +
    "\tfor <ann@recipient.example>; Tue,  5 May 2026 07:59:31 +0000 (UTC)";
}

const SHOP_RECORDS = `
shop.example                        "v=spf1 ip4:198.51.100.0/28 include:_spf.mailer.example -all"
_spf.mailer.example                 "v=spf1 include:_spf1.mailer.example include:_spf2.mailer.example ~all"
_spf1.mailer.example                "v=spf1 ip4:203.0.113.0/26 ip4:203.0.113.128/26 ~all"
_spf2.mailer.example                "v=spf1 a:out.mailer.example ~all"
out.mailer.example                  A 192.0.2.10
out.mailer.example                  A 192.0.2.11
10.2.0.192.in-addr.arpa             PTR out.mailer.example
2026._domainkey.shop.example        "${SHOP_KEY.record}"
_dmarc.shop.example                 "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"
mailer.example                      "v=spf1 include:_spf.mailer.example -all"
k1._domainkey.mailer.example        "${MAILER_KEY.record}"
`;

const order = mail(
  "The Shop <orders@shop.example>",
  "Your order",
  [received("out.mailer.example", "out.mailer.example", "192.0.2.10")],
  "bounce-17@shop.example",
);

const signedOrder = signMessage(order, {
  key: SHOP_KEY,
  tags: { d: "shop.example", s: "2026", t: "1777967970" },
});

export const CASES: readonly Case[] = [
  {
    name: "include",
    records: SHOP_RECORDS,
    message: formatMessage(signedOrder),
    given: { client: "192.0.2.10", helo: "out.mailer.example", from: "bounce-17@shop.example" },
  },
  {
    // The list server forwards the message under its own address, unchanged.
    name: "forwarder",
    records: `${SHOP_RECORDS}
4.113.0.203.in-addr.arpa            PTR mail.school.example
mail.school.example                 A 203.0.113.200
`,
    message: formatMessage({
      headers: [
        ["Return-Path", " <bounce-17@shop.example>"],
        ["Received", ` ${received("mail.school.example", "mail.school.example", "203.0.113.200")}`],
        ...signedOrder.headers.slice(0, 1),
        ...order.headers.slice(1),
      ],
      body: order.body,
    }),
    given: {},
  },
  {
    name: "spoofed",
    records: `${SHOP_RECORDS}
cheap-host.example                  "v=spf1 ip4:203.0.113.66 -all"
s1._domainkey.cheap-host.example    "${PHISHER_KEY.record}"
`,
    message: formatMessage(signMessage(
      mail(
        "The Shop <orders@shop.example>",
        "Your account is locked",
        [received("vps66.cheap-host.example", "unknown", "203.0.113.66")],
        "www-data@cheap-host.example",
      ),
      { key: PHISHER_KEY, tags: { d: "cheap-host.example", s: "s1" } },
    )),
    given: { client: "203.0.113.66", helo: "vps66.cheap-host.example", from: "www-data@cheap-host.example" },
  },
  {
    name: "subdomain",
    records: `
brand.example                       "v=spf1 mx -all"
brand.example                       MX 10 mail.brand.example
mail.brand.example                  A 198.51.100.25
news.brand.example                  "v=spf1 ip4:198.51.100.77 -all"
_dmarc.brand.example                "v=DMARC1; p=reject; sp=quarantine; adkim=s"
k1._domainkey.brand.example         "${MAILER_KEY.record}"
7.100.51.198.in-addr.arpa           PTR host7.isp.example
`,
    message: formatMessage(
      signMessage(
        mail(
          "Brand News <hello@news.brand.example>",
          "News of May",
          [received("host7.isp.example", "host7.isp.example", "198.51.100.7")],
          "bounces@news.brand.example",
        ),
        { key: MAILER_KEY, tags: { d: "brand.example", s: "k1" } },
      ),
    ),
    given: { client: "198.51.100.7", helo: "host7.isp.example", from: "<bounces@news.brand.example>" },
  },
  {
    name: "too-many",
    records: `
firm.example      "v=spf1 mx include:crm.example include:news.example include:desk.example include:erp.example ~all"
firm.example      MX 10 mail.firm.example
mail.firm.example A 198.51.100.1
crm.example       "v=spf1 include:a.crm.example include:b.crm.example include:c.crm.example ~all"
a.crm.example     "v=spf1 ip4:203.0.113.0/29 ~all"
b.crm.example     "v=spf1 ip4:203.0.113.8/29 ~all"
c.crm.example     "v=spf1 ip4:203.0.113.16/29 ~all"
news.example      "v=spf1 include:a.news.example a mx ~all"
news.example      A 203.0.113.33
news.example      MX 10 news.example
a.news.example    "v=spf1 ip4:203.0.113.40/29 ip4:203.0.113.48/29 ip4:203.0.113.56/29 ip4:203.0.113.64/29 ~all"
desk.example      "v=spf1 exists:%{i}._spf.desk.example include:a.desk.example ~all"
a.desk.example    "v=spf1 ip4:203.0.113.80/29 ~all"
erp.example       "v=spf1 ip4:192.0.2.55 -all"
_dmarc.firm.example "v=DMARC1; p=quarantine; t=y"
`,
    domain: "firm.example",
    given: { client: "192.0.2.55", helo: "erp.example" },
  },
];
