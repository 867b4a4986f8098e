// The resolver against a real name server.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { parseIp, reverseName } from "../../lib/dns/ip_address.ts";
import type { DnsAnswer } from "../../lib/dns/resolver.ts";
import { StubResolver, type StubResolverOptions } from "../../lib/dns/stub.ts";
import { until } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { skipFor } from "../support/instance.ts";
import { freePort } from "../support/ports.ts";
import { present } from "../support/present.ts";
import { type Nsd, nsdProblem, startNsd, txtLine, zoneHead } from "./nsd.ts";

const LONG = "v=DKIM1; p=" + "A".repeat(700);
const HUGE = "v=DKIM1; p=" + "B".repeat(6000);

const V6 = "2001:db8::1:0:0:1";

const GOOD_ZONE = [
  zoneHead("example.org", 300),
  txtLine("short", "v=DKIM1; p=abc"),
  txtLine("split", LONG),
  txtLine("shreds", LONG, 7),
  txtLine("huge", HUGE),
  txtLine("two", "v=spf1 -all") + txtLine("two", "v=DKIM1; p=abc"),
  txtLine("empty", ""),
  'bytes IN TXT "a\\195\\182\\000\\255"\n',
  "alias IN CNAME split\n",
  "outside IN CNAME key.example.net.\n",
  "loop IN CNAME pool\npool IN CNAME loop\n",
  "dangling IN CNAME nothing\n",
  ...Array.from({ length: 9 }, (_, i) => `chain${i + 1} IN CNAME ${i === 0 ? "short" : `chain${i}`}\n`),
  txtLine("*.wild", "v=DKIM1; p=wild"),
  "host IN A 192.0.2.1\nhost IN A 192.0.2.2\nhost IN AAAA 2001:db8::1:0:0:1\nhost4 IN A 192.0.2.4\n",
  "mail IN MX 10 Host\nmail IN MX 20 host4\nmail IN MX 30 mx.example.net.\nnull IN MX 0 .\n",
  "hostalias IN CNAME host\nmailalias IN CNAME mail\n",
  ...Array.from({ length: 300 }, (_, i) => `farm IN A 192.0.${i >> 8}.${i & 255}\n`),
  ...Array.from({ length: 100 }, (_, i) => `farm IN MX ${i} a-rather-long-name-of-a-host-${i}\n`),
].join("");

const skip = skipFor(nsdProblem());
const servers: Nsd[] = [];
after(async () => {
  for (const server of servers) await server.stop();
});

async function started(zones: Record<string, string>): Promise<Nsd> {
  const server = await startNsd(zones);
  servers.push(server);
  return server;
}

let shared: Promise<{ good: Nsd; broken: Nsd }> | undefined;

/** One that knows the zones, and one which cannot load example.org. */
function bothServers(): Promise<{ good: Nsd; broken: Nsd }> {
  return shared ??= (async () => ({
    good: await started({
      "example.org": GOOD_ZONE,
      "example.net": zoneHead("example.net") + txtLine("key", "v=DKIM1; p=net"),
      "2.0.192.in-addr.arpa": zoneHead("2.0.192.in-addr.arpa") +
        "1 IN PTR Host.example.org.\n1 IN PTR other.example.org.\n2 IN CNAME 2.sub\n2.sub IN PTR host.example.org.\n",
      "ip6.arpa": zoneHead("ip6.arpa") +
        `${reverseName(present(parseIp(V6), V6))}. IN PTR six.example.org.\n`,
    }),
    broken: await started({ "example.org": "this is no zone file\n" }),
  }))();
}

async function lookUp(addresses: readonly string[], name: string, options: StubResolverOptions = {}) {
  const resolver = new StubResolver({ servers: addresses, ...options });
  try {
    return await resolver.resolveTxt(name);
  } finally {
    resolver.close();
  }
}

test("keys come whole: in one string, in several, in more than a datagram holds", { skip }, async () => {
  const { good } = await bothServers();
  const records = async (name: string) => {
    const answer = await lookUp([good.address], `${name}.example.org`);
    assert.equal(answer.status, "found", name);
    return answer.status === "found" ? { records: [...answer.records], ttl: answer.ttl } : undefined;
  };
  assert.deepEqual(await records("short"), { records: ["v=DKIM1; p=abc"], ttl: 300 });
  assert.deepEqual(await records("split"), { records: [LONG], ttl: 300 });
  assert.deepEqual(await records("shreds"), { records: [LONG], ttl: 300 });
  assert.deepEqual(await records("huge"), { records: [HUGE], ttl: 300 }, "over TCP");
  assert.deepEqual((await records("two"))?.records.sort(), ["v=DKIM1; p=abc", "v=spf1 -all"]);
  assert.deepEqual((await records("empty"))?.records, [""]);
  assert.deepEqual((await records("bytes"))?.records, ["a\xc3\xb6\0\xff"]);
  assert.deepEqual((await records("alias"))?.records, [LONG]);
  assert.deepEqual((await records("chain8"))?.records, ["v=DKIM1; p=abc"]);
  assert.deepEqual((await records("outside"))?.records, ["v=DKIM1; p=net"], "into another zone");
  assert.deepEqual((await records("sel.wild"))?.records, ["v=DKIM1; p=wild"]);
  assert.deepEqual((await records("SHORT"))?.records, ["v=DKIM1; p=abc"]);
});

test("addresses, hosts for mail and names of addresses", { skip }, async () => {
  const { good } = await bothServers();
  const resolver = new StubResolver({ servers: [good.address] });
  const shown = ({ status, ...rest }: DnsAnswer<unknown>) =>
    "records" in rest ? rest.records.map((record) => JSON.stringify(record)).sort() : status;
  const a = async (name: string) => shown(await resolver.resolveA(`${name}.example.org`));
  const aaaa = async (name: string) => shown(await resolver.resolveAaaa(`${name}.example.org`));
  const mx = async (name: string) => shown(await resolver.resolveMx(`${name}.example.org`));
  const ptr = async (address: string) =>
    shown(await resolver.resolvePtr(reverseName(present(parseIp(address), address))));
  const hosts = [
    '{"preference":10,"exchange":"host.example.org"}',
    '{"preference":20,"exchange":"host4.example.org"}',
    '{"preference":30,"exchange":"mx.example.net"}',
  ];
  assert.deepEqual(await a("host"), ['"192.0.2.1"', '"192.0.2.2"']);
  assert.deepEqual(await a("hostalias"), ['"192.0.2.1"', '"192.0.2.2"']);
  assert.deepEqual(await aaaa("host"), [`"${V6}"`]);
  assert.deepEqual(await mx("mail"), hosts);
  assert.deepEqual(await mx("mailalias"), hosts);
  assert.deepEqual(await mx("null"), ['{"preference":0,"exchange":""}']);
  assert.deepEqual(await ptr("192.0.2.1"), ['"host.example.org"', '"other.example.org"']);
  assert.deepEqual(await ptr("192.0.2.2"), ['"host.example.org"']);
  assert.deepEqual(await ptr(V6), ['"six.example.org"']);
  assert.equal((await a("farm")).length, 300, "over TCP");
  assert.equal((await mx("farm")).length, 100, "over TCP");
  for (const ask of [a, aaaa, mx]) assert.equal(await ask("nothing"), "nxdomain");
  for (const ask of [aaaa, mx]) assert.equal(await ask("host4"), "nodata");
  assert.equal(await a("mail"), "nodata");
  assert.equal(await aaaa("wild"), "nodata", "a name below it exists");
  assert.equal(await mx("dangling"), "nxdomain");
  assert.equal(await ptr("192.0.2.9"), "nxdomain");
  assert.equal(await ptr("2001:db8::"), "nxdomain");
  assert.equal(shown(await resolver.resolvePtr("2.0.192.in-addr.arpa")), "nodata");
  resolver.close();
});

test("the answers for one name are kept by their types", { skip }, async () => {
  const { good, broken } = await bothServers();
  const resolver = new StubResolver({ servers: [good.address] });
  const both = async () => {
    const [a, aaaa] = await Promise.all([
      resolver.resolveA("host.example.org"),
      resolver.resolveAaaa("host.example.org"),
    ]);
    return [a, aaaa];
  };
  const first = await both();
  assert.ok(first.every(({ status }) => status === "found"));
  assert.notDeepEqual(first[0], first[1]);
  for (const [i, again] of (await both()).entries()) assert.equal(again, first[i], "from the cache");
  assert.equal((await resolver.resolveMx("host.example.org")).status, "nodata");
  resolver.close();
  const failing = new StubResolver({ servers: [broken.address] });
  for (const type of ["Txt", "A", "Aaaa", "Mx", "Ptr"] as const) {
    assert.equal((await failing[`resolve${type}`]("host.example.org")).status, "servfail", type);
  }
  failing.close();
});

test("what is not there, what failed and what is refused are different answers", { skip }, async () => {
  const { good, broken } = await bothServers();
  const cases: [server: Nsd, name: string, status: string][] = [
    [good, "nothing.example.org", "nxdomain"],
    [good, "dangling.example.org", "nxdomain"],
    [good, "ns.example.org", "nodata"],
    [good, "wild.example.org", "nodata"],
    [good, "short.example.com", "refused"],
    [broken, "short.example.org", "servfail"],
    [good, "chain9.example.org", "servfail"],
  ];
  for (const [server, name, status] of cases) {
    const answer = await lookUp([server.address], name);
    assert.equal(answer.status, status, name);
    if (answer.status === "nxdomain" || answer.status === "nodata") {
      assert.equal(answer.ttl, 300, "of the SOA record");
    }
  }
  const loop = await lookUp([good.address], "loop.example.org");
  assert.ok(loop.status === "servfail" || loop.status === "malformed", loop.status);
});

test(
  "a server that fails, refuses, is silent or not there is passed over for the next",
  { skip },
  async () => {
    const { good, broken } = await bothServers();
    const other = await started({ "example.com": zoneHead("example.com") });
    const clock = new ManualClock();
    let unanswered = 0;
    const silent = createSocket("udp4");
    silent.on("message", () => {
      unanswered++;
      clock.advance(2000);
    });
    await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", () => resolve()));
    try {
      const silentAddress = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const closedAddress = `127.0.0.1:${await freePort()}`;
      for (const first of [broken.address, other.address, silentAddress]) {
        const answer = await lookUp([first, good.address], "short.example.org", { clock });
        assert.equal(answer.status, "found", first);
      }
      // Of a closed port not every runtime tells, so this is for the system's clock.
      const closed = await lookUp([closedAddress, good.address], "short.example.org", {
        attemptTimeout: 300,
        rounds: 20,
      });
      assert.equal(closed.status, "found");

      unanswered = 0;
      const resolver = new StubResolver({ servers: [silentAddress, good.address], clock });
      await resolver.resolveTxt("short.example.org");
      await resolver.resolveTxt("split.example.org");
      assert.equal(unanswered, 1, "the one that answered is asked first from then on");
      resolver.close();

      const answer = await lookUp([silentAddress], "short.example.org", { clock });
      assert.equal(answer.status, "timeout");
    } finally {
      await new Promise<void>((resolve) => silent.close(() => resolve()));
    }
  },
);

test("answers are kept: the server may go", { skip }, async () => {
  const server = await started({ "example.org": GOOD_ZONE });
  const clock = new ManualClock();
  const resolver = new StubResolver({ servers: [server.address], clock });
  const names = ["split", "huge", "nothing", "ns"].map((name) => `${name}.example.org`);
  const before = await Promise.all(names.map((name) => resolver.resolveTxt(name)));
  await server.stop();
  const after = await Promise.all(names.map((name) => resolver.resolveTxt(name)));
  after.forEach((answer, i) => assert.equal(answer, before[i], names[i]));
  let other: string | undefined;
  void resolver.resolveTxt("short.example.org").then(({ status }) => other = status);
  await until(() => {
    clock.advance(100);
    return other !== undefined;
  });
  assert.ok(other === "network" || other === "timeout", String(other));
  resolver.close();
});
