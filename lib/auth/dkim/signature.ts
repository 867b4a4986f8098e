/**
 * Parses DKIM-Signature header fields (RFC 6376 section 3.5).
 *
 * @module
 */
import { decodeBase64, isFws, trimFws, withoutFws } from "../bytes.ts";
import { asciiDomain, isSameOrBelow } from "../domain_name.ts";
import { parseTagList, type TagList } from "../tag_list.ts";

/** How the header or the body is canonicalized before hashing. */
export type Canonicalization = "simple" | "relaxed";

/** An algorithm that this verifier supports. */
export type SigningAlgorithm = "rsa-sha256" | "ed25519-sha256" | "rsa-sha1";

/** The hash function that an algorithm uses, for the header and for the body. */
export type HashName = "sha256" | "sha1";

/** A signature that can be checked. */
export interface Signature {
  readonly algorithm: SigningAlgorithm;
  readonly hash: HashName;
  readonly headerCanonicalization: Canonicalization;
  readonly bodyCanonicalization: Canonicalization;
  /** d=, in lower case ASCII. */
  readonly domain: string;
  /** s=, in lower case ASCII. */
  readonly selector: string;
  /** i=, decoded. */
  readonly identity: string;
  /** The domain part of i=, in lower case ASCII. */
  readonly identityDomain: string;
  /** h=: names in lower case, in order. */
  readonly headerNames: readonly string[];
  /** bh=. */
  readonly bodyHash: Uint8Array;
  /** l=, in bytes; undefined if the whole body is signed. */
  readonly bodyLength: number | undefined;
  /** t=, in seconds since 1970. */
  readonly timestamp: number | undefined;
  /** x=, in seconds since 1970. */
  readonly expiration: number | undefined;
  /** b=. */
  readonly signature: Uint8Array;
  /** The position of b='s value, with the white space around it, in the field's value. */
  readonly signatureStart: number;
  readonly signatureEnd: number;
}

/** What is known about a signature even if it cannot be checked: enough to report it. */
export interface SignatureOutline {
  readonly domain: string | undefined;
  readonly identity: string | undefined;
  readonly selector: string | undefined;
  readonly algorithm: SigningAlgorithm | undefined;
  /** b= without white space, if it is base64. */
  readonly signatureText: string | undefined;
}

/** Why a signature cannot be checked. */
export interface SignatureProblem {
  readonly status: "permerror" | "neutral" | "policy";
  /** One short clause, without bytes of the message. */
  readonly reason: string;
}

/** The outcome of {@link parseSignature}. */
export interface ParsedSignature {
  readonly outline: SignatureOutline;
  readonly result: Signature | SignatureProblem;
}

/** Settings of {@link parseSignature}. */
export interface SignatureRules {
  /**
   * Whether to check rsa-sha1 like any other algorithm; RFC 8301 forbids it.
   * @default {false}
   */
  readonly allowSha1?: boolean;
}

/** The outline of a signature that cannot be parsed. */
const NOTHING_KNOWN: SignatureOutline = {
  domain: undefined,
  identity: undefined,
  selector: undefined,
  algorithm: undefined,
  signatureText: undefined,
};

const HASHES: Readonly<Record<SigningAlgorithm, { readonly name: HashName; readonly length: number }>> = {
  "rsa-sha256": { name: "sha256", length: 32 },
  "ed25519-sha256": { name: "sha256", length: 32 },
  "rsa-sha1": { name: "sha1", length: 20 },
};

/**
 * Parses the value of a DKIM-Signature field. Unknown tags are ignored.
 *
 * Malformed and contradictory signatures are `permerror`; those that may be valid but use an unknown version, algorithm,
 * canonicalization or query method are `neutral`; SHA-1 is `policy` (RFC 8301) unless the rules allow it.
 *
 * @param value everything after the field's colon, one character per byte
 */
export function parseSignature(value: string, rules: SignatureRules = {}): ParsedSignature {
  const tags = parseTagList(value);
  if ("problem" in tags) return { outline: NOTHING_KNOWN, result: permerror(tags.problem) };
  const outline = outlineOf(tags);
  return { outline, result: check(tags, outline, rules) };
}

function check(
  tags: TagList,
  outline: SignatureOutline,
  rules: SignatureRules,
): Signature | SignatureProblem {
  for (const name of ["v", "a", "b", "bh", "d", "h", "s"]) {
    if (!tags.has(name)) return permerror(`tag ${name}= is missing`);
  }
  const text = (name: string): string | undefined => tags.get(name)?.value;
  if (text("v") !== "1") return neutral("unknown version");
  const { domain, selector, identity } = outline;
  if (domain === undefined) return permerror("d= is not a domain name");
  if (selector === undefined) return permerror("s= is not a selector");
  if (`${selector}._domainkey.${domain}`.length > 253) return permerror("the key's name is too long");
  const at = identity?.lastIndexOf("@") ?? -1;
  if (identity === undefined || at < 0) return permerror("i= is not an identity");
  const identityDomain = identity.slice(at + 1);
  if (!isSameOrBelow(identityDomain, domain)) return permerror("i= is not within d=");

  const algorithm = outline.algorithm;
  if (algorithm === undefined) return neutral("unknown algorithm");
  if (algorithm === "rsa-sha1" && !rules.allowSha1) {
    return { status: "policy", reason: "SHA-1 is not accepted" };
  }
  const hash = HASHES[algorithm];
  const canonicalization = parseCanonicalization(text("c") ?? "simple/simple");
  if (canonicalization === undefined) return neutral("unknown canonicalization");
  const methods = (text("q") ?? "dns/txt").split(":").map((method) => trimFws(method).toLowerCase());
  if (!methods.includes("dns/txt")) return neutral("unknown query method");

  const headerNames = parseHeaderNames(tags.get("h")!.value);
  if (headerNames === undefined) return permerror("h= is malformed");
  // RFC 6376 section 5.4 requires From in h=, not in the message: if there is none, its absence is signed, and nobody can
  // add one. Such a message has no author, so a check of the author's signature fails.
  if (!headerNames.includes("from")) return permerror("From is not signed");
  const bodyHash = decodeBase64(tags.get("bh")!.value);
  if (bodyHash === undefined || bodyHash.length !== hash.length) return permerror("bh= is malformed");
  const signature = decodeBase64(tags.get("b")!.value);
  if (signature === undefined || signature.length === 0) return permerror("b= is malformed");

  const bodyLength = parseNumber(text("l"), 76);
  const timestamp = parseNumber(text("t"), 12);
  const expiration = parseNumber(text("x"), 12);
  if (bodyLength === null) return permerror("l= is malformed");
  if (timestamp === null) return permerror("t= is malformed");
  if (expiration === null) return permerror("x= is malformed");
  if (timestamp !== undefined && expiration !== undefined && expiration <= timestamp) {
    return permerror("x= is not after t=");
  }
  return {
    algorithm,
    hash: hash.name,
    headerCanonicalization: canonicalization.header,
    bodyCanonicalization: canonicalization.body,
    domain,
    selector,
    identity,
    identityDomain,
    headerNames,
    bodyHash,
    bodyLength,
    timestamp,
    expiration,
    signature,
    signatureStart: tags.get("b")!.start,
    signatureEnd: tags.get("b")!.end,
  };
}

function outlineOf(tags: TagList): SignatureOutline {
  const domain = asciiDomain(tags.get("d")?.value ?? "");
  const selector = asciiDomain(tags.get("s")?.value ?? "");
  const algorithm = tags.get("a")?.value.toLowerCase() ?? "";
  const signatureText = withoutFws(tags.get("b")?.value ?? "");
  return {
    domain,
    selector,
    identity: parseIdentity(tags.get("i")?.value, domain),
    algorithm: Object.hasOwn(HASHES, algorithm) ? algorithm as SigningAlgorithm : undefined,
    signatureText: decodeBase64(signatureText) === undefined ? undefined : signatureText,
  };
}

/** Decodes i= and converts its domain; undefined if it is not `[local-part] "@" domain`. */
function parseIdentity(value: string | undefined, domain: string | undefined): string | undefined {
  if (value === undefined) return domain === undefined ? undefined : "@" + domain;
  const decoded = decodeQuotedPrintable(value);
  const at = decoded?.lastIndexOf("@") ?? -1;
  if (decoded === undefined || at < 0) return undefined;
  const identityDomain = asciiDomain(decoded.slice(at + 1));
  return identityDomain === undefined ? undefined : decoded.slice(0, at + 1) + identityDomain;
}

/** dkim-quoted-printable (RFC 6376 section 2.11); undefined if `=` is not followed by two digits. */
function decodeQuotedPrintable(text: string): string | undefined {
  const [plain = "", ...escapes] = withoutFws(text).split("=");
  let decoded = plain;
  for (const escape of escapes) {
    const digits = escape.slice(0, 2);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined;
    decoded += String.fromCharCode(parseInt(digits, 16)) + escape.slice(2);
  }
  return decoded;
}

function parseCanonicalization(
  text: string,
): { header: Canonicalization; body: Canonicalization } | undefined {
  const [header, body = "simple", ...more] = text.toLowerCase().split("/");
  if (more.length > 0) return undefined;
  return isCanonicalization(header) && isCanonicalization(body) ? { header, body } : undefined;
}

function isCanonicalization(text: string | undefined): text is Canonicalization {
  return text === "simple" || text === "relaxed";
}

/**
 * Splits h= at its colons; undefined if a name is empty or has characters that are not printable.
 *
 * A colon at the end is accepted, though RFC 6376 section 3.5 does not allow it: it names no field, it is signed with the
 * rest of h=, so that nobody can add it, and OpenDKIM, Mail::DKIM and dkimpy accept it.
 */
function parseHeaderNames(text: string): readonly string[] | undefined {
  const names: string[] = [];
  for (const part of text.replace(/:[ \t\r\n]*$/, "").split(":")) {
    const name = trimFws(part).toLowerCase();
    if (name === "") return undefined;
    for (let i = 0; i < name.length; i++) if (isFws(name.charCodeAt(i))) return undefined;
    names.push(name);
  }
  return names;
}

/** A decimal number: undefined if there is no text, null if it is malformed. */
function parseNumber(text: string | undefined, maxDigits: number): number | undefined | null {
  if (text === undefined) return undefined;
  if (text === "" || text.length > maxDigits) return null;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return null;
  }
  return Number(text);
}

function permerror(reason: string): SignatureProblem {
  return { status: "permerror", reason };
}

function neutral(reason: string): SignatureProblem {
  return { status: "neutral", reason };
}
