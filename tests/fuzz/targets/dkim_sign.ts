/**
 * Messages that are signed.
 *
 * @module
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { type DkimSignature, DkimSigner } from "../../../lib/auth/dkim/signer.ts";
import { DkimSigningError } from "../../../lib/auth/dkim/signing_error.ts";
import { isHeaderName } from "../../../lib/message/header_name.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { CANONICALIZATIONS, randomMessage, recordsOf, withSignatures } from "../../auth/dkim/signing.ts";
import {
  formatMessage,
  type Message,
  NOW,
  parseMessage,
  plainBody,
  plainHeader,
  resolverOf,
  verifyMessage,
} from "../../auth/dkim/support.ts";
import { at } from "../../support/present.ts";
import { Choices, cuttings, numberOf } from "../engine/choices.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

/** RFC 8463's key: signing with it is fast, and gives the same each time. */
const key = parseDkimPrivateKey("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
const publicKey = createPublicKey(key.privateKey as KeyObject);
const keys = [{ domain: "example.org", selector: "s", key }];
const resolver = resolverOf(recordsOf(keys));
const OVERSIGNED = [[], ["From"], ["From", "Subject", "Cc"]];

export const dkimSign: Target = {
  name: "dkim-sign",
  promise: "a message is refused in one line, or its signature is alike however it is cut, and no other fits",
  cases: 400,
  words: ["From: x@example.org\r\n", "subject:", "\r\n\r\n", "\r\n ", "\r\n\t", "\r", "\n", " ", "\xe9"],
  seeds: () => messages().map((message) => latin1Bytes(`\0\0${latin1Text(message)}`)),
  make(random) {
    const choices = String.fromCharCode(random.below(256), random.below(256));
    return latin1Bytes(choices + formatMessage(randomMessage(random)));
  },
  async check(bytes) {
    const choices = new Choices(bytes);
    const canonicalization = choices.of(CANONICALIZATIONS);
    const flags = choices.byte();
    const message = messageOf(latin1Text(choices.rest()));
    const options = {
      canonicalization,
      oversign: at(OVERSIGNED, flags % OVERSIGNED.length),
      bodyLength: (flags & 4) > 0,
      timestamp: (flags & 8) > 0,
      now: () => NOW,
    };
    let whole: DkimSignature | undefined;
    for (const pieces of cuttings(latin1Bytes(message.body))) {
      const signer = new DkimSigner(keys, options);
      for (const [name, value] of message.headers) signer.header(latin1Bytes(name), latin1Bytes(value));
      const ended = attempt(() => signer.endOfHeaders(), (error) => error instanceof DkimSigningError);
      if ("refusal" in ended) return;
      for (const piece of pieces) signer.body(piece);
      const [signature] = signer.finish();
      whole ??= signature;
      same(signature, whole, "a signature is the same however the body is cut");
    }
    const value = whole?.value ?? "";
    checkSlowly(message, value);
    const signed = withSignatures(message, whole ? [whole] : []);
    const [result] = await verifyMessage(signed, { resolver });
    same([result?.status, result?.reason], ["pass", undefined], "what is signed verifies");
    const [forged] = await verifyMessage(altered(signed, numberOf(bytes)), { resolver });
    // l=0 signs nothing of the body: it is what whoever wants l= asks for.
    if (/\bl=0;/.test(value)) return;
    hold(forged?.status !== "pass", "an altered message does not verify");
  },
};

/** The fields and the body of any text. */
function messageOf(text: string): Message {
  const { headers, body } = parseMessage(text);
  return { headers: headers.filter(([name]) => isHeaderName(name)), body };
}

/** Holds a signature against RFC 6376 section 3.7, read without the code under test. */
function checkSlowly({ headers, body }: Message, value: string): void {
  const tag = (name: string): string => new RegExp(`(?:^|[;\\s])${name}=([^;]*)`).exec(value)?.[1] ?? "";
  const [headerForm, bodyForm] = tag("c").split("/") as ["simple" | "relaxed", "simple" | "relaxed"];
  const hashed = latin1Bytes(plainBody(bodyForm, body));
  same(tag("bh"), createHash("sha256").update(hashed).digest("base64"), "bh= is the hash of the body");
  if (tag("l") !== "") same(Number(tag("l")), hashed.length, "l= is the length of the body");
  const left = [...headers];
  let data = "";
  for (const name of tag("h").replace(/\s+/g, "").split(":")) {
    const index = left.findLastIndex((field) => field[0].toLowerCase() === name.toLowerCase());
    for (const field of index < 0 ? [] : left.splice(index, 1)) {
      data += `${plainHeader(headerForm, ...field)}\r\n`;
    }
  }
  const [unsigned = "", signature = ""] = value.split(/(?<=[;\s]b=)/);
  data += plainHeader(headerForm, "DKIM-Signature", ` ${unsigned}`);
  const digest = createHash("sha256").update(latin1Bytes(data)).digest();
  const bytes = Buffer.from(signature.replace(/\s+/g, ""), "base64");
  hold(verify(null, digest, publicKey, bytes), "b= is of the header and its own field");
  for (const line of value.split("\r\n")) {
    hold(/^[\t!-~][ -~]*[!-~]$/.test(line), "a signature has whole lines");
  }
}

/** The signed message with another word in its body or, if chance says so, in From. */
function altered({ headers, body }: Message, chance: number): Message {
  if (chance % 2 === 0) return { headers, body: `another word\r\n${body}` };
  const from = headers.findLastIndex(([name]) => name.toLowerCase() === "from");
  const changed = headers.map((field, i): [string, string] =>
    i === from ? [field[0], `${field[1]}x`] : field
  );
  return { headers: changed, body };
}
