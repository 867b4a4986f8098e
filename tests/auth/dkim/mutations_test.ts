// Our verdict on random signed and altered messages beside those of dkimpy and Mail::DKIM.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Canonicalization } from "../../../lib/auth/dkim/signature.ts";
import { skipFor } from "../../support/instance.ts";
import { Random, testSeed } from "../../support/random.ts";
import { ownHalf } from "../../support/runtime.ts";
import { randomSample, type Sample } from "./mutations.ts";
import { Peer, type PeerName, peerProblem } from "../peer.ts";
import {
  ed25519Key,
  formatMessage,
  type Message,
  plainBody,
  resolverOf,
  sharedRsaKey,
  verifyMessage,
} from "./support.ts";

/** How many both runtimes try together: the other verifiers take most of the time. */
const COUNT = 2000;

/** What the rules below look at: a plain reading of the message, not that of the verifier under test. */
interface Facts {
  readonly message: Message;
  readonly tags: ReadonlyMap<string, string>;
  readonly bodyForm: Canonicalization;
}

function factsOf(message: Message): Facts {
  const value = message.headers.find(([name]) => name.toLowerCase() === "dkim-signature")?.[1] ?? "";
  const tags = new Map<string, string>();
  for (const tag of value.split(";")) {
    const [name = "", ...rest] = tag.split("=");
    tags.set(name.trim(), rest.join("=").trim());
  }
  const bodyForm = (tags.get("c") ?? "").toLowerCase().endsWith("/relaxed") ? "relaxed" : "simple";
  return { message, tags, bodyForm };
}

/** Why one of them passes a message and the other does not. */
interface Rule {
  readonly who: readonly PeerName[];
  /** Who passes it. */
  readonly passes: "we" | "they";
  readonly reason: string;
  readonly applies: (facts: Facts) => boolean;
}

const ONCE = ["from", "sender", "reply-to", "to", "cc", "subject", "date"];

const RULES: readonly Rule[] = [
  {
    who: ["dkimpy", "Mail::DKIM"],
    passes: "they",
    reason: "RFC 6376 section 8.15: one more field of a name that is signed and that a message has once",
    applies: ({ message, tags }) => {
      const signed = (tags.get("h") ?? "").split(":").map((name) => name.trim().toLowerCase());
      return ONCE.some((name) => {
        const wanted = signed.filter((each) => each === name).length;
        return wanted > 0 &&
          message.headers.filter((field) => field[0].toLowerCase() === name).length > wanted;
      });
    },
  },
  {
    who: ["dkimpy", "Mail::DKIM"],
    passes: "they",
    reason: "RFC 6376 section 3.5: l= must not be larger than the canonicalized body",
    applies: ({ message, tags, bodyForm }) =>
      Number(tags.get("l") ?? 0) > plainBody(bodyForm, message.body).length,
  },
  {
    who: ["dkimpy", "Mail::DKIM"],
    passes: "we",
    reason: "RFC 6376 section 3.4.4 drops white space at the end of a line, and SMTP ends the last one too",
    applies: ({ message, bodyForm }) => bodyForm === "relaxed" && /[ \t]$/.test(message.body),
  },
  {
    who: ["Mail::DKIM"],
    passes: "we",
    reason: "RFC 6376 section 3.4.3 ends the last line of a body where the message does not",
    applies: ({ message }) => message.body !== "" && !message.body.endsWith("\r\n"),
  },
  {
    who: ["Mail::DKIM"],
    passes: "we",
    reason: "RFC 6376 section 3.5: l=0 signs none of the body; Mail::DKIM takes it for no l= at all",
    applies: ({ tags }) => /^0+$/.test(tags.get("l") ?? ""),
  },
  {
    who: ["Mail::DKIM"],
    passes: "we",
    reason: "RFC 6376 section 3.4.3: an empty body is CRLF, of which l=1 signs the first byte",
    applies: ({ message, tags, bodyForm }) =>
      /^0*1$/.test(tags.get("l") ?? "") && plainBody(bodyForm, message.body) === "\r\n",
  },
  {
    who: ["Mail::DKIM"],
    passes: "they",
    reason: "RFC 6376 section 6.1.1: b= and bh= that are not base64 make a signature invalid, not shorter",
    applies: ({ tags }) =>
      ["b", "bh"].some((name) => !/^[A-Za-z0-9+/]*={0,2}$/.test((tags.get(name) ?? "").replace(/\s/g, ""))),
  },
  {
    who: ["dkimpy"],
    passes: "we",
    reason: "base64 without its final =: the value of b= is not in doubt, and nothing signs its spelling",
    applies: ({ tags }) => (tags.get("b") ?? "").replace(/\s/g, "").length % 4 !== 0,
  },
];

const skip = skipFor(peerProblem("dkimpy") ?? peerProblem("Mail::DKIM"));

test(
  `${COUNT} random mutations get the verdict of dkimpy and of Mail::DKIM`,
  { skip, timeout: 170_000 },
  async () => {
    const seed = testSeed("DKIM mutations");
    const random = new Random(seed);
    const { first, end } = ownHalf(COUNT);
    const seeds = Array.from({ length: COUNT }, () => random.below(2 ** 32)).slice(first, end);
    const keys = { rsa: sharedRsaKey(), ed25519: ed25519Key() };
    const records = {
      "rsa._domainkey.example.org": keys.rsa.record,
      "ed25519._domainkey.example.org": keys.ed25519.record,
      "rsa._domainkey.sub.example.org": keys.rsa.record,
    };
    const resolver = resolverOf(records);
    const peers = [new Peer("dkimpy"), new Peer("Mail::DKIM")];
    const explained = new Map<Rule, number>();
    const unexplained: string[] = [];
    let passed = 0;

    async function compare(sample: Sample): Promise<void> {
      const text = formatMessage(sample.message);
      const [result] = await verifyMessage(sample.message, { resolver, now: () => Date.now() / 1000 });
      const ours = result?.status === "pass";
      if (ours) passed++;
      await Promise.all(peers.map(async (peer) => {
        // Debian 12's Mail::DKIM does not know Ed25519.
        if (peer.name === "Mail::DKIM" && sample.algorithm === "ed25519") return;
        const theirs = await peer.verify(text, records);
        if (theirs.passed === ours) return;
        const facts = factsOf(sample.message);
        const rule = RULES.find(({ who, passes, applies }) =>
          who.includes(peer.name) && (passes === "we") === ours && applies(facts)
        );
        if (rule !== undefined) explained.set(rule, (explained.get(rule) ?? 0) + 1);
        else {
          unexplained.push(
            `${peer.name}: ${theirs.passed ? "pass" : `not (${theirs.detail})`}; we: ${result?.status} ` +
              `(${result?.reason})\n${sample.steps.join(", ")}\n${JSON.stringify(text)}`,
          );
        }
      }));
    }

    try {
      for (let i = 0; i < seeds.length; i += 20) {
        const samples = seeds.slice(i, i + 20).map((each) => randomSample(new Random(each), keys));
        await Promise.all(samples.map(compare));
      }
    } finally {
      for (const peer of peers) peer.stop();
    }
    for (const [{ who, reason }, count] of explained) {
      console.log(
        `${count} differences, ${who.join(" and ")}: ${reason}`,
      );
    }
    assert.deepEqual(unexplained, [], `MILTERKIT_SEED=${seed}`);
    assert.ok(
      passed > seeds.length / 5 && passed < seeds.length * 0.8,
      `${passed} of ${seeds.length} pass: too few or too many to tell`,
    );
  },
);
