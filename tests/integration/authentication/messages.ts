// Messages as they reach a mail server: honest, forwarded, forged and broken, each with the results that RFC 7208, 6376 and
// 9989 give it.
import { type Message, signMessage, type SignOptions } from "../../auth/dkim/support.ts";
import { HOST_NAME } from "../../support/instance.ts";
import { type Client, ED25519, RSA, SMALL } from "./world.ts";

/** A message with its envelope. */
export interface MailCase {
  readonly name: string;
  readonly client: Client;
  readonly helo: string;
  /** Empty for the null sender. */
  readonly mailFrom: string;
  readonly message: Message;
  /** As `spf=pass dkim=pass dmarc=pass`. */
  readonly expected: string;
  /** What opendkim, pyspf-milter and opendmarc say, if it is something else, and who is right. */
  readonly others?: readonly [results: string, why: string];
  /** What is done with it if policies are followed; it is accepted otherwise. */
  readonly action?: "reject" | "quarantine";
}

type Field = [name: string, value: string];

function plain(from: string | readonly Field[], ...above: Field[]): Message {
  const authors: readonly Field[] = typeof from === "string" ? [["From", ` ${from}`]] : from;
  return {
    headers: [
      ...above,
      ...authors.map(([name, value]): Field => [name, value]),
      ["To", " b@example.test"],
      ["Subject", " a subject"],
      ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
      ["Message-ID", " <1@org-example.com>"],
    ],
    body: "a line\r\nanother line\r\n",
  };
}

function signed(message: Message, d: string, options: Partial<SignOptions> = {}): Message {
  return signMessage(message, { key: RSA, ...options, tags: { d, ...options.tags } });
}

const edited = (message: Message): Message => ({ ...message, body: message.body + "-- \r\nthe list\r\n" });
const forged = (value: string): Field => ["Authentication-Results", ` ${value}`];

const GOOD = { client: "good", helo: "mail.org-example.com" } as const;
const STRANGER = { client: "stranger", helo: "mail.attacker-example.com" } as const;
const ORG = "Someone <a@org-example.com>";
const FORGED = `${HOST_NAME}; dkim=pass header.d=org-example.com; spf=pass smtp.mailfrom=org-example.com`;

export const CASES: readonly MailCase[] = [
  {
    name: "signed, from its own server",
    ...GOOD,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "signed with the domain above From",
    ...GOOD,
    mailFrom: "a@nodmarc-example.com",
    message: signed(plain("a@sub.org-example.com"), "org-example.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "signed with a domain below From",
    ...GOOD,
    mailFrom: "a@nodmarc-example.com",
    message: signed(plain(ORG), "sub.org-example.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "unsigned, MAIL FROM of the domain above From",
    ...GOOD,
    mailFrom: "a@org-example.com",
    message: plain("a@sub.org-example.com"),
    expected: "spf=pass dkim=none dmarc=pass",
  },
  {
    name: "unsigned, MAIL FROM of a domain below From",
    ...GOOD,
    mailFrom: "bounce@sub.org-example.com",
    message: plain(ORG),
    expected: "spf=pass dkim=none dmarc=pass",
  },
  {
    name: "forwarded as it is",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com"),
    expected: "spf=fail dkim=pass dmarc=pass",
  },
  {
    name: "forwarded with the forwarder's MAIL FROM",
    ...STRANGER,
    mailFrom: "SRS0=x=y=org-example.com=a@forwarder-example.com",
    message: signed(plain(ORG), "org-example.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "forwarded, and never signed",
    ...STRANGER,
    mailFrom: "SRS0=x=y=org-example.com=a@forwarder-example.com",
    message: plain(ORG),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: plain(ORG),
    expected: "spf=fail dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed, with the attacker's own MAIL FROM and signature",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: signed(plain(ORG), "attacker-example.com"),
    expected: "spf=pass dkim=pass dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed subdomain that does not exist",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@gone.org-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "changed by a mailing list, which signs",
    ...STRANGER,
    mailFrom: "list-bounces@list-example.com",
    message: signed(edited(signed(plain(ORG), "org-example.com")), "list-example.com"),
    expected: "spf=pass dkim=pass,fail dmarc=fail",
    action: "reject",
  },
  {
    name: "changed by a mailing list, which puts itself in From",
    ...STRANGER,
    mailFrom: "list-bounces@list-example.com",
    message: signed(
      edited(signed(plain("Someone via list <list@list-example.com>"), "org-example.com")),
      "list-example.com",
    ),
    expected: "spf=pass dkim=pass,fail dmarc=pass",
  },
  {
    name: "null sender, HELO of the author",
    client: "good",
    helo: "org-example.com",
    mailFrom: "",
    message: plain(ORG),
    expected: "spf=pass dkim=none dmarc=pass",
    others: [
      "spf=none dkim=none dmarc=fail",
      "RFC 7208 2.4: with a null sender the identity is postmaster at HELO; pyspf-milter takes the client's host name",
    ],
  },
  {
    name: "null sender, signed",
    ...GOOD,
    mailFrom: "",
    message: signed(plain(ORG), "org-example.com"),
    expected: "spf=none dkim=pass dmarc=pass",
  },
  {
    name: "null sender, spoofed HELO",
    client: "stranger",
    helo: "org-example.com",
    mailFrom: "",
    message: plain(ORG),
    expected: "spf=fail dkim=none dmarc=fail",
    others: [
      "spf=none dkim=none dmarc=fail",
      "RFC 7208 2.4: with a null sender the identity is postmaster at HELO; pyspf-milter takes the client's host name",
    ],
    action: "reject",
  },
  {
    name: "HELO passes, MAIL FROM does not (CVE-2019-20790)",
    client: "stranger",
    helo: "attacker-example.com",
    mailFrom: "a@softfail-example.com",
    message: plain("a@softfail-example.com"),
    expected: "spf=softfail dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "two From fields (CVE-2019-16378)",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: signed(
      plain([["From", " a@attacker-example.com"], ["From", " a@org-example.com"]]),
      "attacker-example.com",
    ),
    expected: "spf=pass dkim=policy dmarc=permerror",
    action: "reject",
    others: [
      "spf=pass dkim=pass dmarc=pass",
      "RFC 5322 3.6: one From; opendmarc takes the one that suits the attacker; RFC 6376 8.15 on the signature",
    ],
  },
  {
    name: "two authors of two domains",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: signed(plain("a@attacker-example.com, a@org-example.com"), "attacker-example.com"),
    expected: "spf=pass dkim=pass dmarc=fail",
    others: [
      "spf=pass dkim=pass dmarc=-",
      "RFC 9989 11.5: each domain is evaluated; opendmarc says nothing",
    ],
    action: "reject",
  },
  {
    name: "two authors of one domain",
    ...GOOD,
    mailFrom: "a@org-example.com",
    message: signed(plain("a@org-example.com, b@org-example.com"), "org-example.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "From without an address",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("Someone"),
    expected: "spf=pass dkim=none dmarc=permerror",
    action: "reject",
    others: [
      "spf=pass dkim=permerror dmarc=-",
      "RFC 6376 6.1: a message without signatures is none; opendmarc says nothing of what it cannot evaluate",
    ],
  },
  {
    name: "no From",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain([]),
    expected: "spf=pass dkim=none dmarc=permerror",
    action: "reject",
    others: [
      "spf=pass dkim=permerror dmarc=-",
      "RFC 6376 6.1: a message without signatures is none; opendmarc says nothing of what it cannot evaluate",
    ],
  },
  {
    name: "another address in the display name",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: signed(plain('"a@org-example.com" <a@attacker-example.com>'), "attacker-example.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "another address in an encoded word",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: signed(
      plain("=?utf-8?q?a=40org-example.com?= <a@attacker-example.com>"),
      "attacker-example.com",
    ),
    expected: "spf=pass dkim=pass dmarc=pass",
  },
  {
    name: "comments in From",
    ...GOOD,
    mailFrom: "a@org-example.com",
    message: plain("(x@attacker-example.com) a@org-example.com (y)"),
    expected: "spf=pass dkim=none dmarc=pass",
  },
  {
    name: "a group in From",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("friends: a@org-example.com;"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "a comment within the domain of From (CVE-2020-12272)",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@org-example.com(.attacker-example.com)"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "capital letters",
    client: "good",
    helo: "MAIL.ORG-EXAMPLE.COM",
    mailFrom: "A@ORG-EXAMPLE.COM",
    message: plain("A@Org-Example.com"),
    expected: "spf=pass dkim=none dmarc=pass",
  },
  {
    name: "spoofed, with our results forged",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: plain(ORG, forged(FORGED)),
    expected: "spf=fail dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed, with our results forged in other words",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: plain(ORG, forged(`(c)\r\n\t"${HOST_NAME}" 1; dkim=pass header.d=org-example.com`)),
    expected: "spf=fail dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed, with another host's results",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: plain(ORG, forged("mx.attacker-example.com; dkim=pass header.d=org-example.com")),
    expected: "spf=fail dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed, with a forged Received-SPF",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: plain(ORG, ["Received-SPF", " pass (x) client-ip=192.0.2.1; envelope-from=a@org-example.com;"]),
    expected: "spf=fail dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "a signature without a key",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com", { tags: { s: "nokey" } }),
    expected: "spf=fail dkim=permerror dmarc=fail",
    others: [
      "spf=fail dkim=fail dmarc=fail",
      "RFC 8601 2.7.1: permerror, a later attempt is unlikely to help; fail is for a signature that does not verify",
    ],
    action: "reject",
  },
  {
    name: "a revoked key",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com", { tags: { s: "revoked" } }),
    expected: "spf=fail dkim=permerror dmarc=fail",
    others: [
      "spf=fail dkim=fail dmarc=fail",
      "RFC 6376 6.1.2 step 7: PERMFAIL (key revoked), which RFC 8601 2.7.1 calls permerror",
    ],
    action: "reject",
  },
  {
    name: "a key that cannot be looked up",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com", { tags: { s: "down" } }),
    expected: "spf=fail dkim=temperror dmarc=temperror",
    others: [
      "spf=fail dkim=- dmarc=fail",
      "RFC 9989 5.3.6: a temporary error leaves the result open; opendkim says nothing, opendmarc fail",
    ],
  },
  {
    name: "an Ed25519 signature alone",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com", { key: ED25519, tags: { s: "ed" } }),
    expected: "spf=fail dkim=pass dmarc=pass",
  },
  {
    name: "two signatures, of which one is broken",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(
      signed(plain(ORG), "org-example.com", { key: ED25519, tags: { s: "ed" } }),
      "org-example.com",
      {
        tags: { bh: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
      },
    ),
    expected: "spf=fail dkim=fail,pass dmarc=pass",
  },
  {
    name: "a key of 768 bits",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com", { key: SMALL, tags: { s: "small" } }),
    expected: "spf=fail dkim=policy dmarc=fail",
    action: "reject",
  },
  {
    name: "an expired signature",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: signed(plain(ORG), "org-example.com", { tags: { t: "1600000000", x: "1600100000" } }),
    expected: "spf=fail dkim=fail dmarc=fail",
    others: [
      "spf=fail dkim=permerror dmarc=fail",
      "RFC 6376 3.5, x=: MAY be taken for invalid; either word does",
    ],
    action: "reject",
  },
  {
    name: "a text below the signed part (l=)",
    ...STRANGER,
    mailFrom: "a@org-example.com",
    message: edited(signed(plain(ORG), "org-example.com", { tags: { l: "8" } })),
    expected: "spf=fail dkim=pass dmarc=pass",
  },
  {
    name: "strict, signed with a domain below",
    ...GOOD,
    mailFrom: "a@nodmarc-example.com",
    message: signed(plain("a@strict-example.com"), "sub.strict-example.com"),
    expected: "spf=pass dkim=pass dmarc=fail",
    others: [
      "spf=pass dkim=pass dmarc=pass",
      "RFC 9989 3.2.10.2: strict wants the same domain",
    ],
    action: "reject",
  },
  {
    name: "strict, MAIL FROM of a domain below",
    ...GOOD,
    mailFrom: "a@sub.strict-example.com",
    message: plain("a@strict-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    others: [
      "spf=pass dkim=none dmarc=pass",
      "RFC 9989 3.2.10.2: strict wants the same domain",
    ],
    action: "reject",
  },
  {
    name: "spoofed, p=quarantine",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@quarantine-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "quarantine",
  },
  {
    name: "spoofed, p=none",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@none-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
  },
  {
    name: "spoofed subdomain, sp=reject",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@sub.none-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed name that does not exist, np=reject",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@gone.np-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "spoofed, p=reject that is only tested",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@testing-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    action: "quarantine",
  },
  {
    name: "two DMARC records",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@two-example.com"),
    expected: "spf=pass dkim=none dmarc=none",
    others: [
      "spf=pass dkim=none dmarc=fail",
      "RFC 9989 4.10: of several records all are discarded; RFC 7489 6.6.3 says the same of them",
    ],
  },
  {
    name: "another text beside the DMARC record",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@beside-example.com"),
    expected: "spf=pass dkim=none dmarc=fail",
    others: [
      "spf=pass dkim=none dmarc=none",
      "RFC 9989 4.10: texts that are no DMARC record are discarded; opendmarc reads the first alone",
    ],
    action: "reject",
  },
  {
    name: "no DMARC record",
    ...GOOD,
    mailFrom: "a@nodmarc-example.com",
    message: signed(plain("a@nodmarc-example.com"), "nodmarc-example.com"),
    expected: "spf=pass dkim=pass dmarc=none",
  },
  {
    name: "no SPF record, signed",
    ...GOOD,
    mailFrom: "a@nospf-example.com",
    message: signed(plain("a@nospf-example.com"), "nospf-example.com"),
    expected: "spf=none dkim=pass dmarc=pass",
  },
  {
    name: "an SPF record with an unknown mechanism",
    ...GOOD,
    mailFrom: "a@wrongspf-example.com",
    message: plain("a@wrongspf-example.com"),
    expected: "spf=permerror dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "an SPF record with an mx of 11 hosts",
    ...GOOD,
    mailFrom: "a@manymx-example.com",
    message: plain("a@manymx-example.com"),
    expected: "spf=permerror dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "an SPF record with 3 names that do not exist",
    ...GOOD,
    mailFrom: "a@voids-example.com",
    message: plain("a@voids-example.com"),
    expected: "spf=permerror dkim=none dmarc=fail",
    action: "reject",
  },
  {
    name: "a domain whose name server is broken",
    ...GOOD,
    mailFrom: "a@down-example.com",
    message: signed(plain("a@down-example.com"), "down-example.com"),
    expected: "spf=temperror dkim=temperror dmarc=temperror",
    others: [
      "spf=temperror dkim=- dmarc=none",
      "RFC 9989 5.3.6: temperror; opendmarc lets it pass as none",
    ],
  },
  {
    name: "a DMARC record that cannot be looked up",
    ...STRANGER,
    mailFrom: "a@attacker-example.com",
    message: plain("a@halfdown-example.com"),
    expected: "spf=pass dkim=none dmarc=temperror",
    others: [
      "spf=pass dkim=none dmarc=none",
      "RFC 9989 5.3.6: temperror; opendmarc lets it pass as none",
    ],
  },
  {
    name: "another customer of a public suffix domain (psd=y)",
    ...GOOD,
    mailFrom: "a@other.psd-example.com",
    message: signed(plain("a@shop.psd-example.com"), "other.psd-example.com"),
    expected: "spf=pass dkim=pass dmarc=fail",
    others: [
      "spf=pass dkim=pass dmarc=pass",
      "RFC 9989 4.10.2: below psd=y each name is an organization of its own; RFC 7489 has only the public suffix list",
    ],
    action: "reject",
  },
  {
    name: "a domain in U-labels",
    ...GOOD,
    mailFrom: "a@xn--bcher-example-wob.com",
    message: signed(plain("a@b\xc3\xbccher-example.com"), "xn--bcher-example-wob.com"),
    expected: "spf=pass dkim=pass dmarc=pass",
    others: [
      "spf=pass dkim=pass dmarc=none",
      "RFC 9989 4.10.1: the domain is made A-labels first",
    ],
  },
];
