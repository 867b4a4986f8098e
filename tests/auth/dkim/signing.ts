// What the tests of signing share: keys, a signer run, odd messages.
import type { DkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { type DkimSignature, DkimSigner } from "../../../lib/auth/dkim/signer.ts";
import type { DkimSigningKey, DkimSigningOptions } from "../../../lib/auth/dkim/signing_options.ts";
import type { Random } from "../../support/random.ts";
import { bytes, ed25519Key, type Message, NOW, sharedRsaKey, type TestKey } from "./support.ts";

export const CANONICALIZATIONS = [
  "simple/simple",
  "simple/relaxed",
  "relaxed/simple",
  "relaxed/relaxed",
] as const;

export function privateKeyOf({ privateKey }: TestKey): DkimPrivateKey {
  return parseDkimPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }) as string);
}

let both: readonly DkimSigningKey[] | undefined;

/** An Ed25519 and an RSA key of example.org, in this order. */
export function bothKeys(): readonly DkimSigningKey[] {
  return both ??= [
    { domain: "example.org", selector: "ed25519", key: privateKeyOf(ed25519Key()) },
    { domain: "example.org", selector: "rsa", key: privateKeyOf(sharedRsaKey()) },
  ];
}

/** The records of keys by name. */
export function recordsOf(keys: readonly DkimSigningKey[]): Record<string, string> {
  return Object.fromEntries(
    keys.map(({ domain, selector, key }) => [`${selector}._domainkey.${domain}`, dkimKeyRecord(key)]),
  );
}

/** Signs a message; every buffer is overwritten once the signer has returned. */
export function signStreamed(
  message: Message,
  keys: readonly DkimSigningKey[],
  options: Partial<DkimSigningOptions> = {},
  lengthOfChunk: () => number = () => 65_535,
): readonly DkimSignature[] {
  const signer = new DkimSigner(keys, { now: () => NOW, ...options });
  for (const [name, value] of message.headers) {
    const buffers = [bytes(name), bytes(value)] as const;
    signer.header(...buffers);
    for (const buffer of buffers) buffer.fill(0);
  }
  signer.endOfHeaders();
  const body = bytes(message.body);
  for (let at = 0; at < body.length;) {
    const chunk = body.slice(at, at + lengthOfChunk());
    at += chunk.length;
    signer.body(chunk);
    chunk.fill(0);
  }
  return signer.finish();
}

/** The message with signatures on top. */
export function withSignatures(message: Message, signatures: readonly DkimSignature[]): Message {
  const added = signatures.map(({ value }): [string, string] => ["DKIM-Signature", ` ${value}`]);
  return { headers: [...added, ...message.headers], body: message.body };
}

const NAMES = [
  "To",
  "SUBJECT",
  "Cc",
  "Date",
  "message-id",
  "References",
  "X-Other",
  "Received",
  "Bcc",
];
const WORDS = [
  "a",
  " ",
  "  ",
  "\t",
  "\r\n ",
  "\r\n\t \t",
  "caf\xe9",
  "\xff\x80",
  "<x@example.org>",
  ";",
  "=",
  ":",
  "b=",
];
const LINES = [
  "",
  "",
  " ",
  "\t \t",
  "a",
  "two  words",
  " \tx",
  "caf\xe9 \xc3\xa9",
  ".",
  "..",
  "trailing \t",
  "x".repeat(900),
];

/** Messages of odd kinds, each with its name: what a client may hand in, as it comes over SMTP. */
export function oddMessages(): readonly (readonly [what: string, message: Message])[] {
  const from: [string, string] = ["From", " Someone <someone@example.org>"];
  const subject: [string, string] = ["Subject", " a subject"];
  const ordinary = (body: string): Message => ({ headers: [from, subject], body });
  const lines = (line: string, count: number): string => `${line}\r\n`.repeat(count);
  return [
    ["an empty body", ordinary("")],
    ["one line end", ordinary("\r\n")],
    ["blank lines alone", ordinary(lines("", 500))],
    ["white space alone", ordinary(" \t \r\n \r\n")],
    ["blank lines at the end", ordinary(`hello\r\n \t\r\n${lines("", 9)}`)],
    ["8-bit", ordinary("caf\xe9 \xff\x80\x01 \xc3\xa9\r\n")],
    ["tabs", ordinary("a\tb \t c\t\r\n\t\r\n")],
    ["dots", ordinary(".\r\n..\r\n.x\r\n")],
    ["lines that look like a header", ordinary("From: x@example.org\r\nDKIM-Signature: v=1\r\n\r\n")],
    ["1 MB", ordinary(lines("The quick brown fox jumps over the lazy dog.", 22_000))],
    ["long lines", ordinary(`${"x".repeat(70_000)}\r\n${"y z ".repeat(3000)}\r\n`)],
    ["a repeated field", {
      headers: [["Subject", " one"], from, ["Subject", " two"], ["To", " a"], ["subject", " three"]],
      body: "x\r\n",
    }],
    ["two From", { headers: [from, ["FROM", " other@example.com"]], body: "x\r\n" }],
    ["folded fields", {
      headers: [["From", "\r\n\tSomeone\r\n  <someone@example.org>\t "], ["Subject", " a  \r\n \r\n\tb"], [
        "To",
        "",
      ]],
      body: "x\r\n",
    }],
    ["8-bit in the header", { headers: [from, ["Subject", " caf\xe9 \xc3\xa9 \xff"]], body: "x\r\n" }],
    ["a huge header", {
      headers: [
        from,
        ["References", "\r\n\t<1234567890.abcdefghij@mail.example.org>".repeat(1000)],
        ...Array.from({ length: 300 }, (_, i): [string, string] => [`X-Field-${i}`, " x".repeat(100)]),
      ],
      body: "x\r\n",
    }],
    ["hundreds of fields to sign", {
      headers: [
        from,
        ...Array.from({ length: 400 }, (_, i): [string, string] => ["Cc", ` r${i}@example.org`]),
      ],
      body: "x\r\n",
    }],
    ["an older signature", {
      headers: [["DKIM-Signature", " v=1; a=rsa-sha256; d=example.com; s=x; h=from; bh=; b="], from, subject],
      body: "x\r\n",
    }],
  ];
}

/** A message of random pieces, with a From that all can read. */
export function randomMessage(random: Random): Message {
  const some = (parts: readonly string[], most: number): string => {
    let text = "";
    for (let i = random.below(most); i > 0; i--) text += random.pick(parts);
    return text;
  };
  const headers = Array.from({ length: random.below(12) }, (): [string, string] => [
    random.pick(NAMES),
    // A line of white space alone ends the header for some readers.
    some(WORDS, 12).replace(/\r\n[ \t]*(?=\r\n|$)/g, " "),
  ]);
  headers.splice(random.below(headers.length + 1), 0, ["From", " someone@example.org"]);
  let body = "";
  for (let i = random.below(12); i > 0; i--) body += `${random.pick(LINES)}\r\n`;
  return { headers, body };
}
