// Results of authentication where an administrator looks: metrics, the status page and the log of the real program.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import type { ResultSummary } from "../../cli/log/result_summary.ts";
import type { StatusReport } from "../../cli/observe/status/status_report.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { elements, parsePage, textOf } from "../status/parsed_page.ts";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { childrenOf, sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { promtool, promtoolProblem, samplesOf } from "../support/prometheus.ts";
import { at } from "../support/present.ts";

const noPromtool = skipFor(promtoolProblem());
const folder = mkdtempSync(join(tmpdir(), "milterkit-authentication-"));
after(() => rmSync(folder, { recursive: true }));

const records = join(folder, "records.txt");
writeFileSync(
  records,
  `good.example        "v=spf1 ip4:192.0.2.1 -all"
_dmarc.good.example "v=DMARC1; p=none"
bad.example         "v=spf1 -all"
_dmarc.bad.example  "v=DMARC1; p=none"
_dmarc.random.example "v=DMARC1; p=none"
`,
);

const [title, command] = PROGRAM;

/** A served filter, where mail gets in and where it shows. */
class Service {
  constructor(readonly milterkit: Milterkit, readonly mail: string, readonly url: string) {}

  static async run(args: readonly string[], use: (service: Service) => Promise<void>): Promise<void> {
    const [mail, http] = [await freePort(), await freePort()];
    const milterkit = await Milterkit.startCommand([
      ...command,
      "serve",
      ...["--listen", `inet:${mail}@127.0.0.1`, "--metrics", `${http}`, ...args],
      ...["--filter", "authenticate", "--authserv-id", "mx.example.net", "--dns-records", records],
    ], { addresses: 1 });
    try {
      await use(new Service(milterkit, `inet:${mail}@127.0.0.1`, `http://127.0.0.1:${http}/`));
    } finally {
      await milterkit.stop();
    }
  }

  /** Sends a message on a connection of its own, so that all workers have some. */
  async send(domain: string): Promise<void> {
    const client = await MtaClient.open(this.mail);
    await client.connect({
      hostname: "mail.good.example",
      family: "inet",
      address: "192.0.2.1",
      port: 40_000,
    });
    await client.helo("mail.good.example");
    await client.message(toBytes(`From: <ann@${domain}>\r\n\r\nHello\r\n`), {
      from: `ann@${domain}`,
      to: ["ben@example.net"],
    });
    client.quit();
  }

  async authentication(): Promise<StatusReport["authentication"]> {
    const report: StatusReport = JSON.parse((await fetchText(`${this.url}status.json?minutes=30`)).text);
    return report.authentication;
  }

  async metrics(): Promise<Record<string, number>> {
    const { text } = await fetchText(`${this.url}metrics`);
    const all = [...samplesOf(text)].filter(([name, value]) =>
      /authentication_results/.test(name) && value > 0
    );
    return Object.fromEntries(all.map(([name, value]) => [name.replace(/^.*\{(.*)\}$/, "$1"), value]));
  }

  async failures(): Promise<readonly (readonly [string, number])[]> {
    return (await this.authentication()).dmarcFailures.map(({ domain, messages }) =>
      [domain, messages] as const
    );
  }
}

describe(`results of authentication, ${title}`, () => {
  test("are counted over workers and their restarts, and shown", { timeout: 120_000 }, async () => {
    await Service.run(["--workers", "2"], async (service) => {
      assert.deepEqual(await service.metrics(), {});
      assert.match((await fetchText(service.url)).text, /<section id="authentication"[^>]* hidden>/);
      for (const domain of ["good", "bad", "bad", "good", "bad", "good"]) {
        await service.send(`${domain}.example`);
      }
      for (let i = 0; i < 12; i++) await service.send(`x${i}.random.example`);
      const counted = {
        'method="iprev",result="permerror"': 18,
        'method="spf",result="pass"': 3,
        'method="spf",result="fail"': 3,
        'method="spf",result="none"': 12,
        'method="dkim",result="none"': 18,
        'method="dmarc",result="pass"': 3,
        'method="dmarc",result="fail"': 15,
      };
      assert.deepEqual(await service.metrics(), counted);
      for (const worker of ["[1] ", "[2] "]) {
        assert.ok(service.milterkit.lines.some((line) => line.includes(`${worker}-: accept`)), worker);
      }
      const { results, dmarcFailures } = await service.authentication();
      assert.deepEqual(results.dmarc, { pass: 3, fail: 15 });
      assert.deepEqual(results.spf, { pass: 3, fail: 3, none: 12 });
      assert.equal(dmarcFailures.length, 10);
      assert.deepEqual(dmarcFailures[0], {
        domain: "bad.example",
        messages: 3,
        reason: "neither SPF nor DKIM passed for bad.example",
        spf: { fail: 3 },
        dkim: { none: 3 },
      });
      const { document, errors } = parsePage((await fetchText(service.url)).text);
      assert.deepEqual(errors, []);
      const rows = elements(document).filter(({ tagName }) => tagName === "tr")
        .map((row) => textOf(row).replace(/\s+/g, " ").trim());
      assert.ok(rows.includes("dmarc 3 15 – –"), rows.join("\n"));
      assert.ok(
        rows.includes("bad.example 3 3 fail 3 none neither SPF nor DKIM passed for bad.example"),
        rows.join("\n"),
      );

      // Whatever a worker has reported stays.
      process.kill(at(childrenOf(service.milterkit.pid), 0), "SIGKILL");
      await service.milterkit.waitForLine((line) => /worker \d .*SIGKILL/.test(line));
      assert.deepEqual(await service.metrics(), counted);
      assert.deepEqual((await service.failures())[0], ["bad.example", 3]);
      await service.send("bad.example");
      await service.send("bad.example");
      for (;;) {
        const [first] = await service.failures();
        if (first?.[1] === 5) break;
        await sleep(20);
      }
      assert.equal((await service.metrics())['method="dmarc",result="fail"'], 17);
    });
  });

  test("are metrics that promtool is content with", { skip: noPromtool, timeout: 120_000 }, async () => {
    await Service.run(["--workers", "2"], async (service) => {
      await service.send("good.example");
      const { text } = await fetchText(`${service.url}metrics`);
      assert.match(text, /^milterkit_authentication_results_total\{method="dmarc",result="pass"\} 1$/m);
      assert.equal(await promtool(["check", "metrics"], text), "");
    });
  });

  for (const redact of [undefined, "addresses"]) {
    test(`are logged as JSON${redact ? " without domains" : ""}`, { timeout: 120_000 }, async () => {
      const args = ["--log-format", "json", ...(redact ? ["--log-redact", redact] : [])];
      await Service.run(args, async (service) => {
        await service.send("bad.example");
        const line = await service.milterkit.waitForLine((line) => line.includes('"type":"message"'));
        const domain = redact ? "…" : "bad.example";
        const { results, message } = JSON.parse(line) as { results: ResultSummary[]; message: string };
        assert.deepEqual(results.map(({ method, result, domain = "-" }) => `${method}=${result} ${domain}`), [
          `spf=fail ${domain}`,
          "iprev=permerror -",
          "dkim=none -",
          `dmarc=fail ${domain}`,
        ]);
        assert.equal(at(results, 3).reason, `neither SPF nor DKIM passed for ${domain}`);
        // The text has the remark of the filter, and nothing twice.
        assert.equal(message.split("spf=fail").length, 2);
        if (redact) assert.doesNotMatch(line, /bad\.example/);
        const [shown] = await service.failures();
        assert.deepEqual(shown, [domain, 1]);
        assert.equal((await fetchText(service.url)).text.includes("bad.example"), redact === undefined);
      });
    });
  }
});
