// Random records and messages beside Mail::DMARC and libopendmarc. Debian's versions of both follow RFC 7489, so each
// difference has a rule that says which RFC makes it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { parseDmarcRecord } from "../../../lib/auth/dmarc/record.ts";
import { skipFor } from "../../support/instance.ts";
import { Random, testSeed } from "../../support/random.ts";
import { ownHalf } from "../../support/runtime.ts";
import { Peer, type PeerName, peerProblem } from "../peer.ts";
import { evaluate, signed } from "./support.ts";

/** How many both runtimes try together. */
const COUNT = 4000;

const VERSIONS = [
  ...["v=DMARC1", "v=DMARC1", "v=DMARC1", "v=DMARC1", "v=DMARC1", "V = DMARC1", " v=DMARC1"],
  ...["v=dmarc1", "v=DMARC2", "v=DMARC1 x", "p=none", "x; v=DMARC1"],
];
const TAGS = [
  ...[
    "p=none",
    "p=quarantine",
    "P = Reject",
    "p=rejct",
    "p=",
    "sp=none",
    "sp=quarantine",
    "SP=reject",
    "sp=x",
    "sp=",
  ],
  ...[
    "adkim=s",
    "adkim=r",
    "ADKIM=S",
    "adkim=x",
    "aspf=s",
    "aspf=r",
    "aspf=x",
    "np=reject",
    "np=x",
    "t=y",
    "psd=n",
  ],
  ...["pct=50", "pct=500", "ri=1", "ri=x", "rf=afrf", "rf=x", "fo=1", "fo=1:d", "fo=x", "x=y", "x"],
  ...["rua=mailto:a@example.org", "rua=mailto:a@example.org!10m", "rua=bogus", "ruf=mailto:a@example.org"],
];

function randomRecord(random: Random): string {
  const parts = [random.pick(VERSIONS)];
  if (random.below(6) > 0) parts.push(`p=${random.pick(["none", "quarantine", "reject"])}`);
  else if (random.below(2) > 0) parts.push(random.pick(["p=rejct", "x"]), "rua=mailto:a@example.org");
  if (random.below(30) === 0) parts.push("rua=mailto:a@example.org", "rua=mailto:a@example.org");
  for (let i = random.below(4); i > 0; i--) {
    parts.splice(1 + random.below(parts.length), 0, random.pick(TAGS));
  }
  return parts.join(random.pick(["; ", ";", " ; "])) + random.pick(["", ";"]);
}

type Tags = Readonly<Record<string, string | undefined>> | null;

/** Why another reads a record in another way. */
interface Rule {
  readonly peer: PeerName;
  readonly why: string;
  /** Whether the rule explains the difference. */
  readonly explains: (text: string, ours: Tags, theirs: Tags) => boolean;
}

const RULES: readonly Rule[] = [
  ...(["Mail::DMARC", "libopendmarc"] as const).flatMap((peer): Rule[] => [
    {
      peer,
      why: "RFC 9989 4.7: v is the first tag, and its value is DMARC1 in this case; they take any, or none",
      explains: (text, ours) =>
        ours === null && !/^\s*v\s*=\s*DMARC1\s*(;|$)/i.test(text.replace("dmarc", "?")),
    },
    {
      peer,
      why: "a tag that occurs twice with different values has a bad one: RFC 6376 3.2; they take the last",
      explains: (text) => hasContradiction(text),
    },
    {
      peer,
      why: "RFC 9989 4.10.1: np is as p, and a bad one makes p=none or no DMARC; they do not know it",
      explains: (text) => has(text, /np=x/),
    },
    {
      peer,
      why: "RFC 9989 4.10.1: with a valid rua, a bad p counts as p=none; they refuse the record",
      explains: (text, ours, theirs) => ours?.p === "none" && theirs === null && has(text, /p=(rejct|)/),
    },
  ]),
  {
    peer: "Mail::DMARC",
    why: "RFC 9989 4.10.1: a bad sp makes p=none or no DMARC; it keeps the value",
    explains: (text) => has(text, /sp=x|sp=/),
  },
  {
    peer: "Mail::DMARC",
    why: "RFC 9989 4.10.1: without p, a valid rua makes it p=none alone; it keeps sp",
    explains: (text, ours, theirs) =>
      ours?.p === "none" && theirs?.p === "none" && ours.sp === undefined && !has(text, /p=.+/),
  },
  {
    peer: "Mail::DMARC",
    why: "RFC 9989 4.8: a bad value takes the default; it keeps the value",
    explains: (text, ours, theirs) =>
      ours !== null && theirs !== null && has(text, /(adkim|aspf)=x/) && ours.p === theirs.p &&
      ours.sp === theirs.sp,
  },
  {
    peer: "libopendmarc",
    why: "RFC 9989 4.8: a bad value takes the default, and pct, ri and rf are ignored; it refuses the record",
    explains: (text, ours, theirs) =>
      ours !== null && theirs === null && has(text, /(adkim|aspf|sp|fo|ri|rf)=x|sp=|pct=500/),
  },
  {
    peer: "libopendmarc",
    why: "RFC 9989 4.10.1: without p, a valid rua makes p=none; it refuses the record",
    explains: (text, ours, theirs) => ours?.p === "none" && theirs === null && !has(text, /p=.*/),
  },
  {
    peer: "libopendmarc",
    why: "two tags with the same value agree; of rua and ruf, it refuses a second one",
    explains: (text, ours, theirs) =>
      ours !== null && theirs === null && ["rua=", "ruf="].some((name) => {
        return tagsIn(text).filter((tag) => tag.startsWith(name)).length > 1;
      }),
  },
  {
    peer: "libopendmarc",
    why: "RFC 9989 4.8: an empty value is a bad one; it passes over the tag",
    explains: (text) => has(text, /s?p=/),
  },
];

/** The tags behind the first one, without white space, in lower case. */
function tagsIn(text: string): readonly string[] {
  return text.toLowerCase().split(";").slice(1).map((tag) => tag.replace(/\s/g, ""));
}

function has(text: string, pattern: RegExp): boolean {
  return tagsIn(text).some((tag) => new RegExp(`^(?:${pattern.source})$`).test(tag));
}

function hasContradiction(text: string): boolean {
  const tags = new Set(tagsIn(text).filter((tag) => tag.includes("=")));
  return new Set([...tags].map((tag) => tag.split("=")[0])).size < tags.size;
}

function tagsOf(text: string): Tags {
  const record = parseDmarcRecord(text);
  if (record.kind !== "record") return null;
  return { p: record.p, sp: record.sp, adkim: record.adkim, aspf: record.aspf };
}

function isSame(ours: Tags, theirs: Tags): boolean {
  if (ours === null || theirs === null) return ours === theirs;
  return ours.p === theirs.p && ours.sp === theirs.sp && ours.adkim === (theirs.adkim ?? "r") &&
    ours.aspf === (theirs.aspf ?? "r");
}

const skip = skipFor((["Mail::DMARC", "libopendmarc"] as const).map(peerProblem).find((problem) => problem));
const peers: Peer[] = [];

function open(name: PeerName): Peer {
  const peer = new Peer(name);
  peers.push(peer);
  return peer;
}

after(() => {
  for (const peer of peers) peer.stop();
});

for (const name of ["Mail::DMARC", "libopendmarc"] as const) {
  test(`records are read as by ${name}, but for rules of RFC 9989`, { skip }, async () => {
    const peer = open(name);
    const rules = RULES.filter((rule) => rule.peer === name);
    const used = new Map<string, number>();
    const unexplained: string[] = [];
    let same = 0;
    const { first, end } = ownHalf(COUNT);
    for (let number = first; number < end; number++) {
      const text = randomRecord(new Random(testSeed("DMARC records") + number));
      const ours = tagsOf(text);
      const theirs = await peer.dmarcRecord(text);
      if (isSame(ours, theirs)) {
        same++;
        continue;
      }
      const rule = rules.find(({ explains }) => explains(text, ours, theirs));
      if (rule !== undefined) used.set(rule.why, (used.get(rule.why) ?? 0) + 1);
      else unexplained.push(`${text}: ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`);
    }
    assert.deepEqual(unexplained, []);
    assert.deepEqual(
      rules.map(({ why }) => why).filter((why) => !used.has(why)),
      [],
      "a rule explains something",
    );
    assert.ok(same > (end - first) / 2, `${same} of ${end - first} are the same`);
  });
}

const AUTHORS = ["example.com", "mail.example.com", "a.b.example.com", "example.co.uk", "x.example.co.uk"];
const BESIDE = ["example.org", "a.example.net", "notexample.com", "com", "co.uk", "other.co.uk"];

/** Messages that libopendmarc judges more mildly. */
const EXCEPTIONS: readonly {
  readonly why: string;
  readonly applies: (
    author: string,
    organization: string,
    record: string,
    domains: readonly string[],
  ) => boolean;
}[] = [
  {
    why:
      "RFC 9989 4.10.2: a public suffix has another organizational domain; it takes what is above for aligned",
    applies: (_author, organization, _record, domains) =>
      domains.some((domain) => organization.endsWith(`.${domain}`)),
  },
  {
    why: "RFC 9989 3.2.10.2: strict wants the same domain; it also takes some others of the organization",
    applies: (author, organization, record, domains) =>
      /=s/.test(record) && domains.some((domain) => domain !== author && domain.endsWith(organization)),
  },
];

test(
  "results are those of libopendmarc where a record stands at the registered domain",
  { skip },
  async () => {
    const peer = open("libopendmarc");
    const outcomes = new Map<string, number>();
    const { first, end } = ownHalf(COUNT);
    for (let number = first; number < end; number++) {
      const random = new Random(testSeed("DMARC results") + number);
      const author = random.pick(AUTHORS);
      const organization = author.endsWith("uk") ? "example.co.uk" : "example.com";
      const tags = [
        "",
        "; sp=none",
        "; sp=reject",
        "; adkim=s",
        "; aspf=s",
        "; adkim=s; aspf=s; sp=quarantine",
      ];
      const record = () => `v=DMARC1; p=${random.pick(["none", "quarantine", "reject"])}${random.pick(tags)}`;
      const own = author !== organization && random.below(3) === 0 ? record() : undefined;
      const upper = record();
      const pick = () =>
        random.below(3) > 0
          ? random.pick([author, organization, `x.${author}`, `y.${organization}`, author.toUpperCase()])
          : random.pick(BESIDE);
      const spf = random.below(3) > 0 ? [pick()] : [];
      const dkim = Array.from({ length: random.below(3) }, pick);
      const zone = {
        [`_dmarc.${organization}`]: [upper],
        ...(own === undefined ? {} : { [`_dmarc.${author}`]: [own] }),
      };
      const ours = await evaluate(zone, author, {
        spf: spf[0] === undefined ? undefined : { result: "pass", domain: spf[0] },
        dkim: dkim.map(signed),
      });
      const theirs = await peer.dmarcResult({
        author,
        record: own ?? upper,
        organization: own === undefined && author !== organization ? organization : null,
        spf,
        dkim,
      });
      const passed = ours.result === "pass";
      const told = JSON.stringify({
        author,
        own,
        upper,
        spf,
        dkim,
        ours: [ours.result, ours.policy],
        theirs,
      });
      const domains = [...spf, ...dkim].map((domain) => domain.toLowerCase());
      const result = passed ? "pass" : ours.policy === "none" ? "none-policy" : ours.policy;
      const exception = EXCEPTIONS.find(({ applies }) =>
        applies(author, organization, own ?? upper, domains)
      );
      const isMilder = (theirs.spf && !ours.aligned.spf) || (theirs.dkim && !ours.aligned.dkim);
      if (isMilder && exception !== undefined) {
        outcomes.set(exception.why, (outcomes.get(exception.why) ?? 0) + 1);
        continue;
      }
      assert.deepEqual({ result, ...ours.aligned }, theirs, told);
      outcomes.set(`${result}`, (outcomes.get(`${result}`) ?? 0) + 1);
    }
    const expected = ["none-policy", "pass", "quarantine", "reject", ...EXCEPTIONS.map(({ why }) => why)];
    assert.deepEqual([...outcomes.keys()].sort(), expected.sort());
    assert.ok(Math.min(...outcomes.values()) > 20, JSON.stringify([...outcomes]));
  },
);
