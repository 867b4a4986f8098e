// The filters that the benchmark measures, and how they are compared with several programs together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTESTS } from "../../scripts/bench/filters/contests.ts";
import type { MailName } from "../../scripts/bench/filters/mail.ts";
import type { FilterProgram } from "../../scripts/bench/filters/programs.ts";
import { ratiosByRound, rivalTimes, timesOf } from "../../scripts/bench/filters/ratios.ts";
import { FiltersSection } from "../../scripts/bench/filters/section.ts";
import type { FilterSite } from "../../scripts/bench/filters/site.ts";
import type { LoadResult } from "../../scripts/bench/results.ts";
import { BenchRun } from "../../scripts/bench/bench.ts";
import { quickOptions } from "../../scripts/bench/quick_options.ts";

const program = (name: string): FilterProgram => ({
  name,
  title: name,
  warmsUp: false,
  command: () => ["true"],
});

function result(round: number, workload: MailName, server: string, cpuMsPerMessage: number): LoadResult {
  return {
    kind: "load",
    round,
    workload,
    transport: "unix",
    server,
    messages: 1,
    messagesPerSecond: 1,
    cpuMsPerMessage,
    p50Ms: 1,
    p99Ms: 1,
    coreShare: 1,
    othersShare: undefined,
    errors: 0,
    errorText: undefined,
  };
}

test("programs that together do the same are added up, in rounds that have all of them", () => {
  const results = [
    result(1, "signed-10k", "opendkim", 2),
    result(1, "checked-10k", "opendmarc", 1),
    result(1, "signed-10k", "ours", 1.5),
    result(2, "signed-10k", "opendkim", 3),
    result(2, "signed-10k", "ours", 1),
    result(3, "signed-10k", "opendkim", 3),
    result(3, "checked-10k", "opendmarc", 1),
    // With other messages than those that are compared.
    result(3, "signed-1m", "ours", 9),
  ];
  const rival = {
    parts: [
      { mail: "signed-10k", program: program("opendkim") },
      { mail: "checked-10k", program: program("opendmarc") },
    ],
  } as const;
  const theirs = rivalTimes(results, rival);
  assert.deepEqual([...theirs], [[1, 3], [3, 4]]);
  assert.deepEqual(ratiosByRound(timesOf(results, "signed-10k", program("ours")), theirs), [0.5]);
});

test("contests have names of their own, and programs that differ do not share a name", () => {
  const names = CONTESTS.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  const titles = CONTESTS.map(({ title, mail }) => `${title}, ${mail}`);
  assert.deepEqual([...new Set(titles)], titles);
  const ours = CONTESTS.flatMap(({ mail, ours, logging }) =>
    [ours, ...(logging ? [logging] : [])].map((each) => `${each.name}, ${mail}`)
  );
  assert.deepEqual([...new Set(ours)], ours);
});

test("every contest has a rival that is sent the same message, or the same and results", () => {
  for (const { name, mail, rivals } of CONTESTS) {
    assert.ok(rivals.length > 0, name);
    for (const { parts } of rivals) {
      assert.ok(parts.some((part) => part.mail === mail), name);
      assert.ok(parts.every((part) => part.mail.split("-").at(-1) === mail.split("-").at(-1)), name);
    }
  }
});

test("where programs are missing, the table says so and the limits leave them out", () => {
  const site: FilterSite = {
    folder: "/nowhere",
    libmilter: "",
    milterkit: "",
    python: undefined,
    perl: false,
    dns: undefined,
    resolvConf: undefined,
    keys: () => "",
    keyFile: "",
    close: () => Promise.resolve(),
  };
  const rig = { programs: {} as never, folder: "/nowhere", cores: undefined, notes: [] };
  const section = new FiltersSection(new BenchRun(quickOptions(), rig, { progress: false }), site, CONTESTS);
  const [chapter] = section.chapters();
  assert.match(chapter?.text ?? "", /dkim-check was not measured: it needs nsd\./);
  assert.match(chapter?.text ?? "", /Python's email, pymilter was not measured: it needs python3-milter\./);
  assert.equal(
    chapter?.text.match(/was not measured/g)?.length,
    new Set(chapter?.text.match(/[^.]+ was not measured/g)).size,
  );
  assert.deepEqual(section.limits(), []);
});
