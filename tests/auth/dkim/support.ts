// What the DKIM tests share: messages, a signer of their own, a verifier run.
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { TxtAnswer, TxtResolver } from "../../../lib/dns/resolver.ts";
import { type StaticAnswers, StaticResolver } from "../../../lib/dns/static_resolver.ts";
import { createBodyCanonicalizer } from "../../../lib/auth/dkim/canonicalization.ts";
import type { DkimResult } from "../../../lib/auth/dkim/results.ts";
import type { Canonicalization } from "../../../lib/auth/dkim/signature.ts";
import { DkimVerifier, type DkimVerifierOptions } from "../../../lib/auth/dkim/verifier.ts";

export const NOW = 1_760_000_000;

/** One byte per character. */
export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function text(parts: readonly Uint8Array[]): string {
  return parts.map((part) => Buffer.from(part).toString("latin1")).join("");
}

export interface Message {
  headers: [name: string, value: string][];
  body: string;
}

/** Splits a message with CRLF line ends, one character per byte. */
export function parseMessage(source: string): Message {
  const end = source.indexOf("\r\n\r\n");
  const head = end < 0 ? source : source.slice(0, end);
  const headers = head.split(/\r\n(?![ \t])/).filter((line) => line !== "").map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
  return { headers, body: end < 0 ? "" : source.slice(end + 4) };
}

export function formatMessage({ headers, body }: Message): string {
  return headers.map(([name, value]) => `${name}:${value}\r\n`).join("") + "\r\n" + body;
}

export function resolverOf(records: Record<string, string | TxtAnswer>): TxtResolver {
  return new StaticResolver(
    new Map(
      Object.entries(records).map(([name, value]): [string, StaticAnswers] => [
        name,
        { txt: typeof value === "string" ? { status: "found", records: [value], ttl: 60 } : value },
      ]),
    ),
  );
}

/** Verifies a message; every buffer is overwritten once the verifier has returned. */
export async function verifyMessage(
  message: Message,
  options: Partial<DkimVerifierOptions> & { resolver: TxtResolver },
  chunk: number = 65_535,
): Promise<readonly DkimResult[]> {
  const verifier = new DkimVerifier({ now: () => NOW, ...options });
  for (const [name, value] of message.headers) {
    const buffers = [bytes(name), bytes(value)] as const;
    verifier.header(...buffers);
    for (const buffer of buffers) buffer.fill(0);
  }
  verifier.endOfHeaders();
  const body = bytes(message.body);
  for (let i = 0; i < body.length && verifier.wantsBody; i += chunk) {
    const piece = body.slice(i, i + chunk);
    verifier.body(piece);
    piece.fill(0);
  }
  return await verifier.finish();
}

export function canonicalBody(form: Canonicalization, body: string, cuts: readonly number[] = []): string {
  const out: Uint8Array[] = [];
  const canonicalizer = createBodyCanonicalizer(form, (piece) => out.push(piece.slice()));
  let start = 0;
  for (const cut of [...cuts, body.length]) {
    canonicalizer.push(bytes(body.slice(start, cut)));
    start = cut;
  }
  canonicalizer.end();
  return text(out);
}

// A second, plain reading of RFC 6376 section 3.4, to hold the streaming one against.

export function plainBody(form: Canonicalization, body: string): string {
  const lines = body.split("\r\n");
  const reduced = form === "simple"
    ? lines
    : lines.map((line) => line.replace(/[ \t]+/g, " ").replace(/ $/, ""));
  while (reduced.length > 0 && reduced[reduced.length - 1] === "") reduced.pop();
  if (reduced.length === 0) return form === "simple" ? "\r\n" : "";
  return reduced.join("\r\n") + "\r\n";
}

export function plainHeader(form: Canonicalization, name: string, value: string): string {
  const lines = value.replace(/\r?\n/g, "\r\n");
  if (form === "simple") return `${name}:${lines}`;
  const reduced = lines.replaceAll("\r\n", "").replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
  return `${name.trimEnd().toLowerCase()}:${reduced}`;
}

export interface TestKey {
  readonly type: "rsa" | "ed25519";
  readonly privateKey: KeyObject;
  readonly record: string;
}

let shared: TestKey | undefined;

/** An RSA key of 2048 bits that all tests of this process share, since making one takes long. */
export function sharedRsaKey(): TestKey {
  return shared ??= rsaKey();
}

/** An RSA key that no other test has. */
export function rsaKey(bits: number = 2048): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  return { type: "rsa", privateKey, record: rsaRecord(publicKey, "spki") };
}

/** The record of an RSA key, in one of the forms in which it may be written. */
export function rsaRecord(publicKey: KeyObject, format: "spki" | "pkcs1"): string {
  const der = publicKey.export({ type: format, format: "der" });
  return `v=DKIM1; p=${Buffer.from(der).toString("base64")}`;
}

export function ed25519Key(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  return { type: "ed25519", privateKey, record: `v=DKIM1; k=ed25519; p=${raw.toString("base64")}` };
}

export interface SignOptions {
  readonly key: TestKey;
  readonly header?: Canonicalization;
  readonly body?: Canonicalization;
  /** Replace tags or, where undefined, leave them out; `b` cannot be set. */
  readonly tags?: Record<string, string | undefined>;
  /** What stands for FWS between tags. */
  readonly fold?: string;
  /** Semaphore the value before it is signed. */
  readonly edit?: (value: string) => string;
}

/** Gives the message with a signature on top. */
export function signMessage(message: Message, options: SignOptions): Message {
  const { key, header = "relaxed", body = "relaxed", fold = "\r\n\t" } = options;
  const length = options.tags?.l === undefined ? undefined : Number(options.tags.l);
  const hashed = bytes(plainBody(body, message.body)).subarray(0, length);
  const tags: Record<string, string | undefined> = {
    v: "1",
    a: `${key.type}-sha256`,
    c: `${header}/${body}`,
    d: "example.org",
    s: "sel",
    h: "from:to:subject:date",
    bh: createHash("sha256").update(hashed).digest("base64"),
    ...options.tags,
  };
  let value = "";
  for (const [name, tag] of Object.entries(tags)) if (tag !== undefined) value += ` ${name}=${tag};${fold}`;
  value += " b=";
  if (options.edit !== undefined) value = options.edit(value);
  const left = [...message.headers];
  let data = "";
  for (const wanted of (tags.h ?? "").split(":").map((name) => name.trim().toLowerCase())) {
    const index = left.findLastIndex(([name]) => name.trimEnd().toLowerCase() === wanted);
    if (index < 0) continue;
    for (const field of left.splice(index, 1)) data += plainHeader(header, ...field) + "\r\n";
  }
  data += plainHeader(header, "DKIM-Signature", value);
  const signature = key.type === "rsa"
    ? sign("sha256", bytes(data), key.privateKey)
    : sign(null, createHash("sha256").update(bytes(data)).digest(), key.privateKey);
  const folded = Buffer.from(signature).toString("base64").replace(/.{60}/g, "$&\r\n\t ");
  return { headers: [["DKIM-Signature", value + folded], ...message.headers], body: message.body };
}

/** The message with its first header field of this name changed. */
export function withHeader(message: Message, name: string, edit: (value: string) => string): Message {
  const headers = message.headers.map((field): [string, string] => [...field]);
  const field = headers.find((candidate) => candidate[0] === name);
  if (field === undefined) throw new Error(`no ${name} in the message`);
  field[1] = edit(field[1]);
  return { headers, body: message.body };
}

/** A folded subject, doubled white space, 8-bit bytes, blank lines within and at the end. */
export const SAMPLE: Message = {
  headers: [
    ["Received", " from a.example by b.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
    ["From", " Someone  <someone@example.org>"],
    ["To", " \tother@example.com"],
    ["Subject", " a  folded \r\n\t subject caf\xe9 \t"],
    ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
  ],
  body: "First  line \t\r\n\r\n \t two\t\ttabs\r\ncaf\xe9 lone\rcr lone\nlf\r\n \r\n\r\n\r\n",
};
