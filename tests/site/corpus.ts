/**
 * Two hundred messages of a site, as its Postfix got them, and what becomes of each by `docs/examples/site.toml`.
 *
 * A line of `corpus.tsv` is a message, in columns:
 *
 * - session: who handed it in, see `SESSIONS`
 * - sender and recipients of the envelope, here all in one Delivered-To; `*60@plain.example` stands for sixty recipients there
 * - From and Subject, as people read them; `-` for none, and `; ` between two From fields
 * - signed by: a domain; with `altered`, the body was changed afterwards
 * - extra: header fields that tell of a network (`internal`, `mailer`), forged results, or a size
 * - expected: the outcome; of a refusal the code and the filter; else what is done to it, see `fateOf` of the test
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { dkimKeyRecord, parseDkimPrivateKey, signDkim } from "../../lib/auth.ts";
import { encodeFieldText } from "../../lib/mime/encode_field.ts";

/** A message of the corpus. */
export interface SiteMessage {
  /** Its name. */
  readonly name: string;
  /** Its bytes, with Return-Path, Delivered-To and Received as Postfix adds them. */
  readonly bytes: Uint8Array;
  /** What becomes of it. */
  readonly expected: string;
}

/** What Postfix writes of a client, behind `Received: from`. */
const SESSIONS: Readonly<Record<string, string>> = {
  net:
    "out.news.example (out.news.example [192.0.2.25])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)",
  elsewhere: "pc.example.net (unknown [192.0.2.200])",
  partner: "mx.partner.example (mx.partner.example [198.51.100.9])",
  forwarder: "list.example.net (list.example.net [203.0.113.5])",
  internal: "db1.example.org (db1.example.org [10.1.2.3])",
  internal6: "db2.example.org (db2.example.org [IPv6:2001:db8:1::7])",
  login: "[192.168.1.5] (unknown [192.0.2.77])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\n" +
    "\t(Authenticated sender: ann)",
};

/** Fields that people outside need not see, and others that come with mail. */
const EXTRAS: Readonly<Record<string, readonly string[]>> = {
  "internal": ["X-Internal-Route: rack7.example.org", "X-Originating-IP: [10.1.2.3]"],
  "mailer": ["X-Mailer: Notepost 3.1 (build 4711; 10.1.2.3)", "User-Agent: Notepost/3.1"],
  "forged-results": ["Authentication-Results: mx.example.org; dmarc=pass header.from=bank.example"],
};

const BODIES: readonly string[] = [
  "Dear all,\n\nthe keys are in the blue box on the second shelf.\n\nBest wishes\n",
  "Guten Tag,\n\nbitte schicken Sie uns zwölf Stück. Schöne Grüße aus Köln\n",
  "Bonjour,\n\nla réunion est déplacée à jeudi, même heure.\n",
  "Hola:\n\n¿puedes traer las llaves mañana por la mañana?\n",
  "Buongiorno,\n\nla fattura è allegata al prossimo messaggio.\n",
  "Dzień dobry,\n\nproszę o potwierdzenie terminu.\n",
  "Καλημέρα,\n\nτα πρακτικά έρχονται αύριο.\n",
  "Добрый день!\n\nСчёт придёт завтра.\n",
  "こんにちは。\n\n会議は三時からです。\n",
];

/** The key of every domain, made from its name: no secret, as everybody can see how. */
function seedOf(domain: string): string {
  return btoa(domain.padEnd(32, "-").slice(0, 32));
}

/** The signing key of the site, as its folder of keys has it. */
export const SITE_KEY: string = `${seedOf("example.org")}\n`;

/** The DNS that the corpus needs, for `dns-records`. */
export function siteRecords(): string {
  const policies: readonly (readonly [domain: string, spf: string, dmarc?: string])[] = [
    ["example.org", "v=spf1 ip4:10.0.0.0/8 -all", "v=DMARC1; p=reject"],
    ["news.example", "v=spf1 ip4:192.0.2.0/26 -all", "v=DMARC1; p=reject"],
    ["bank.example", "v=spf1 ip4:192.0.2.0/26 -all", "v=DMARC1; p=reject"],
    ["pay.example", "v=spf1 ip4:192.0.2.0/26 -all", "v=DMARC1; p=none"],
    ["club.example", "v=spf1 ip4:192.0.2.0/26 -all", "v=DMARC1; p=reject"],
    ["shop.example", "v=spf1 ip4:192.0.2.0/26 -all", "v=DMARC1; p=quarantine"],
    ["quiet.example", "v=spf1 ip4:192.0.2.0/26 -all", "v=DMARC1; p=none"],
    ["partner.example", "v=spf1 ip4:198.51.100.0/25 -all", "v=DMARC1; p=reject"],
    ["service.example", "v=spf1 ip4:192.0.2.0/26 -all"],
    ["plain.example", "v=spf1 +all"],
    ["alerts.bank.example", "v=spf1 ip4:192.0.2.0/26 -all"],
    ["dept.example.org", "v=spf1 -all"],
  ];
  return policies.flatMap(([domain, spf, dmarc]) => [
    `${domain} TXT "${spf}"`,
    ...(dmarc === undefined ? [] : [`_dmarc.${domain} TXT "${dmarc}"`]),
    `2026._domainkey.${domain} TXT "${dkimKeyRecord(parseDkimPrivateKey(seedOf(domain)))}"`,
  ]).join("\n") + "\n";
}

/** Reads the corpus, and makes its messages. */
export function siteCorpus(): SiteMessage[] {
  const table = readFileSync(new URL("corpus.tsv", import.meta.url), "utf8");
  return table.trim().split("\n").filter((line) => !line.startsWith("#")).map(messageOf);
}

function messageOf(line: string, i: number): SiteMessage {
  const columns = line.split("\t");
  const [
    session = "",
    sender = "",
    to = "",
    from = "",
    subject = "",
    signed = "",
    extra = "",
    expected = "",
  ] = columns;
  const recipients = recipientsOf(to);
  const extras = extra === "-" ? [] : extra.split("+");
  const [size] = extras.flatMap((word) => /^(\d+)MB$/.exec(word)?.slice(1) ?? []);
  const header = [
    ...(from === "-" ? [] : from.split("; ").map((text) => `From: ${encodeFieldText("From", text)}`)),
    `To: ${recipients[0]}`,
    ...(subject === "-" ? [] : [`Subject: ${encodeFieldText("Subject", subject)}`]),
    `Date: Mon, 12 Oct 2026 09:${String(i % 60).padStart(2, "0")}:00 +0200`,
    `Message-ID: <${i + 1}.corpus@mail.example>`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    ...extras.flatMap((word) => EXTRAS[word] ?? []),
  ];
  const body = (BODIES[i % BODIES.length] ?? "") + (size === undefined ? "" : filled(Number(size)));
  const [domain = "-", altered] = signed.split(" ");
  const plain = `${header.join("\n")}\n\n${body}`;
  const signature = domain === "-" ? "" : signatureOf(domain, plain);
  const envelope = [
    `Return-Path: <${sender.replace(/[<>]/g, "")}>`,
    `Delivered-To: ${recipients.join(", ")}`,
    `Received: from ${
      SESSIONS[session]
    }\n\tby mx.example.org (Postfix) with ESMTPS id 4X${i}; Mon, 12 Oct 2026 09:00:00 +0200`,
  ];
  const text = `${envelope.join("\n")}\n${signature}${plain}${
    altered === undefined ? "" : "\n-- \nthe list\n"
  }`;
  return {
    name: `${String(i + 1).padStart(3, "0")}-${session}.eml`,
    bytes: new TextEncoder().encode(text),
    expected,
  };
}

function recipientsOf(text: string): string[] {
  const [, count, domain] = /^\*(\d+)@(.+)$/.exec(text) ?? [];
  if (count === undefined) return text.split(",");
  return Array.from({ length: Number(count) }, (_, i) => `guest${i + 1}@${domain}`);
}

/** Lines of text, of so many megabytes. */
function filled(megabytes: number): string {
  return `${"x".repeat(99)}\n`.repeat(megabytes * 10_000);
}

function signatureOf(domain: string, message: string): string {
  const key = parseDkimPrivateKey(seedOf(domain));
  const [signature] = signDkim(new TextEncoder().encode(message), [{ domain, selector: "2026", key }]);
  return `DKIM-Signature: ${signature!.value.replaceAll("\r\n", "\n")}\n`;
}
