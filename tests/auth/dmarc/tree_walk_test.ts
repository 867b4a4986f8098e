// Which names a walk asks for, and which organizational domain it finds.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TxtAnswer, TxtResolver } from "../../../lib/dns/resolver.ts";
import {
  DmarcTreeWalker,
  type DmarcWalk,
  possibleOrganizationalDomains,
  walkedDomains,
} from "../../../lib/auth/dmarc/tree_walk.ts";
import { type Zone, ZoneResolver } from "./support.ts";

const PLAIN = ["v=DMARC1; p=none"];

function walk(zone: Zone, domain: string): Promise<DmarcWalk> {
  return new DmarcTreeWalker(new ZoneResolver(zone), undefined).walk(domain);
}

async function organizational(zone: Zone, domain: string): Promise<string | undefined> {
  return (await walk(zone, domain)).organizationalDomain;
}

test("a walk goes up label by label, at most 8 times", () => {
  assert.deepEqual(walkedDomains("com"), ["com"]);
  assert.deepEqual(walkedDomains("a.mail.example.com"), [
    "a.mail.example.com",
    "mail.example.com",
    "example.com",
    "com",
  ]);
  const labels = "a.b.c.d.e.f.g.h.i.j".split(".");
  for (let count = 1; count <= labels.length; count++) {
    const domain = labels.slice(-count).join(".");
    const walked = walkedDomains(domain);
    assert.equal(walked.length, Math.min(count, 8));
    assert.equal(walked[0], domain);
    assert.deepEqual(
      walked.slice(1),
      labels.slice(-Math.min(count - 1, 7)).map((_, i, rest) => {
        return labels.slice(labels.length - rest.length + i).join(".");
      }).filter(() => count > 1),
    );
  }
});

test("the shortest name with a record is the organizational domain, or the domain itself", async () => {
  const zone: Zone = { "_dmarc.mail.example.com": PLAIN, "_dmarc.example.com": PLAIN };
  assert.equal(await organizational(zone, "a.mail.example.com"), "example.com");
  assert.equal(await organizational(zone, "example.com"), "example.com");
  assert.equal(await organizational(zone, "a.example.org"), "a.example.org");
  assert.equal(await organizational({ "_dmarc.com": PLAIN }, "a.example.com"), "com");
  assert.equal(await organizational({ "_dmarc.example.com": ["v=DMARC1"] }, "a.example.com"), "example.com");
});

test("psd=n and psd=y end a walk, and say where the organization begins", async () => {
  const psd = (value: string) => [`v=DMARC1; p=none; psd=${value}`];
  const zone: Zone = {
    "_dmarc.a.mail.example.com": PLAIN,
    "_dmarc.mail.example.com": psd("n"),
    "_dmarc.example.com": PLAIN,
    "_dmarc.bank.example": psd("y"),
    "_dmarc.deep.giant.bank.example": PLAIN,
    "_dmarc.example": PLAIN,
  };
  const below = await walk(zone, "b.a.mail.example.com");
  assert.equal(below.organizationalDomain, "mail.example.com");
  assert.deepEqual(below.steps.map(({ domain, outcome }) => [domain, outcome]), [
    ["b.a.mail.example.com", "none"],
    ["a.mail.example.com", "record"],
    ["mail.example.com", "record"],
  ]);
  assert.equal(await organizational(zone, "x.deep.giant.bank.example"), "giant.bank.example");
  assert.equal(await organizational(zone, "giant.bank.example"), "giant.bank.example");
  assert.equal(await organizational(zone, "bank.example"), "bank.example", "its own psd=y is not above it");
  assert.equal(await organizational({ "_dmarc.com": ["v=DMARC1; psd=y"] }, "a.b.com"), "b.com");
});

test("several records at a name are discarded, other texts are not counted", async () => {
  const zone: Zone = {
    "_dmarc.a.example.com": ["v=DMARC1; p=none; psd=n", "v=DMARC1; p=reject"],
    "_dmarc.example.com": ["v=spf1 -all", "v=DMARC1; p=none", "v=DMARC2; p=none"],
    "_dmarc.com": ["some text"],
  };
  const { steps, organizationalDomain } = await walk(zone, "a.example.com");
  assert.deepEqual(steps.map(({ outcome }) => outcome), ["several", "record", "none"]);
  assert.equal(organizationalDomain, "example.com");
});

test("a failed lookup leaves the organizational domain open, but not beyond the end of the walk", async () => {
  const failing: Zone = { "_dmarc.a.b.example.com": PLAIN, "_dmarc.example.com": "timeout" };
  const open = await walk(failing, "a.b.example.com");
  assert.equal(open.organizationalDomain, undefined);
  assert.deepEqual(
    [...possibleOrganizationalDomains(open)].sort(),
    ["a.b.example.com", "b.example.com", "example.com"],
  );
  const ended: Zone = { "_dmarc.example.com": ["v=DMARC1; psd=n"], "_dmarc.com": "servfail" };
  const known = await walk(ended, "a.example.com");
  assert.equal(known.organizationalDomain, "example.com");
  assert.deepEqual(possibleOrganizationalDomains(known), ["example.com"]);
});

test("whatever a failed lookup would have said, the organizational domain is among the possible ones", async () => {
  const answers: readonly Zone[string][] = ["exists", PLAIN, ["v=DMARC1; psd=n"], [
    "v=DMARC1; p=none; psd=y",
  ]];
  const names = ["_dmarc.a.b.c", "_dmarc.b.c", "_dmarc.c"];
  let compared = 0;
  for (let number = 0; number < 4 ** 3 * 8; number++) {
    const full: Record<string, Zone[string]> = {};
    const failing: Record<string, Zone[string]> = {};
    for (const [i, name] of names.entries()) {
      const answer = answers[(number >> (2 * i)) % 4] ?? "exists";
      full[name] = answer;
      failing[name] = (number >> (6 + i)) % 2 === 1 ? "timeout" : answer;
    }
    const possible = possibleOrganizationalDomains(await walk(failing, "a.b.c"));
    const real = await organizational(full, "a.b.c");
    assert.ok(
      real !== undefined && possible.includes(real),
      `${real} of ${possible}: ${JSON.stringify(full)}`,
    );
    compared++;
  }
  assert.equal(compared, 512);
});

test("all questions of a walk are asked before the first answer, and each only once for a message", async () => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const resolver: TxtResolver = {
    resolveTxt(name) {
      asked.push(name);
      return new Promise((resolve) => waiting.push(() => resolve({ status: "nxdomain", ttl: 1 })));
    },
    close() {},
  };
  const walker = new DmarcTreeWalker(resolver, undefined);
  const walks = [walker.walk("a.example.com"), walker.walk("a.example.com"), walker.walk("b.example.com")];
  assert.deepEqual(asked, [
    "_dmarc.a.example.com",
    "_dmarc.example.com",
    "_dmarc.com",
    "_dmarc.b.example.com",
  ]);
  for (const answer of waiting) answer();
  const [first, second] = await Promise.all(walks);
  assert.equal(first, second);
});

test("answers beyond the end of a walk are not waited for", async () => {
  const resolver: TxtResolver = {
    resolveTxt(name): Promise<TxtAnswer> {
      if (name === "_dmarc.com") return new Promise(() => {});
      return Promise.resolve({ status: "found", records: ["v=DMARC1; p=none; psd=n"], ttl: 1 });
    },
    close() {},
  };
  const { organizationalDomain } = await new DmarcTreeWalker(resolver, undefined).walk("a.example.com");
  assert.equal(organizationalDomain, "a.example.com");
});

test("only NXDOMAIN says that a domain does not exist", async () => {
  const zone: Zone = {
    "_dmarc.org.example": PLAIN,
    "mail.org.example": "exists",
    "x.empty.org.example": "exists",
    "text.org.example": ["a text"],
    "_dmarc.named.org.example": ["another"],
    "broken.org.example": "servfail",
    "_dmarc.half.org.example": "timeout",
    "half.org.example": "exists",
  };
  const resolver = new ZoneResolver(zone);
  const walker = new DmarcTreeWalker(resolver, undefined);
  for (const name of ["mail", "empty", "text", "named", "half"]) {
    assert.equal(await walker.exists(`${name}.org.example`), true, name);
  }
  assert.equal(await walker.exists("other.org.example"), false);
  assert.equal(await walker.exists("broken.org.example"), undefined);
  assert.equal(resolver.asked.includes("named.org.example"), false, "its record says enough");
});

test("a name that is too long for a record has none, and is not asked for", async () => {
  const domain = `${"a.".repeat(122)}example`;
  const resolver = new ZoneResolver({ [domain]: "exists" });
  const walker = new DmarcTreeWalker(resolver, undefined);
  const { steps } = await walker.walk(domain);
  assert.deepEqual([domain.length, steps.length, resolver.asked.length, steps[0]?.outcome], [
    251,
    8,
    7,
    "none",
  ]);
  assert.equal(await walker.exists(domain), true);
});

test("a resolver that rejects or is aborted leaves things open", async () => {
  const resolver: TxtResolver = {
    resolveTxt: (_name, signal) =>
      new Promise((_, reject) => {
        const give = () => reject(signal?.reason);
        if (signal?.aborted) give();
        signal?.addEventListener("abort", give);
      }),
    close() {},
  };
  const controller = new AbortController();
  const walker = new DmarcTreeWalker(resolver, controller.signal);
  const walking = walker.walk("example.com");
  controller.abort();
  const { organizationalDomain, steps } = await walking;
  assert.equal(organizationalDomain, undefined);
  assert.deepEqual(steps.map(({ detail }) => detail), Array(2).fill("the lookup was given up"));
  assert.equal(await walker.exists("example.com"), undefined);
});
