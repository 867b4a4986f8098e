// Our authors of random From fields beside those that other readers find.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { authorDomains } from "../../lib/auth/author.ts";
import { asciiDomain } from "../../lib/auth/domain_name.ts";
import { skipFor } from "../support/instance.ts";
import { Random } from "../support/random.ts";
import { ownHalf } from "../support/runtime.ts";
import { Peer, peerProblem } from "./peer.ts";
import { bytes } from "./dkim/support.ts";

/** How many both runtimes try together: the other readers take most of the time. */
const COUNT = 4000;

const ADDRESSES = [
  "x@evil.example",
  "x@evil.example",
  "ceo@bank.example",
  "'x@evil.example'",
  '"ceo@bank.example"@evil.example',
];
const NAMES = [
  ...[
    "Boss",
    "Boss",
    "O'Boss",
    "[Boss]",
    '"Boss"',
    '"The \\"Boss\\""',
    '":-)"',
    "(Boss)",
    '(the "Boss")',
    "=?utf-8?Q?B=C3=B6ss?=",
  ],
  ...[
    '"ceo@bank.example"',
    '"Boss <ceo@bank.example>"',
    '"a\\" <ceo@bank.example>"',
    "(ceo@bank.example)",
    "ceo@bank.example",
  ],
  ...[
    "=?utf-8?Q?ceo=40bank.example?=",
    "=?utf-8?Q?=3Cceo=40bank.example=3E,?=",
    "=?utf-8?B?Y2VvQGJhbmsuZXhhbXBsZQ==?=",
  ],
];
const SEPARATORS = [", ", ", ", ", ", ",", "; ", ": ", " "];
const NOISE = [
  ...[..."<>\"(),;:@'.-=?![]\\ \t\r\0"],
  ...[
    "\r\n ",
    "\xe9",
    "\xc2\xa0",
    '\\"',
    "(c)",
    ".example",
    "evil.example",
    "@evil.example",
    "b\xc3\xbccher",
    "[192.0.2.1]",
  ],
];

/** Mailboxes with names and separators of all kinds, and up to two things where they do not belong. */
function randomField(random: Random): string {
  const one = (list: readonly string[]) => list[random.below(list.length)];
  let field = "";
  for (let count = 1 + random.below(3); count > 0; count--) {
    const names = Array.from({ length: random.below(3) }, () => one(NAMES)).join(one([" ", " ", ""]));
    const address = one(ADDRESSES);
    field += one([
      `${names} <${address}>`,
      `${names}<${address}>`,
      `${address} ${names}`,
      `${names} ${address}`,
      names,
    ]);
    if (count > 1) field += one(SEPARATORS);
  }
  for (let count = Math.max(0, random.below(5) - 2); count > 0; count--) {
    const at = random.below(field.length + 1);
    field = field.slice(0, at) + one(NOISE) + field.slice(at);
  }
  return field;
}

/** What another reader found as we would write it; undefined if it can be nobody's mail domain. */
function domainOf(found: string): string | undefined {
  const domain = asciiDomain(found.replace(/[ \t\r\n]+/g, "").replace(/'$/, ""));
  return domain?.includes(".") ? domain : undefined;
}

const skip = skipFor(peerProblem("Python") ?? peerProblem("Mail::Address"));

test(
  `of ${COUNT} random From fields, no other reader finds an author's domain that we do not`,
  { skip, timeout: 170_000 },
  async () => {
    const random = new Random(Number(process.env.MILTERKIT_SEED) || 1);
    const { first, end } = ownHalf(COUNT);
    const fields = Array.from({ length: COUNT }, () => randomField(random)).slice(first, end);
    const peers = [new Peer("Python"), new Peer("Mail::Address")];
    const missed: string[] = [];
    const readers = new Set<string>();
    let read = 0;
    let several = 0;
    let refusedSpoofs = 0;

    async function compare(field: string): Promise<void> {
      const authors = authorDomains([bytes(field)]);
      const found = new Set<string>();
      for (const answer of await Promise.all(peers.map((peer) => peer.authors(field)))) {
        for (const [reader, domains] of Object.entries(answer)) {
          for (const domain of domains.map(domainOf)) {
            if (domain === undefined) continue;
            readers.add(reader);
            found.add(domain);
            if ("problem" in authors || authors.domains.includes(domain)) continue;
            missed.push(`${reader} finds ${domain} in ${JSON.stringify(field)}, we: ${authors.domains}`);
          }
        }
      }
      if ("problem" in authors) refusedSpoofs += found.size > 1 ? 1 : 0;
      else read++;
      if ("domains" in authors && authors.domains.length > 1) several++;
    }

    try {
      for (let i = 0; i < fields.length; i += 20) {
        await Promise.all(fields.slice(i, i + 20).map(compare));
      }
    } finally {
      for (const peer of peers) peer.stop();
    }
    assert.deepEqual(missed, []);
    assert.ok(readers.size >= 4, [...readers].join());
    const figures =
      `${read} read, ${several} with several domains, ${refusedSpoofs} refused in which others differ`;
    const tried = fields.length;
    assert.ok(read > tried / 8 && several > tried / 100 && refusedSpoofs > tried / 100, figures);
  },
);
