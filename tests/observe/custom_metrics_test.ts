// What filters count themselves, added up over processes and versions.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CustomMetrics } from "../../cli/observe/custom_metrics.ts";
import { customMetrics } from "../../cli/observe/metrics/custom.ts";
import { metricsText } from "../../cli/observe/metrics_route.ts";
import { emptyDnsCounts } from "../../cli/observe/dns_counts.ts";
import { emptyStateCounts } from "../../cli/observe/state_counts.ts";
import { emptyMailCounts } from "../../cli/observe/add_counts.ts";
import { Totals } from "../../cli/observe/totals.ts";
import { MAX_SERIES, type MetricFamily } from "../../lib/kit/metrics.ts";
import { skipFor } from "../support/instance.ts";
import { at } from "../support/present.ts";
import { promtool, promtoolProblem, samplesOf } from "../support/prometheus.ts";

const noPromtool = skipFor(promtoolProblem());

function counter(parts: Partial<MetricFamily> = {}): MetricFamily {
  return {
    filter: "f",
    definition: "demo",
    name: "a_total",
    help: "A",
    labels: ["x"],
    series: [{ labels: ["1"], sum: 1 }],
    ...parts,
  };
}

function histogram(parts: Partial<MetricFamily> = {}): MetricFamily {
  return counter({
    name: "size_bytes",
    help: "Sizes",
    labels: [],
    buckets: [1, 2],
    series: [{ labels: [], sum: 7, counts: [1, 2, 1] }],
    ...parts,
  });
}

const sums = (custom: CustomMetrics) =>
  custom.families.map((
    { metric, filter, series },
  ) => [metric, filter, series.map(({ labels, sum }) => [...labels, sum])]);

/** The text for Prometheus of these reports, each of a process of its own. */
async function textOf(...reports: (readonly MetricFamily[])[]): Promise<string> {
  const totals = new Totals();
  reports.forEach((custom, process) =>
    totals.add("main", process, {
      mail: emptyMailCounts(),
      dns: emptyDnsCounts(),
      state: emptyStateCounts(),
      processor: 0,
      custom,
    })
  );
  const source = {
    totals,
    connections: 0,
    readiness: "ready",
    workers: undefined,
    reloads: undefined,
    state: undefined,
  } as const;
  return (await metricsText(source)).text;
}

describe("what filters count", () => {
  test("is added up over processes, and stays when they end", () => {
    const custom = new CustomMetrics();
    custom.add("p1", [counter()]);
    custom.add("p2", [counter(), counter({ filter: "g" })]);
    custom.ended("p1");
    custom.add("p3", [counter({ series: [{ labels: ["2"], sum: 5 }] })]);
    custom.ended("p2");
    custom.ended("p3");
    assert.deepEqual(sums(custom), [
      ["milterkit_custom_demo_a_total", "f", [["1", 2], ["2", 5]]],
      ["milterkit_custom_demo_a_total", "g", [["1", 1]]],
    ]);
  });

  test("of a version with other labels takes the place of the one before, unless that goes on alone", () => {
    const custom = new CustomMetrics();
    const old = counter({ labels: [], series: [{ labels: [], sum: 3 }] });
    custom.add("old", [old]);
    custom.add("new", [counter()]);
    custom.add("old", [old]);
    assert.deepEqual(sums(custom), [["milterkit_custom_demo_a_total", "f", [["1", 1]]]]);
    // The new version did not start after all.
    custom.ended("new");
    custom.add("old", [old]);
    assert.deepEqual(sums(custom), [["milterkit_custom_demo_a_total", "f", [[9]]]]);
    custom.add("newer", [counter()]);
    custom.ended("old");
    custom.ended("newer");
    assert.deepEqual(sums(custom), [["milterkit_custom_demo_a_total", "f", [["1", 1]]]]);
  });

  test("is bounded, whatever processes report", () => {
    const custom = new CustomMetrics();
    const series = Array.from({ length: MAX_SERIES }, (_, i) => ({ labels: [`${i}`], sum: 1 }));
    custom.add("p", [counter({ series })]);
    custom.add("p", [counter({ series: [{ labels: ["more"], sum: 2 }, { labels: ["0"], sum: 1 }] })]);
    const [family] = custom.families;
    assert.equal(family?.series.length, MAX_SERIES + 1);
    assert.deepEqual(family?.series.at(-1), { labels: ["other"], sum: 2 });
    assert.deepEqual(family?.series[0], { labels: ["0"], sum: 2 });
    for (let i = 0; i < 1100; i++) custom.add("p", [counter({ name: `n${i}_total` })]);
    assert.equal(custom.families.length, 1000);
    const many = new CustomMetrics();
    for (let i = 0; i < 30; i++) many.add("p", [counter({ filter: `f${i}`, series })]);
    const all = many.families.reduce((sum, { series }) => sum + series.length, 0);
    assert.ok(all <= 20_000 + 30, `${all} series`);
    const total = many.families.flatMap(({ series }) => series).reduce((sum, each) => sum + each.sum, 0);
    assert.equal(total, 30 * MAX_SERIES);
  });

  test("has the definition's name as Prometheus allows it", () => {
    const custom = new CustomMetrics();
    const definitions = ["grey-list", "greyList", "Grau & Liste", "9.5", "邮件"];
    custom.add("p", definitions.map((definition, i) => counter({ definition, filter: `${i}` })));
    assert.deepEqual(custom.families.map(({ metric }) => metric), [
      "milterkit_custom_grey_list_a_total",
      "milterkit_custom_grey_list_a_total",
      "milterkit_custom_grau_liste_a_total",
      "milterkit_custom_9_5_a_total",
      "milterkit_custom_filter_a_total",
    ]);
  });

  test("has the filter as its first label, and cumulative buckets", async () => {
    const text = await textOf([counter(), histogram()], [histogram()]);
    const lines = text.split("\n").filter((line) => line.includes("custom"));
    assert.deepEqual(lines, [
      "# HELP milterkit_custom_demo_a_total A",
      "# TYPE milterkit_custom_demo_a_total counter",
      'milterkit_custom_demo_a_total{filter="f",x="1"} 1',
      "# HELP milterkit_custom_demo_size_bytes Sizes",
      "# TYPE milterkit_custom_demo_size_bytes histogram",
      'milterkit_custom_demo_size_bytes_bucket{filter="f",le="1"} 2',
      'milterkit_custom_demo_size_bytes_bucket{filter="f",le="2"} 6',
      'milterkit_custom_demo_size_bytes_bucket{filter="f",le="+Inf"} 8',
      'milterkit_custom_demo_size_bytes_sum{filter="f"} 14',
      'milterkit_custom_demo_size_bytes_count{filter="f"} 8',
    ]);
  });

  test(
    "is one metric where names meet, and what promtool is content with",
    { skip: noPromtool },
    async () => {
      const odd = 'a "b" \\ c\nd é \u{1f600}';
      const text = await textOf([
        counter({ filter: odd, labels: ["x", "y"], help: odd, series: [{ labels: [odd, ""], sum: 0.5 }] }),
        counter({ filter: "g" }),
        counter({ filter: "h", definition: "Demo", labels: [], series: [] }),
        histogram(),
        histogram({ filter: "g", buckets: [0.5, 1e9], series: [{ labels: [], sum: 1, counts: [0, 1, 0] }] }),
        // Its bounds are others than those of the same filter before.
        histogram({ buckets: [3], series: [{ labels: [], sum: 1, counts: [1, 0] }] }),
      ]);
      assert.equal(await promtool(["check", "metrics"], text), "");
      const names = [...text.matchAll(/^# TYPE (\S*custom\S*)/gm)].map(([, name]) => name);
      assert.deepEqual(names, ["milterkit_custom_demo_a_total", "milterkit_custom_demo_size_bytes"]);
      const custom = text.split("\n").filter((line) => /^milterkit_custom/.test(line));
      assert.equal(samplesOf(custom.join("\n")).size, custom.length, "each series once");
      for (const filter of ["f", "g"]) {
        assert.ok(custom.some((line) => line.includes(`_bucket{filter="${filter}"`)), filter);
      }
      assert.ok(custom.includes('milterkit_custom_demo_a_total{filter="g",x="1"} 1'), custom.join("\n"));
    },
  );

  test("has labels as declared", () => {
    const totals = new Totals();
    totals.custom.add("p", [counter(), histogram()]);
    const [first, second] = customMetrics({ totals });
    assert.deepEqual([first?.type, first?.labels], ["counter", ["filter", "x"]]);
    assert.deepEqual([second?.type, at(second?.labels ?? [], 0)], ["histogram", "filter"]);
  });
});
