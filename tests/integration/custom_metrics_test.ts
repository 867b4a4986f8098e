// What filters count themselves: it is scraped and shown, whoever counted it, and no version of a filter breaks that.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import type { StatusReport } from "../../cli/observe/status/status_report.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at, captured } from "../support/present.ts";
import { childrenOf, sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { promtool, promtoolProblem, samplesOf } from "../support/prometheus.ts";
import { attribute, elements, parsePage, textOf } from "../status/parsed_page.ts";
import { runIn, withFiles } from "./user_filter/support.ts";

const noPromtool = skipFor(promtoolProblem());

/** A filter that counts mail by the domain of its sender, in a version of it. */
const counting = (labels = '["domain"]', buckets = "[2, 4]") =>
  `import { defineFilter } from "milterkit";
export default defineFilter({
  name: "countIt",
  options: { bounds: { kind: "integer", repeatable: true, description: "Bounds" } },
  verdicts: [],
  create({ bounds }, kit) {
    const all = kit.counter("mails_total", "Mails");
    const by = kit.counter("senders_total", "Senders, by domain", ${labels});
    const sizes = kit.histogram("address_bytes", "Lengths of addresses", bounds.length > 0 ? bounds : ${buckets});
    return {
      mail({ address }) {
        const domain = address.split("@")[1] ?? "-";
        all.add();
        by.add({ domain, other: domain });
        sizes.observe(address.length);
      },
      dispose: () => all.add(100),
    };
  },
});
`;

const METRICS_AT = /metrics and health at (http:\S+)/;
const [title, program] = PROGRAM;

/** A served filter and what is scraped of it. */
class Counted {
  constructor(readonly milterkit: Milterkit, readonly url: string) {}

  static async serve(folder: string, args: readonly string[], use: (counted: Counted) => Promise<void>) {
    const milterkit = await Milterkit.startCommand([...program, "serve", ...args], {
      cwd: folder,
      addresses: 0,
    });
    try {
      const url = captured(await milterkit.waitForLine((line) => METRICS_AT.test(line)), METRICS_AT);
      await milterkit.waitForLine((line) => / runs /.test(line));
      await use(new Counted(milterkit, url));
    } finally {
      await milterkit.stop();
    }
  }

  /** Sends mail, each on a connection of its own, so that all workers have some. */
  async send(...senders: string[]): Promise<void> {
    for (const sender of senders) {
      const client = await MtaClient.open(this.milterkit.address);
      await client.mail(`<${sender}>`);
      client.abort();
      client.quit();
    }
  }

  async text(): Promise<string> {
    return (await fetchText(`${this.url}metrics`)).text;
  }

  /** The samples of the filters' own metrics, without the beginning of their names. */
  async samples(): Promise<Record<string, number>> {
    const all = [...samplesOf(await this.text())].filter(([name]) => name.startsWith("milterkit_custom_"));
    return Object.fromEntries(
      all.map(([name, value]) => [name.replace("milterkit_custom_count_it_", ""), value]),
    );
  }

  /** Waits until the samples are so. The time is only there for tests that fail. */
  async until(predicate: (samples: Record<string, number>) => boolean): Promise<Record<string, number>> {
    const end = performance.now() + 40_000;
    for (;;) {
      const samples = await this.samples();
      if (predicate(samples)) return samples;
      if (performance.now() > end) {
        throw new Error(`${predicate}: ${JSON.stringify(samples)}\n${this.milterkit.log()}`);
      }
      await sleep(20);
    }
  }

  async hangUp(): Promise<void> {
    const before = this.milterkit.lines.length;
    this.milterkit.signal("SIGHUP");
    await this.milterkit.waitForLine(
      (line) => this.milterkit.lines.indexOf(line) >= before && /get the new version/.test(line),
    );
  }
}

const direct = (...args: string[]) => ["--listen", "inet:0@127.0.0.1", "--metrics", "0", ...args];

describe(`what filters count, ${title}`, () => {
  for (const workers of [1, 2]) {
    test(`is scraped and shown, with ${workers} at work`, { timeout: 120_000 }, async () => {
      await withFiles({ "count.ts": counting() }, async (folder) => {
        const args = direct("--workers", `${workers}`, "--filter", "./count.ts", "--label", "mine");
        await Counted.serve(folder, args, async (counted) => {
          const mine = 'filter="mine"';
          const bucket = (le: string) => `address_bytes_bucket{${mine},le="${le}"}`;
          assert.deepEqual(await counted.samples(), {
            [`mails_total{${mine}}`]: 0,
            [bucket("2")]: 0,
            [bucket("4")]: 0,
            [bucket("+Inf")]: 0,
            [`address_bytes_sum{${mine}}`]: 0,
            [`address_bytes_count{${mine}}`]: 0,
          });
          await counted.send("a@b", "b@b", "a@c", "abc@c", "");
          const wanted = {
            [`mails_total{${mine}}`]: 5,
            [`senders_total{${mine},domain="b"}`]: 2,
            [`senders_total{${mine},domain="c"}`]: 2,
            [`senders_total{${mine},domain="-"}`]: 1,
            [bucket("2")]: 1,
            [bucket("4")]: 4,
            [bucket("+Inf")]: 5,
            [`address_bytes_sum{${mine}}`]: 14,
            [`address_bytes_count{${mine}}`]: 5,
          };
          assert.deepEqual(await counted.samples(), wanted);
          assert.match(
            await counted.text(),
            /^# HELP milterkit_custom_count_it_senders_total Senders, by domain$/m,
          );

          const report: StatusReport = JSON.parse((await fetchText(`${counted.url}status.json`)).text);
          const custom = at(report.filters, 0).custom;
          assert.deepEqual(custom.map(({ metric, help }) => [metric, help]), [
            ["milterkit_custom_count_it_mails_total", "Mails"],
            ["milterkit_custom_count_it_senders_total", "Senders, by domain"],
            ["milterkit_custom_count_it_address_bytes", "Lengths of addresses"],
          ]);
          assert.deepEqual(at(custom, 0).series, [{ labels: {}, value: 5 }]);
          assert.deepEqual(at(custom, 2).series, [{ labels: {}, count: 5, sum: 14 }]);
          const { document, errors } = parsePage((await fetchText(counted.url)).text);
          assert.deepEqual(errors, []);
          const table = elements(document).find((element) => attribute(element, "class") === "custom");
          assert.match(
            textOf(table!).replace(/\s+/g, " "),
            /mine mails_total Mails 5 mine senders_total domain=\S Senders, by domain \d .*address_bytes Lengths of addresses 5, mean 2\.8/,
          );
        });
      });
    });
  }

  test("stays when a worker is killed, and when versions change", { timeout: 120_000 }, async () => {
    const config =
      'listen = "inet:0@127.0.0.1"\nmetrics = "0"\nworkers = 2\n[[filter]]\nname = "./count.ts"\n';
    await withFiles({ "count.ts": counting(), "m.toml": config }, async (folder) => {
      await Counted.serve(folder, ["--config", "m.toml"], async (counted) => {
        const all = 'mails_total{filter="countIt"}';
        await counted.send("a@b", "a@b", "a@b", "a@b");
        assert.equal((await counted.samples())[all], 4);
        process.kill(at(childrenOf(counted.milterkit.pid), 0), "SIGKILL");
        await counted.milterkit.waitForLine((line) => /worker \d .*SIGKILL/.test(line));
        await counted.send("a@b", "a@b");
        await counted.until((samples) => samples[all] === 6);

        // What the old workers count at their end arrives too.
        await counted.hangUp();
        await counted.send("a@b");
        await counted.until((samples) => samples[all] === 207);
        assert.equal((await counted.samples())['senders_total{filter="countIt",domain="b"}'], 7);

        // Other labels and buckets begin anew; nothing is there twice.
        writeFileSync(join(folder, "count.ts"), counting('["other"]', "[3]"));
        await counted.hangUp();
        await counted.send("a@b");
        const samples = await counted.until((samples) => samples[all] === 408);
        assert.equal(samples['senders_total{filter="countIt",other="b"}'], 1);
        assert.equal(Object.keys(samples).filter((name) => /^senders|_bucket/.test(name)).length, 3);
      });
    });
  });

  test("of two filters of one definition is one metric", { skip: noPromtool, timeout: 120_000 }, async () => {
    await withFiles({ "count.ts": counting() }, async (folder) => {
      const filter = (label: string) => ["--filter", "./count.ts", "--label", label];
      await Counted.serve(folder, direct(...filter("one"), ...filter('t"w\\o')), async (counted) => {
        await counted.send("a@b");
        const samples = await counted.samples();
        assert.equal(samples['mails_total{filter="one"}'], 1);
        assert.equal(samples['mails_total{filter="t\\"w\\\\o"}'], 1);
        assert.equal(await promtool(["check", "metrics"], await counted.text()), "");
      });
      // At two listeners, filters of one name count as one.
      const listener =
        '[[listener]]\nlisten = "inet:0@127.0.0.1"\n[[listener.filter]]\nname = "./count.ts"\n';
      writeFileSync(join(folder, "m.toml"), `metrics = "0"\n${listener}${listener}`);
      await Counted.serve(folder, ["--config", "m.toml"], async (counted) => {
        await counted.send("a@b");
        assert.equal((await counted.samples())['mails_total{filter="countIt"}'], 1);
        assert.equal(await promtool(["check", "metrics"], await counted.text()), "");
      });
    });
  });

  test(
    "is refused at the start where two filters of one definition differ",
    { timeout: 120_000 },
    async () => {
      await withFiles({ "count.ts": counting() }, async (folder) => {
        const filter = (label: string, bound: string) => [
          ...["--filter", "./count.ts", "--label", label, "--bounds", bound],
        ];
        const { code, stderr } = await runIn(
          folder,
          program,
          "serve",
          ...direct(...filter("a", "1"), ...filter("b", "2")),
        );
        assert.equal(code, 2, stderr);
        assert.match(
          stderr,
          /filter a, which has the same definition countIt, has a address_bytes with other labels or buckets/,
        );
      });
    },
  );
});
