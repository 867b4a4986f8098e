// What others say of our signatures. Runs once: the signer's bytes are compared on both runtimes elsewhere.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { signDkim } from "../../../lib/auth/dkim/sign_dkim.ts";
import { formatMessage as formatParsed, parseMessage as parseSource } from "../../../lib/message/parse.ts";
import { skipFor } from "../../support/instance.ts";
import { at } from "../../support/present.ts";
import { Random, testSeed } from "../../support/random.ts";
import { Peer, type PeerName, peerProblem } from "../peer.ts";
import {
  bothKeys,
  CANONICALIZATIONS,
  oddMessages,
  randomMessage,
  recordsOf,
  signStreamed,
  withSignatures,
} from "./signing.ts";
import {
  bytes,
  formatMessage,
  type Message,
  parseMessage,
  resolverOf,
  text,
  verifyMessage,
} from "./support.ts";

/** Who verifies; Debian 12's Mail::DKIM does not know Ed25519. */
const VERIFIERS: readonly { readonly name: PeerName; readonly algorithms: readonly string[] }[] = [
  { name: "libopendkim", algorithms: ["rsa-sha256", "ed25519-sha256"] },
  { name: "dkimpy", algorithms: ["rsa-sha256", "ed25519-sha256"] },
  { name: "Mail::DKIM", algorithms: ["rsa-sha256"] },
];

const skip = skipFor(VERIFIERS.map(({ name }) => peerProblem(name)).find((problem) => problem !== undefined));
const peers = new Map<PeerName, Peer>();
after(() => {
  for (const peer of peers.values()) peer.stop();
});

const keys = bothKeys();
const records = recordsOf(keys);
const resolver = resolverOf(records);
/** The peers look at the clock. */
const now = () => Math.floor(Date.now() / 1000);

/** Asserts that all verify each of a message's signatures, which are to be on top. */
async function allVerify(message: Message, where: string): Promise<void> {
  for (
    const [index, own] of (await verifyMessage(message, { resolver, now })).slice(0, keys.length).entries()
  ) {
    assert.equal(own.status, "pass", `ours, ${own.algorithm}, ${where}: ${own.reason}`);
    // The peers are asked about the topmost.
    const others = message.headers.filter((_, i) => i === index || i >= keys.length);
    const source = formatMessage({ headers: others, body: message.body });
    for (const { name, algorithms } of VERIFIERS) {
      if (!algorithms.includes(own.algorithm ?? "")) continue;
      if (!peers.has(name)) peers.set(name, new Peer(name));
      const { passed, detail } = await peers.get(name)!.verify(source, records);
      assert.ok(passed, `${name}, ${own.algorithm}, ${where}: ${detail}`);
    }
  }
}

for (const canonicalization of CANONICALIZATIONS) {
  test(
    `opendkim, dkimpy and Mail::DKIM verify odd messages signed as ${canonicalization}`,
    { skip },
    async () => {
      for (const [what, message] of oddMessages()) {
        const signatures = signStreamed(message, keys, { canonicalization, now });
        assert.deepEqual(signatures.map(({ algorithm }) => algorithm), ["rsa-sha256", "ed25519-sha256"]);
        await allVerify(withSignatures(message, signatures), `${canonicalization}, ${what}`);
      }
    },
  );
}

test("opendkim, dkimpy and Mail::DKIM verify messages of random pieces", { skip }, async () => {
  const random = new Random(testSeed("messages to sign"));
  for (let number = 0; number < 150; number++) {
    const message = randomMessage(random);
    const canonicalization = random.pick(CANONICALIZATIONS);
    const oversign = random.pick([[], ["From"], ["From", "Subject", "Cc", "X-Absent"]]);
    const bodyLength = random.below(4) === 0;
    const lifetime = random.below(2) ? 3600 : undefined;
    const signatures = signStreamed(message, keys, { canonicalization, oversign, bodyLength, lifetime, now });
    await allVerify(withSignatures(message, signatures), `message ${number}, ${canonicalization}`);
  }
});

// Within a milter session there are none, except a CR with an old MTA: the implementations read them differently.
test("a message with bare line ends is signed as SMTP carries it", { skip }, async () => {
  const head = "From: someone@example.org\nSubject: a\r\n\tfold\n";
  for (const body of ["a\nb\n", "a\rb\r\n", "no end", "no end\r", "\n", "a\r\r\nb\n\r\n"]) {
    const source = bytes(`${head}\n${body}`);
    for (const canonicalization of CANONICALIZATIONS) {
      const signatures = signDkim(source, keys, { canonicalization });
      const carried = parseMessage(text([formatParsed(parseSource(source))]));
      await allVerify(withSignatures(carried, signatures), `${canonicalization}, ${JSON.stringify(body)}`);
    }
  }
});

test("identities are written so that all read them", { skip }, async () => {
  const message = at(oddMessages(), 5)[1];
  const local = "jo e=;:\xe9" + "x".repeat(100);
  for (const identity of ["@mail.example.org", "joe@example.org", `${local}@mail.example.org`]) {
    const signatures = signStreamed(message, keys.map((key) => ({ ...key, identity })), { now });
    const signed = withSignatures(message, signatures);
    await allVerify(signed, identity);
    const [result] = await verifyMessage(signed, { resolver, now });
    assert.equal(Buffer.from(result?.identity ?? "", "latin1").toString(), identity);
  }
});
