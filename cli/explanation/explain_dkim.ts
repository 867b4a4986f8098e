/**
 * Explains DKIM.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { latin1 } from "../../lib/auth/bytes.ts";
import { type BodyDigest, BodyHasher } from "../../lib/auth/dkim/body_hash.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { parseSignature, type Signature } from "../../lib/auth/dkim/signature.ts";
import { DkimVerifier } from "../../lib/auth/dkim/verifier.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { type Answers, type Lookup, NotingResolver } from "./lookup.ts";

/** What of a message can differ from what was signed. */
export type Comparison = "same" | "differs" | "not-compared";

/** How one signature came out, and why. */
export interface SignaturePart {
  readonly result: DkimResult["status"];
  readonly reason?: string | undefined;
  readonly domain?: string | undefined;
  readonly identity?: string | undefined;
  readonly selector?: string | undefined;
  readonly algorithm?: string | undefined;
  /** Canonicalization of header and body, `relaxed/simple`. */
  readonly canonicalization?: string | undefined;
  /** h=: what is signed of the header, in lower case. */
  readonly signedFields?: readonly string[] | undefined;
  /** The lookup of the key; undefined if it was not asked for. */
  readonly key?: Lookup | undefined;
  readonly keyBits?: number | undefined;
  /** The key says that the domain only tests DKIM (t=y). */
  readonly testing: boolean;
  /** Whether the signed fields are as they were signed. */
  readonly header: Comparison;
  /** Whether the body is as it was signed: its hash is that of bh=. */
  readonly body: Comparison;
  /** l=: how many bytes of the body are signed; undefined if all are. */
  readonly bodyLength?: number | undefined;
  readonly unsignedBodyBytes?: number | undefined;
  /** t=, as an ISO time. */
  readonly signedAt?: string | undefined;
  /** x=, as an ISO time. */
  readonly expires?: string | undefined;
}

/** How DKIM came out. */
export interface DkimPart {
  readonly signatures: readonly SignaturePart[];
  /** Signatures beyond those that are checked. */
  readonly ignored: number;
}

/** The most signatures that are checked, as the filter `dkim-check` does by default. */
export const MAX_SIGNATURES = 10;

/** What is checked of a message. */
export interface SignedMessage {
  /** All fields from the top. */
  readonly header: readonly HeaderField[];
  readonly body: Uint8Array;
}

/**
 * Verifies the signatures of a message.
 *
 * @param message the message
 * @param answers where keys are looked up
 * @param now the time in seconds since 1970
 */
export async function explainDkim(message: SignedMessage, answers: Answers, now: number): Promise<DkimPart> {
  const resolver = new NotingResolver(answers);
  const verifier = new DkimVerifier({ resolver, now: () => now, maxSignatures: MAX_SIGNATURES });
  for (const field of message.header) verifier.header(field.nameBytes, field.rawValueBytes);
  verifier.endOfHeaders();
  if (verifier.wantsBody) verifier.body(message.body);
  const results = await verifier.finish();
  const fields = message.header.filter((field) => field.is("DKIM-Signature"));
  const parsed = fields.slice(0, MAX_SIGNATURES).map((field) =>
    parseSignature(latin1(field.rawValueBytes)).result
  );
  const bodies = compareBodies(parsed, message.body);
  const signatures = results.map((result, i) => {
    const signature = parsed[i];
    const known = signature !== undefined && !("reason" in signature) ? signature : undefined;
    return signaturePart(result, known, bodies[i] ?? "not-compared", resolver);
  });
  return { signatures, ignored: verifier.ignoredSignatures };
}

function signaturePart(
  result: DkimResult,
  signature: Signature | undefined,
  body: Comparison,
  resolver: NotingResolver,
): SignaturePart {
  const { status, domain, selector } = result;
  const isKnown = domain !== undefined && selector !== undefined;
  return {
    result: status,
    reason: result.reason,
    domain,
    identity: result.identity,
    selector,
    algorithm: result.algorithm,
    canonicalization: signature && `${signature.headerCanonicalization}/${signature.bodyCanonicalization}`,
    signedFields: signature?.headerNames,
    key: isKnown ? resolver.found("TXT", `${selector}._domainkey.${domain}`) : undefined,
    keyBits: result.keyBits,
    testing: result.testing,
    header: headerOf(result),
    body,
    bodyLength: signature?.bodyLength,
    unsignedBodyBytes: result.unsignedBodyBytes,
    signedAt: timeOf(signature?.timestamp),
    expires: timeOf(signature?.expiration),
  };
}

/** The verifier compares the header before the body, so what it says of the body tells that the header is the same. */
function headerOf({ status, reason = "" }: DkimResult): Comparison {
  if (status === "pass" || /\bbody\b|more .* field/.test(reason)) return "same";
  return reason === "the signature did not verify" ? "differs" : "not-compared";
}

/** Compares the body with each signature; the verifier does not if it has found something else before. */
function compareBodies(
  signatures: readonly ReturnType<typeof parseSignature>["result"][],
  body: Uint8Array,
): Comparison[] {
  const hasher = new BodyHasher();
  const digests: (readonly [Signature, BodyDigest] | undefined)[] = signatures.map((signature) => {
    if ("reason" in signature) return undefined;
    const { bodyCanonicalization, bodyLength, hash } = signature;
    return [signature, hasher.digest(bodyCanonicalization, bodyLength, hash)];
  });
  const wanted = new Set(digests.flatMap((entry) => entry === undefined ? [] : [entry[1]]));
  hasher.push(body, wanted);
  hasher.end();
  return digests.map((entry) => {
    if (entry === undefined) return "not-compared";
    const [{ bodyHash, bodyLength = 0 }, digest] = entry;
    const isSame = bodyLength <= digest.bodyLength && Buffer.compare(digest.hash, bodyHash) === 0;
    return isSame ? "same" : "differs";
  });
}

function timeOf(seconds: number | undefined): string | undefined {
  // The parser takes at most 12 digits, and a Date can hold those.
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
