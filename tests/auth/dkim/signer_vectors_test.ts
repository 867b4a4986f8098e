// Signing vectors from other projects' suites (see tests/support/vectors.ts).
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createSign, type KeyObject } from "node:crypto";
import { after } from "node:test";
import { BodyHasher } from "../../../lib/auth/dkim/body_hash.ts";
import { canonicalizeHeader } from "../../../lib/auth/dkim/canonicalization.ts";
import { HeaderIndex, SignableField } from "../../../lib/auth/dkim/header_selection.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { signBytes } from "../../../lib/auth/dkim/sign_bytes.ts";
import { type Canonicalization, parseSignature, type Signature } from "../../../lib/auth/dkim/signature.ts";
import { unsignableHeader } from "../../../lib/auth/dkim/signed_fields.ts";
import type { DkimSigningKey, DkimSigningOptions } from "../../../lib/auth/dkim/signing_options.ts";
import { parseTagList, type TagList } from "../../../lib/auth/tag_list.ts";
import { skipFor } from "../../support/instance.ts";
import { at, present } from "../../support/present.ts";
import { vectorsOf } from "../../support/vectors.ts";
import { Peer, type PeerName, peerProblem } from "../peer.ts";
import { recordsOf, signStreamed, withSignatures } from "./signing.ts";
import {
  bytes,
  canonicalBody,
  formatMessage,
  parseMessage,
  resolverOf,
  text,
  verifyMessage,
} from "./support.ts";

interface Vector {
  readonly id: string;
  readonly msg: string;
  readonly key?: string;
  readonly key_seed_base64?: string;
  readonly selector: string;
  readonly domain: string;
  readonly canon: NonNullable<DkimSigningOptions["canonicalization"]>;
  readonly algorithm: "rsa-sha1" | "rsa-sha256" | "ed25519-sha256";
  readonly time: number;
  readonly options: readonly string[];
  readonly expect: {
    readonly bh: string;
    readonly h?: string;
    readonly l?: string;
    readonly i?: string;
    readonly x?: string;
  };
  /** The value of the field, a valid signature. */
  readonly signature: string;
}

type CanonicalizationVector =
  & { readonly id: string; readonly header?: string; readonly body: string }
  & { readonly [what in `${Canonicalization}_${"header" | "body" | "bh_sha256"}`]?: string };

interface File {
  readonly sign: readonly Vector[];
  readonly canonicalization: readonly CanonicalizationVector[];
}

const { vectorTest, vectors = { sign: [], canonicalization: [] }, skip } = vectorsOf<File>("sign.json");

const peers = new Map<PeerName, Peer>();
after(() => {
  for (const peer of peers.values()) peer.stop();
});

function messageOf(vector: Vector) {
  return parseMessage(Buffer.from(vector.msg, "base64").toString("latin1"));
}

function keyOf({ key, key_seed_base64, domain, selector, expect }: Vector): DkimSigningKey {
  return {
    domain,
    selector,
    key: parseDkimPrivateKey(present(key ?? key_seed_base64, "a key")),
    identity: expect.i,
  };
}

/** Fields of h= that we never sign: libopendkim's suite signs Received, and covers that there is no Bcc. */
function signable(h: string): string[] {
  return h.split(":").filter((name) => unsignableHeader(name) === undefined);
}

/** The settings that make the signature that a vector expects. */
function optionsOf({ canon, time, options, expect, id }: Vector): DkimSigningOptions {
  const h = signable(expect.h ?? "");
  return {
    now: () => time,
    canonicalization: canon,
    headers: options.includes("DKIM_OPTS_SIGNHDRS") ? h : undefined,
    oversign: OVERSIGNED.get(id) ?? [],
    bodyLength: expect.l !== undefined,
    lifetime: expect.x === undefined ? undefined : Number(expect.x) - time,
  };
}

/** What the suite passes as DKIM_OPTS_OVERSIGNHDRS, without Bcc. */
const OVERSIGNED: ReadonlyMap<string, readonly string[]> = new Map([
  ["libopendkim/t-test47", ["Cc"]],
  ["libopendkim/t-test92", ["Subject", "Cc"]],
]);

function tagsOf(value: string): TagList {
  const tags = parseTagList(value);
  assert.ok(!("problem" in tags));
  return tags;
}

function tag(tags: TagList, name: string): string | undefined {
  return tags.get(name)?.value.replace(/\s+/g, "");
}

function bodyHash({ canon, msg }: Vector, hash: "sha1" | "sha256"): string {
  const hasher = new BodyHasher();
  const digest = hasher.digest(canon.split("/")[1] as Canonicalization, undefined, hash);
  hasher.push(bytes(parseMessage(Buffer.from(msg, "base64").toString("latin1")).body), new Set([digest]));
  hasher.end();
  return Buffer.from(digest.hash).toString("base64");
}

// RFC 8301 forbids rsa-sha1, which we never write: those vectors are signed with rsa-sha256, so that of them h=, l=, i= and x=
// are compared, and bh= as what both sides' hasher makes of the body with SHA-1.
vectorTest("bh=, h=, l=, i= and x= are as the vectors have them", { skip }, () => {
  assert.ok(vectors.sign.length >= 35);
  for (const vector of vectors.sign) {
    const { id, algorithm, canon, time, domain, selector, expect } = vector;
    const own = at(signStreamed(messageOf(vector), [keyOf(vector)], optionsOf(vector)), 0);
    assert.equal(own.algorithm, algorithm.replace("sha1", "sha256"), id);
    const tags = tagsOf(own.value);
    const sha1 = algorithm === "rsa-sha1";
    assert.equal(bodyHash(vector, sha1 ? "sha1" : "sha256"), expect.bh, id);
    assert.equal(tag(tags, "bh"), sha1 ? bodyHash(vector, "sha256") : expect.bh, id);
    if (expect.h !== undefined) assert.equal(tag(tags, "h"), signable(expect.h).join(":"), id);
    for (const name of ["l", "i", "x"] as const) {
      assert.equal(tag(tags, name), expect[name], `${id}, ${name}=`);
    }
    assert.equal(tag(tags, "t"), String(time), id);
    assert.deepEqual([tag(tags, "c"), tag(tags, "d"), tag(tags, "s")], [canon, domain, selector], id);
  }
});

vectorTest("the signatures of the vectors, RFC 8463's among them, come out byte for byte", { skip }, () => {
  for (const vector of vectors.sign) {
    const { headers } = messageOf(vector);
    const value = ` ${vector.signature}`;
    const parsed = parseSignature(value, { allowSha1: true }).result as Signature;
    const index = new HeaderIndex(
      headers.map((field) => new SignableField(bytes(field[0]), bytes(field[1]))),
    );
    const own = new SignableField(bytes("DKIM-Signature"), bytes(value));
    const signed = index.signedHeader(parsed, own).bytes();
    const { key } = keyOf(vector);
    const signature = parsed.hash === "sha1"
      ? createSign("RSA-SHA1").update(signed).sign(key.privateKey as KeyObject)
      : signBytes(signed, key);
    assert.equal(Buffer.from(signature).toString("base64"), tag(tagsOf(value), "b"), vector.id);
  }
});

/** Who cannot read a message, or not its algorithm. */
const CANNOT_VERIFY: ReadonlyMap<string, PeerName> = new Map([
  // dkimpy refuses white space before a field's colon.
  ["libopendkim/t-test79", "dkimpy"],
  // Debian 12's version does not know Ed25519.
  ["rfc8463/ed25519", "Mail::DKIM"],
]);

const missing = (["libopendkim", "dkimpy", "Mail::DKIM"] as const).map(peerProblem).find((each) => each);
vectorTest("opendkim, dkimpy, Mail::DKIM and we verify what we sign of each vector", {
  skip: skip || skipFor(missing),
}, async () => {
  for (const name of ["libopendkim", "dkimpy", "Mail::DKIM"] as const) peers.set(name, new Peer(name));
  const now = () => Math.floor(Date.now() / 1000);
  for (const vector of vectors.sign) {
    const key = keyOf(vector);
    const message = messageOf(vector);
    const signed = withSignatures(message, signStreamed(message, [key], { ...optionsOf(vector), now }));
    const records = recordsOf([key]);
    const [result] = await verifyMessage(signed, { resolver: resolverOf(records), now });
    assert.equal(result?.status, "pass", `${vector.id}: ${result?.reason}`);
    for (const [name, peer] of peers) {
      if (CANNOT_VERIFY.get(vector.id) === name) continue;
      const { passed, detail } = await peer.verify(formatMessage(signed), records);
      assert.ok(passed, `${name}, ${vector.id}: ${detail}`);
    }
  }
});

vectorTest("canonical forms are as RFC 6376 has them", { skip }, () => {
  const hash = (body: string) => createHash("sha256").update(bytes(body)).digest("base64");
  for (const vector of vectors.canonicalization) {
    for (const form of ["simple", "relaxed"] as const) {
      const body = canonicalBody(form, vector.body);
      const expectedBody = vector[`${form}_body` as const];
      const expectedHash = vector[`${form}_bh_sha256` as const];
      const header = vector[`${form}_header` as const];
      if (expectedBody !== undefined) assert.equal(body, expectedBody, vector.id);
      if (expectedHash !== undefined) assert.equal(hash(body), expectedHash, vector.id);
      if (header === undefined) continue;
      const fields = parseMessage(`${present(vector.header, "a header")}\r\n`).headers.map(([name, value]) =>
        text([canonicalizeHeader(form, bytes(name), bytes(value))]) + "\r\n"
      );
      assert.equal(fields.join(""), header, vector.id);
    }
  }
});
