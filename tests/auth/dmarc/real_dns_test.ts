// Random messages and records of a real name server, judged by opendmarc, the milter, and by Mail::DMARC too. Debian's
// versions of both follow RFC 7489, so each difference has a rule that says which words of RFC 9989 make it.
// MILTERKIT_CASES=2000 judges as many, not only those of this runtime's half, and prints how often each rule applies;
// with so many, a rule must apply.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { evaluateDmarc } from "../../../lib/auth/dmarc/evaluation.ts";
import { StubResolver } from "../../../lib/dns/stub.ts";
import { MtaClient } from "../../../lib/mta/client.ts";
import { skipFor } from "../../support/instance.ts";
import { opendmarcProblem, startOpendmarc } from "../../support/opendmarc.ts";
import { Random, testSeed } from "../../support/random.ts";
import { ownHalf } from "../../support/runtime.ts";
import { type DmarcOutcome, Peer, peerProblem } from "../peer.ts";
import { bytes, text } from "../dkim/support.ts";
import { DmarcDifferences, OTHERS } from "./known_differences.ts";
import { type MessageCase, messageCase, rootZone } from "./random_messages.ts";

/** How many both runtimes judge together. */
const CASES = 800;
const ID = "mx.example.test";
const SUFFIXES = "/usr/share/publicsuffix/public_suffix_list.dat";

const given = Number(process.env.MILTERKIT_CASES);
const { first, end } = given > 0 ? { first: 0, end: given } : ownHalf(CASES);
const problem = await opendmarcProblem() ?? peerProblem("Mail::DMARC") ??
  (existsSync(SUFFIXES) ? undefined : "needs the public suffix list (Debian: publicsuffix)");

test("opendmarc and Mail::DMARC judge messages as we do, or differ by a named rule", {
  skip: skipFor(problem),
  timeout: 1_800_000,
}, async () => {
  const seed = testSeed("DMARC of a real name server");
  const cases = Array.from({ length: end - first }, (_, i) => {
    return messageCase(new Random(seed + first + i), first + i);
  });
  const opendmarc = await startOpendmarc(ID, {
    zones: rootZone(cases),
    settings: [`PublicSuffixList ${SUFFIXES}`, "HoldQuarantinedMessages true"],
  });
  const { nameServer } = opendmarc;
  const resolver = new StubResolver({ servers: [nameServer.address] });
  const peer = new Peer("Mail::DMARC");
  const client = await MtaClient.open(opendmarc.address);
  const differences = { "opendmarc": new DmarcDifferences(), "Mail::DMARC": new DmarcDifferences() };
  try {
    await client.connect({
      hostname: "client.example.test",
      family: "inet",
      port: 1234,
      address: "192.0.2.1",
    });
    await client.helo("client.example.test");
    for (const message of cases) {
      const { author, spf, dkim } = message;
      const ours = await evaluateDmarc({ domains: [author] }, {
        spf: spf ?? undefined,
        dkim: dkim.map(({ result, domain }) => ({ status: result, domain })),
      }, { resolver });
      const theirs = {
        "opendmarc": await askOpendmarc(client, message),
        "Mail::DMARC": await peer.dmarcMessage(message, nameServer),
      };
      for (const name of OTHERS) differences[name].add(name, { message, ours, theirs: theirs[name] });
    }
  } finally {
    client.destroy();
    peer.stop();
    resolver.close();
    await opendmarc.stop();
  }
  for (const name of OTHERS) {
    if (given > 0) console.log(`${name}: ${differences[name].report()}`);
    assert.deepEqual(differences[name].unnamed.slice(0, 10), [], `${name}, the first ten`);
    if (given >= 2000) assert.deepEqual(differences[name].unused(name), [], `${name} agrees by now`);
  }
});

/** Hands it the results of SPF and DKIM in a field that it trusts. */
async function askOpendmarc(client: MtaClient, { author, spf, dkim }: MessageCase): Promise<DmarcOutcome> {
  const results = [
    ...(spf ? [`spf=${spf.result} smtp.mailfrom=${spf.domain}`] : []),
    ...dkim.map(({ result, domain }) => `dkim=${result} header.d=${domain}`),
  ];
  const field = `Authentication-Results: ${ID}; ${results.length > 0 ? results.join("; ") : "none"}\r\n`;
  const message = `${field}From: A <a@${author}>\r\nTo: b@example.test\r\nSubject: x\r\n\r\nx\r\n`;
  const from = spf ? `a@${spf.domain}` : "";
  const { answer } = await client.message(bytes(message), {
    from,
    to: ["b@example.test"],
    macros: { mail: { i: "4cXyz12345" }, eom: { i: "4cXyz12345" } },
  });
  if (answer.verdict === "reject") return { result: "fail", policy: "reject" };
  const inserted = answer.modifications.flatMap((each) =>
    each.type === "insertHeader" ? [text([each.value])] : []
  );
  const result = /; dmarc=(\w+)/.exec(inserted.join())?.[1] ?? `${answer.verdict}: ${inserted}`;
  const isHeld = answer.modifications.some(({ type }) => type === "quarantine");
  return { result, policy: isHeld ? "quarantine" : "none" };
}
