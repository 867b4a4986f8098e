/**
 * The settings of a signer, and their checks.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isAscii } from "../bytes.ts";
import { asciiDomain, isSameOrBelow } from "../domain_name.ts";
import { wholeNumber } from "../whole_number.ts";
import type { DkimPrivateKey } from "./private_key.ts";
import type { Canonicalization } from "./signature.ts";
import {
  type CheckedNames,
  checkedNames,
  DEFAULT_OVERSIGNED_HEADERS,
  DEFAULT_SIGNED_HEADERS,
} from "./signed_fields.ts";
import { DkimSigningError } from "./signing_error.ts";

/** A key with what its signature says of it. */
export interface DkimSigningKey {
  /** d=, the domain that takes responsibility. Labels may be U-labels; the signature has A-labels. */
  readonly domain: string;
  /** s=: the key record is at `SELECTOR._domainkey.DOMAIN`. */
  readonly selector: string;
  readonly key: DkimPrivateKey;
  /** i=, such as `@mail.example.org` or `joe@example.org`: within the domain. Left out by default, which means `@DOMAIN`. */
  readonly identity?: string | undefined;
}

/** Settings of a {@link DkimSigner}. */
export interface DkimSigningOptions {
  /** The time in seconds since 1970, for t= and x=. */
  readonly now: () => number;
  /**
   * How the header and the body are canonicalized before hashing: `relaxed` survives changes of white space.
   * @default {"relaxed/relaxed"}
   */
  readonly canonicalization?: `${Canonicalization}/${Canonicalization}` | undefined;
  /**
   * The header fields that are signed if present, all of each name; names in any case.
   * @default {DEFAULT_SIGNED_HEADERS}
   */
  readonly headers?: readonly string[] | undefined;
  /**
   * The header fields that are signed once more than they occur (oversigned), so that nobody can add one.
   * @default {["From"]}
   */
  readonly oversign?: readonly string[] | undefined;
  /**
   * Whether the signature says when it was made (t=).
   * @default {true}
   */
  readonly timestamp?: boolean | undefined;
  /**
   * Seconds after which the signature expires (x=), 1 to 99,999,999,999.
   * @default {never}
   */
  readonly lifetime?: number | undefined;
  /**
   * Whether the signature says how much of the body it covers (l=), which is all of it: anybody can then append to the
   * message, and it still verifies. Not recommended; only useful for mailing lists that add a footer.
   * @default {false}
   */
  readonly bodyLength?: boolean | undefined;
  /**
   * The maximum number of bytes of header fields to sign.
   * @default {1048576}
   */
  readonly maxHeaderBytes?: number | undefined;
}

/** Settings after their checks. */
export interface SigningPlan {
  /** In the order of the signatures, with A-labels in lower case. */
  readonly keys: readonly DkimSigningKey[];
  readonly now: () => number;
  readonly header: Canonicalization;
  readonly body: Canonicalization;
  readonly headers: CheckedNames;
  readonly oversign: CheckedNames;
  readonly timestamp: boolean;
  readonly lifetime: number | undefined;
  readonly bodyLength: boolean;
  readonly maxHeaderBytes: number;
}

/** t= and x= have up to 12 digits, and this leaves room for the time. */
const MAX_LIFETIME = 99_999_999_999;
/** An address has up to 254 characters (RFC 5321 section 4.5.3.1.3). */
const MAX_IDENTITY = 254;

/**
 * Checks settings.
 *
 * @throws {DkimSigningError} if one is wrong
 * @throws {RangeError} if a number is
 */
export function signingPlan(keys: readonly DkimSigningKey[], options: DkimSigningOptions): SigningPlan {
  const { now, lifetime, canonicalization = "relaxed/relaxed" } = options;
  const [, header, body] = /^(simple|relaxed)\/(simple|relaxed)$/.exec(canonicalization) ?? [];
  if (header === undefined || body === undefined) {
    const want = "simple or relaxed for the header, a slash, and one of them for the body";
    const message = `Cannot canonicalize as ${JSON.stringify(canonicalization)}: want ${want}`;
    throw new DkimSigningError("invalid-canonicalization", message, canonicalization);
  }
  const oversign = checkedNames("oversign", options.oversign ?? DEFAULT_OVERSIGNED_HEADERS);
  const headers = checkedNames("headers", options.headers ?? DEFAULT_SIGNED_HEADERS);
  if (!headers.has("from") && !oversign.has("from")) {
    const message = "Cannot sign without From: add it to headers";
    throw new DkimSigningError("from-unsigned", message, [...headers.values()]);
  }
  return {
    keys: checkedKeys(keys),
    now,
    header: header as Canonicalization,
    body: body as Canonicalization,
    headers,
    oversign,
    timestamp: options.timestamp ?? true,
    lifetime: lifetime === undefined ? undefined : wholeNumber("lifetime", lifetime, 1, MAX_LIFETIME),
    bodyLength: options.bodyLength ?? false,
    maxHeaderBytes: wholeNumber("maxHeaderBytes", options.maxHeaderBytes ?? 1_048_576, 0),
  };
}

function checkedKeys(keys: readonly DkimSigningKey[]): readonly DkimSigningKey[] {
  if (keys.length === 0) throw new DkimSigningError("no-keys", "Cannot sign without a key", keys.length);
  const checked = keys.map(checkedKey);
  const seen = new Set<string>();
  for (const { domain, selector } of checked) {
    const name = `${selector}._domainkey.${domain}`;
    if (seen.has(name)) {
      const message = `Cannot sign with two keys for ${name}: give each its own selector`;
      throw new DkimSigningError("duplicate-key", message, name);
    }
    seen.add(name);
  }
  // A verifier that supports Ed25519 accepts any; one that does not finds an RSA signature first.
  return [
    ...checked.filter(({ key }) => key.type === "rsa"),
    ...checked.filter(({ key }) => key.type !== "rsa"),
  ];
}

function checkedKey(signing: DkimSigningKey): DkimSigningKey {
  const domain = aLabels(signing.domain);
  if (domain === undefined) {
    const message = `Cannot sign for ${JSON.stringify(signing.domain)}: it is not a domain name`;
    throw new DkimSigningError("invalid-domain", message, signing.domain);
  }
  const selector = aLabels(signing.selector);
  if (selector === undefined || `${selector}._domainkey.${domain}`.length > 253) {
    const problem = selector === undefined
      ? "want labels as of a domain name"
      : "the name of its record is too long";
    const message = `Cannot use the selector ${JSON.stringify(signing.selector)} of ${domain}: ${problem}`;
    throw new DkimSigningError("invalid-selector", message, signing.selector);
  }
  return { domain, selector, key: signing.key, identity: checkedIdentity(signing.identity, domain) };
}

function checkedIdentity(identity: string | undefined, domain: string): string | undefined {
  if (identity === undefined) return undefined;
  const at = identity.lastIndexOf("@");
  const identityDomain = at < 0 ? undefined : aLabels(identity.slice(at + 1));
  if (
    identityDomain === undefined || !isSameOrBelow(identityDomain, domain) || identity.length > MAX_IDENTITY
  ) {
    const want = `@ and ${domain} or a subdomain, in at most ${MAX_IDENTITY} characters`;
    const message = `Cannot sign as ${JSON.stringify(identity)}: want ${want}`;
    throw new DkimSigningError("invalid-identity", message, identity);
  }
  return identity.slice(0, at + 1) + identityDomain;
}

function aLabels(name: string): string | undefined {
  return asciiDomain(isAscii(name) ? name : Buffer.from(name, "utf8").toString("latin1"));
}
