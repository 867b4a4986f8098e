// Metrics as Prometheus reads them; the docs, the dashboard and the alerts name only what there is.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { emptyDnsCounts } from "../../cli/observe/dns_counts.ts";
import { addStateCounts, emptyStateCounts } from "../../cli/observe/state_counts.ts";
import { METRICS } from "../../cli/observe/metrics/all.ts";
import type { MetricSource } from "../../cli/observe/metrics/metric.ts";
import { metricsText } from "../../cli/observe/metrics_route.ts";
import { LATENCY_BOUNDS } from "../../cli/observe/mail_counts.ts";
import { AuthRecorder } from "../../cli/observe/auth_counts.ts";
import { addLatency, emptyFilterCounts, emptyMailCounts } from "../../cli/observe/add_counts.ts";
import { Totals } from "../../cli/observe/totals.ts";
import { skipFor } from "../support/instance.ts";
import { promtool, promtoolProblem, samplesOf } from "../support/prometheus.ts";

const file = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const noPromtool = skipFor(promtoolProblem());

/** Something of everything, with a name that has all that must be escaped. */
function everything(): MetricSource {
  const mail = emptyMailCounts();
  const filter = emptyFilterCounts(false);
  filter.messages = 3;
  filter.verdicts["eom reject"] = 1;
  filter.errors.mail = 1;
  filter.changes.addHeader = 1;
  for (const seconds of [0.0004, 0.3, 1000]) addLatency(filter.time, seconds);
  mail.filters['a "b" \\ c'] = filter;
  mail.outcomes.accept = 3;
  mail.labels['a "b" \\ c'] = 2;
  const failed = { ptype: "header", property: "from", value: 'a"\\.example' };
  const auth = new AuthRecorder();
  auth.record([
    { method: "dmarc", result: "fail", reason: "\n", properties: [failed] },
    { method: 'x"\\', result: "\n" },
  ]);
  mail.auth = auth.take();
  const dns = emptyDnsCounts();
  dns.lookups.found = 1;
  dns.queries.udp = 2;
  const state = emptyStateCounts();
  addStateCounts(state, { calls: { take: 3 }, failed: 1, away: 2, time: filter.time });
  const totals = new Totals();
  const figures = { resident: 1, heap: 1, descriptors: 1 };
  totals.add("main", 0, { mail, dns, state, processor: 0.5, figures });
  for (const process of [1, 2]) {
    totals.add("worker-1", process, {
      mail: emptyMailCounts(),
      dns: emptyDnsCounts(),
      state: emptyStateCounts(),
      processor: 1,
      figures,
    });
  }
  return {
    totals,
    connections: 1,
    readiness: "ready",
    state: { kind: "file", address: "/state.db", software: "SQLite", entries: 7, bytes: 8192 },
    workers: {
      wanted: 2,
      ready: 2,
      leaving: 0,
      restarts: 1,
      lost: 4,
      waiting: 0,
      turnedAway: 2,
      acceptFailures: 3,
    },
    reloads: { good: 1, failed: 2, lastGood: 5000, lastFailure: undefined },
  };
}

describe("/metrics", () => {
  test("has buckets that hold those below them, and one sum for processes of one name", async () => {
    const { text } = await metricsText(everything());
    const samples = samplesOf(text);
    const name = "milterkit_filter_duration_seconds";
    const filter = 'filter="a \\"b\\" \\\\ c"';
    const bucket = (le: string | number) => samples.get(`${name}_bucket{${filter},le="${le}"}`);
    assert.deepEqual(LATENCY_BOUNDS.map(bucket), LATENCY_BOUNDS.map((bound) => bound < 0.3 ? 1 : 2));
    assert.equal(bucket("+Inf"), 3);
    assert.equal(samples.get(`${name}_count{${filter}}`), 3);
    assert.equal(samples.get(`${name}_sum{${filter}}`), 1000.3004);
    assert.equal(samples.get('milterkit_process_resident_memory_bytes{process="worker-1"}'), 2);
    assert.equal(samples.get('milterkit_process_cpu_seconds_total{process="worker-1"}'), 2);
    assert.equal(samples.get("milterkit_connections_lost_total"), 4);
    assert.equal(samples.get("milterkit_accept_failures_total"), 3);
    assert.equal(samples.get("milterkit_last_reload_timestamp_seconds"), 5);
  });

  test("is what promtool is content with, empty or full", { skip: noPromtool }, async () => {
    const nothing = { totals: new Totals(), connections: 0, readiness: "starting" } as const;
    for (
      const seen of [everything(), { ...nothing, workers: undefined, reloads: undefined, state: undefined }]
    ) {
      assert.equal(await promtool(["check", "metrics"], (await metricsText(seen)).text), "");
    }
  });

  test("has results of authentication without any word from outside", async () => {
    const samples = samplesOf((await metricsText(everything())).text);
    const results = [...samples].filter(([name]) => name.startsWith("milterkit_authentication_results_total"))
      .map(([name, value]) => [name.slice("milterkit_authentication_results_total".length), value]);
    assert.deepEqual(Object.fromEntries(results), {
      '{method="dmarc",result="pass"}': 0,
      '{method="dmarc",result="fail"}': 1,
      '{method="dmarc",result="none"}': 0,
      '{method="dmarc",result="temperror"}': 0,
      '{method="dmarc",result="permerror"}': 0,
      '{method="other",result="other"}': 1,
    });
  });

  test("has labels as declared", () => {
    const seen = everything();
    for (const { name, labels, values } of METRICS) {
      const samples = values(seen);
      assert.ok(samples.length > 0, `${name} has no value`);
      for (const { labels: { le: _, ...given } } of samples) {
        assert.deepEqual(Object.keys(given).sort(), [...labels].sort(), name);
      }
    }
  });
});

/** Names of metrics, without the endings of parts of histograms. */
function named(text: string): Set<string> {
  const histograms = METRICS.filter(({ type }) => type === "histogram").map(({ name }) => name);
  return new Set(
    [...text.matchAll(/\bmilterkit_\w+/g)].map(([name]) => {
      const base = name.replace(/_(bucket|sum|count)$/, "");
      return histograms.includes(base) ? base : name;
    }),
  );
}

const all = new Set(METRICS.map(({ name }) => name));
const dashboard = JSON.parse(file("packaging/grafana/milterkit.json"));
const queries: string[] = dashboard.panels.flatMap(
  ({ targets = [] }: { targets?: { expr: string }[] }) => targets.map(({ expr }) => expr),
);

describe("the dashboard and the alerts", () => {
  test("name metrics that there are; the dashboard shows all but few", () => {
    const shown = named(queries.join("\n"));
    assert.deepEqual([...shown].filter((name) => !all.has(name)), []);
    assert.deepEqual([...all].filter((name) => !shown.has(name)), []);
    const alerts = named(file("packaging/prometheus/alerts.yml"));
    assert.ok(alerts.size > 5);
    assert.deepEqual([...alerts].filter((name) => !all.has(name)), []);
    for (const { query } of dashboard.templating.list) {
      assert.deepEqual([...named(JSON.stringify(query))].filter((name) => !all.has(name)), []);
    }
  });

  test("have queries that Prometheus can read", { skip: noPromtool }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-rules-"));
    try {
      const path = join(folder, "rules.yml");
      const rules = queries.map((query, i) => ({
        record: `panel:query:${i}`,
        expr: query.replaceAll("$__rate_interval", "1m"),
      }));
      writeFileSync(path, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
      assert.equal(await promtool(["check", "rules", path]), "");
      const alerts = fileURLToPath(new URL("../../packaging/prometheus/alerts.yml", import.meta.url));
      assert.equal(await promtool(["check", "rules", alerts]), "");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("panels have places of their own", () => {
    const taken = new Set<string>();
    for (const { gridPos: { x, y, w, h }, title } of dashboard.panels) {
      assert.ok(x + w <= 24, title);
      for (let i = x; i < x + w; i++) {
        for (let j = y; j < y + h; j++) {
          assert.ok(!taken.has(`${i},${j}`), title);
          taken.add(`${i},${j}`);
        }
      }
    }
    const ids = dashboard.panels.map(({ id }: { id: number }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});

test("docs/metrics.md has every metric as it is declared", () => {
  const rows = file("docs/metrics.md").split("\n").filter((line) => line.startsWith("| `milterkit_"));
  const declared = METRICS.map(({ name, type, labels, help }) =>
    `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`
  );
  assert.deepEqual(rows, declared);
});
