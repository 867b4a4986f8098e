// How SPF is explained: the order of records, terms and lookups, and common mistakes.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SpfPart } from "../../cli/commands/explain/explain_spf.ts";
import { Lines } from "../../cli/explanation/lines.ts";
import { spfText } from "../../cli/commands/explain/spf_text.ts";
import { terminalColours } from "../../cli/terminal/colours.ts";
import { explained } from "./support.ts";

const CLIENT = "192.0.2.1";

async function spfOf(records: string, client: string | undefined = CLIENT): Promise<SpfPart> {
  return (await explained({ records, domain: "a.example", given: { client, helo: "h.example" } })).spf;
}

/** The lines of the steps. */
async function steps(records: string, client?: string): Promise<string[]> {
  const spf = await spfOf(records, client);
  const lines = new Lines(terminalColours(false), false);
  spfText(spf, { client: { value: CLIENT, source: "option" }, helo: undefined, mailFrom: undefined }, lines);
  const all = lines.text.trimEnd().split("\n");
  return all.slice(2, all.findIndex((line) => /^ {2}(?:Why|Terms|Problem):/.test(line))).map((line) =>
    line.slice(2)
  );
}

describe("the steps of SPF", () => {
  it("show each term with the lookups that it needed", async () => {
    const records = `
a.example "v=spf1 a:no.example/24 mx exists:%{i}.b.example ptr ip6:2001:db8::/32 ip4:192.0.2.1 -all"
a.example MX 0 .
1.2.0.192.in-addr.arpa PTR c.example
`;
    assert.deepEqual(await steps(records), [
      "TXT a.example: 1 record",
      '"v=spf1 a:no.example/24 mx exists:%{i}.b.example ptr ip6:2001:db8::/32 ip4:192.0.2.1 -all"',
      "  a:no.example/24 [1 of 10]: no match: 192.0.2.1 is not an address of no.example, or within /24 of one",
      "    A no.example: no such name",
      "  mx [2 of 10]: no match: 192.0.2.1 is not the address of a host that takes mail for a.example",
      "    MX a.example: 0 .",
      "  exists:%{i}.b.example [3 of 10]: no match: 192.0.2.1.b.example has no address",
      "    A 192.0.2.1.b.example: no such name",
      "  ptr [4 of 10]: no match: no name of the client that has its address is within the domain",
      "    PTR 1.2.0.192.in-addr.arpa: c.example",
      "  ip6:2001:db8::/32: no match: 192.0.2.1 is an address of the other family",
      "  ip4:192.0.2.1: match: 192.0.2.1 is this address",
    ]);
  });

  it("show a redirect with what it leads to, and say what the whole says", async () => {
    const records = `
a.example "v=spf1 include:b.example ?all"
b.example "v=spf1 redirect=c.example"
c.example "v=spf1 -ip4:192.0.2.1"
`;
    assert.deepEqual(await steps(records), [
      "TXT a.example: 1 record",
      '"v=spf1 include:b.example ?all"',
      "  include:b.example [1 of 10]: no match: the record of b.example says fail; include matches only a pass",
      "    TXT b.example: 1 record",
      '    "v=spf1 redirect=c.example"',
      "      redirect=c.example [2 of 10]: followed: no mechanism matched, so the record of another domain decides",
      "        TXT c.example: 1 record",
      '        "v=spf1 -ip4:192.0.2.1"',
      "          -ip4:192.0.2.1: match: 192.0.2.1 is this address",
      "  ?all: match: every client matches it",
    ]);
  });

  it("show where an error ended the check", async () => {
    const records = `
a.example "v=spf1 include:b.example -all"
b.example "v=spf1 include:c.example -all"
c.example SERVFAIL
`;
    assert.deepEqual(await steps(records), [
      "TXT a.example: 1 record",
      '"v=spf1 include:b.example -all"',
      "  include:b.example [1 of 10]: error: the check ended within it",
      "    TXT b.example: 1 record",
      '    "v=spf1 include:c.example -all"',
      "      include:c.example [2 of 10]: error: a lookup of TXT records failed (servfail)",
      "        TXT c.example: the lookup failed (servfail)",
    ]);
  });

  it("show records that are two, and records that are wrong", async () => {
    assert.deepEqual(await steps('a.example "v=spf1 -all"\na.example "v=spf1 mx -all"'), [
      "TXT a.example: 2 records",
      '"v=spf1 -all"',
      '"v=spf1 mx -all"',
      "  error: the domain has more than one SPF record",
    ]);
    assert.deepEqual(
      await steps('a.example "v=spf1 include:b.example"\nb.example "v=spf1 ipv4:192.0.2.1 -all"'),
      [
        "TXT a.example: 1 record",
        '"v=spf1 include:b.example"',
        "  include:b.example [1 of 10]: error: the check ended within it",
        "    TXT b.example: 1 record",
        '    "v=spf1 ipv4:192.0.2.1 -all"',
        "      error: ipv4:192.0.2.1: the mechanism is unknown",
      ],
    );
  });

  it("show the lookup of the domain's explanation, and of the macro p, where they belong", async () => {
    const records = `
a.example "v=spf1 exists:%{p}.b.example -all exp=why.a.example"
why.a.example "go away, %{i}"
1.2.0.192.in-addr.arpa PTR c.example
c.example A 192.0.2.1
`;
    assert.deepEqual((await steps(records)).slice(2), [
      "  exists:%{p}.b.example [1 of 10]: no match: c.example.b.example has no address",
      "    PTR 1.2.0.192.in-addr.arpa: c.example",
      "    A c.example: 192.0.2.1",
      "    A c.example.b.example: no such name",
      "  -all: match: every client matches it",
      "TXT why.a.example: 1 record",
    ]);
    assert.equal((await spfOf(records)).explanation, "go away, 192.0.2.1");
  });

  it("count as many terms as the check did", async () => {
    const records = `
a.example "v=spf1 a mx ptr include:b.example exists:x.example redirect=c.example"
a.example A 203.0.113.1
a.example MX 0 a.example
b.example "v=spf1 a:a.example a:a.example -all"
c.example "v=spf1 a:a.example -all"
1.2.0.192.in-addr.arpa PTR n.example
`;
    const lines = await steps(records);
    const numbers = lines.flatMap((line) => /\[(\d+) of 10\]/.exec(line)?.[1] ?? []);
    assert.deepEqual(numbers, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert.equal((await spfOf(records)).lookups?.terms, 9);
  });

  it("show only the number of networks in a row that do not match", async () => {
    const networks = Array.from({ length: 300 }, (_, i) => `ip4:10.${i % 256}.0.0/16`).join(" ");
    const lines = await steps(`a.example "v=spf1 ${networks} ip4:192.0.2.1 -all"`);
    assert.deepEqual(lines.slice(2), [
      "  300 networks (ip4, ip6): no match: the client is in none of them",
      "  ip4:192.0.2.1: match: 192.0.2.1 is this address",
    ]);
  });
});

describe("problems of SPF", () => {
  const PROBLEMS: readonly (readonly [record: string, problem: RegExp | undefined])[] = [
    ["v=spf1 mx -all", undefined],
    ["v=spf1 mx redirect=b.example", undefined],
    ["v=spf1 +all", /has \+all, which permits every client/],
    ["v=spf1 all", /has all, which permits every client/],
    ["v=spf1 mx ?all", /has \?all, which says nothing/],
    ["v=spf1 mx", /has no all/],
    ["v=spf1 redirect=b.example ~all", /redirect= beside ~all/],
    ["v=spf1 -all mx", /mechanisms after -all, which are never reached/],
    ["v=spf1 ptr -all", /has ptr, which is slow/],
    ["v=spf1 ip4:0.0.0.0/0 -all", /permits a large part/],
    ["v=spf1 a:192.0.2.1 -all", /invalid term, a:192\.0\.2\.1: .*for an address write ip4:192\.0\.2\.1\./],
    ["v=spf1 ipv4:192.0.2.1 -all", /invalid term, ipv4:192\.0\.2\.1: .*write ip4: or ip6:/],
    ["v=spf1 exists:%{x}.b.example -all", /invalid term.*a macro is %\{s\}/],
    ["v=spf1 exists:%i.b.example -all", /invalid term.*a macro is %\{s\}/],
    ['"v=spf1 mx -all"', /looks like SPF and does not count/],
    ["v=spf 1 mx -all", /looks like SPF and does not count/],
  ];
  for (const [record, problem] of PROBLEMS) {
    it(`of ${record}`, async () => {
      const { problems } = await spfOf(
        `a.example "${record.replaceAll('"', '\\"')}"\nb.example "v=spf1 -all"`,
      );
      if (problem === undefined) assert.deepEqual(problems, []);
      else assert.ok(problems.some((text) => problem.test(text)), problems.join("\n"));
    });
  }

  it("are two records", async () => {
    const { problems, result } = await spfOf('a.example "v=spf1 -all"\na.example "v=spf1 mx -all"');
    assert.equal(result, "permerror");
    assert.match(problems.join("\n"), /2 SPF records, and receivers use none of them; merge them/);
  });

  it("are terms that another client would need", async () => {
    const many = Array.from({ length: 11 }, (_, i) => `a:h${i}.example`).join(" ");
    const spf = await spfOf(`a.example "v=spf1 ip4:192.0.2.1 ${many} -all"`);
    assert.equal(spf.result, "pass");
    assert.deepEqual(spf.cost, { terms: 11, atLeast: false });
    assert.match(
      spf.problems.join("\n"),
      /needs 11 terms that look up DNS if nothing matches, and 10 are allowed/,
    );
  });

  it("are counted without end in no record", async () => {
    const spf = await spfOf('a.example "v=spf1 ip4:192.0.2.1 include:a.example include:a.example -all"');
    assert.deepEqual(spf.cost, { terms: 60, atLeast: true });
    const macros = await spfOf('a.example "v=spf1 ip4:192.0.2.1 include:%{d}.x.example a -all"');
    assert.deepEqual(macros.cost, { terms: 2, atLeast: true });
  });

  it("of which there are thousands are not all named", async () => {
    const { problems } = await spfOf(`a.example "v=spf1 ip4:192.0.2.1 ${"ptr ".repeat(5000)}-all"`);
    assert.equal(problems.length, 11);
    assert.match(problems.at(-1) ?? "", /4991 more such problems/);
  });
});

describe("without a client", () => {
  it("the record is shown with its problems, and nothing is matched", async () => {
    const { spf, iprev, verdict } = await explained({
      records: 'a.example "v=spf1 ptr ?all"\n_dmarc.a.example "v=DMARC1; p=none"',
      domain: "a.example",
    });
    assert.equal(spf.result, undefined);
    assert.match(spf.skipped ?? "", /give its address with --client/);
    assert.deepEqual(spf.steps.map(({ type }) => type), ["TXT", "record"]);
    assert.equal(spf.problems.length, 2);
    assert.equal(iprev, undefined);
    assert.equal(verdict.outcome, "records-only");
    assert.match(verdict.text, /an SPF record and a DMARC record with p=none, with 2 problems of SPF/);
  });

  it("a domain without records says so, and a failed lookup is no answer", async () => {
    const none = await explained({ records: "b.example A 192.0.2.1", domain: "a.example" });
    assert.match(none.verdict.text, /no SPF record and no usable DMARC record/);
    const down = await explained({ records: "a.example SERVFAIL", domain: "a.example" });
    assert.equal(down.verdict.outcome, "unknown");
  });
});
