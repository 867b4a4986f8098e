/**
 * Measures how long a message waits for slow DNS at the filter `authenticate`, and whether hostile records delay the mail of
 * others. What the filter takes is measured by `deno task bench`.
 *
 *     deno run -A scripts/authentication_bench.ts [--binary dist/milterkit] [--only latency|hostile] [--write]
 *     (with --runtime deno or --runtime bun: from the sources, instead of the executable)
 *
 * --write puts the figures into docs/benchmark.md. Needs Debian's nsd; an idle machine gives steadier figures.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { StubResolver } from "../lib/dns/stub.ts";
import { MtaClient } from "../lib/mta/client.ts";
import { type ParsedMessage, parseMessage } from "../lib/message/parse.ts";
import { startNsd, txtLine } from "../tests/dns/nsd.ts";
import { bytes, formatMessage, rsaKey, signMessage, text } from "../tests/auth/dkim/support.ts";
import { signedMessage, startMilterkit } from "./bench/dkim_filters.ts";
import { startDelayedDns } from "./bench/delayed_dns.ts";
import { median } from "./bench/results.ts";
import { ScriptReport } from "./bench/script_report.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: join(root, "dist/milterkit") },
    runtime: { type: "string" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
/** How late DNS answers, in milliseconds. */
const DELAY = 20;
/** How long the rest of a message takes behind MAIL, in milliseconds, where it does not come at once. */
const PAUSE = 150;
/** Messages of each kind of sender. */
const COLD = 15;

const folder = mkdtempSync(join(tmpdir(), "milterkit-authentication-bench-"));
const key = rsaKey();
const ALL = "ip4:192.0.2.0/24 ip4:10.0.0.0/8";
const report = new ScriptReport("Authentication");

interface Sender {
  readonly title: string;
  readonly spf: (domain: string) => string;
  readonly more?: (domain: string) => string;
  /** Whether From names a subdomain. */
  readonly below?: boolean;
}

/** Senders with records of their own, by a name of theirs in DNS. */
const SENDERS: Readonly<Record<string, Sender>> = {
  direct: { title: "addresses in the record", spf: () => `v=spf1 ${ALL} -all` },
  include: {
    title: "an include, as with most providers",
    spf: (domain) => `v=spf1 include:_spf.${domain} -all`,
    more: (domain) => txtLine(`_spf.${domain}.`, `v=spf1 ${ALL} -all`),
  },
  below: { title: "an address of a subdomain in From", spf: () => `v=spf1 ${ALL} -all`, below: true },
  a: {
    title: "`a`",
    spf: () => "v=spf1 a:host.%{d} -all",
  },
  mx: {
    title: "`mx`",
    spf: () => "v=spf1 mx -all",
    more: (domain) => `${domain}. IN MX 10 host.${domain}.\n`,
  },
  nested: {
    title: "an include in an include",
    spf: (domain) => `v=spf1 include:_spf.${domain} -all`,
    more: (domain) =>
      txtLine(`_spf.${domain}.`, `v=spf1 include:_net.${domain} -all`) +
      txtLine(`_net.${domain}.`, `v=spf1 ${ALL} -all`),
  },
};

const nsd = await startNsd({ ".": rootZone() });
try {
  report.tell(
    `The program is ${options.runtime ? `run from the sources on ${options.runtime}` : "the executable"}.`,
  );
  if (wanted("latency")) await latencyTable();
  if (wanted("hostile")) await hostileTable();
} finally {
  await nsd.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (options.write) report.write("nsd");
process.exit();

function wanted(part: string): boolean {
  return options.only === undefined || options.only === part;
}

function rootZone(): string {
  let zone =
    "$ORIGIN .\n$TTL 86400\n. IN SOA ns. admin. 1 3600 600 86400 60\n. IN NS ns.\nns. IN A 127.0.0.1\n";
  const sender = (domain: string, spf: string) => {
    zone += txtLine(`${domain}.`, spf) + txtLine(`sel._domainkey.${domain}.`, key.record) +
      txtLine(`_dmarc.${domain}.`, "v=DMARC1; p=reject");
  };
  sender("example.org", `v=spf1 ${ALL} -all`);
  zone += "1.2.0.192.in-addr.arpa. IN PTR client.example.test.\nclient.example.test. IN A 192.0.2.1\n";
  for (const [kind, { spf, more = () => "" }] of Object.entries(SENDERS)) {
    const kindNumber = Object.keys(SENDERS).indexOf(kind);
    for (let i = 0; i < 2 * COLD; i++) {
      const domain = `d${i}.${kind}`;
      sender(domain, spf(domain));
      zone += more(domain) + `${i}.${kindNumber}.1.10.in-addr.arpa. IN PTR host.${domain}.\n` +
        `host.${domain}. IN A 10.1.${kindNumber}.${i}\n`;
    }
  }
  // Ten includes, each with an mx of ten hosts.
  const includes = Array.from({ length: 10 }, (_, i) => `include:i${i}.hostile`);
  zone += txtLine("ten.hostile.", `v=spf1 ${includes.join(" ")} -all`);
  for (let i = 0; i < 10; i++) {
    zone += txtLine(`i${i}.hostile.`, "v=spf1 mx -all");
    for (let j = 0; j < 10; j++) {
      zone += `i${i}.hostile. IN MX ${j} h${j}.i${i}.hostile.\nh${j}.i${i}.hostile. IN A 198.51.100.1\n`;
    }
  }
  for (let i = 0; i < 200; i++) {
    zone += txtLine(`m${i}.mute.`, "v=spf1 mx -all");
    for (let j = 0; j < 10; j++) zone += `m${i}.mute. IN MX ${j} h${j}.m${i}.silent.\n`;
  }
  return zone;
}

// ---- waiting for DNS

interface Timing {
  readonly ms: number;
  readonly results: string;
}

/** Sends a message on a connection of its own; the time is that of the last answer, from the end of the message on. */
async function timed(
  socket: string,
  address: string,
  mailFrom: string,
  message: ParsedMessage,
  pause: number,
): Promise<Timing> {
  const client = await MtaClient.open(`unix:${socket}`, { timeout: 60_000 });
  try {
    await client.connect({ hostname: "client.example.test", family: "inet", port: 1234, address });
    await client.helo("client.example.test");
    client.macros("mail", { i: "4cXyz12345" });
    await client.mail(mailFrom);
    await client.rcpt("b@example.test");
    if (pause > 0) await sleep(pause);
    await client.data();
    const began = performance.now();
    for (const field of message.header) await client.header(field);
    await client.eoh();
    await client.body(message.body);
    const { modifications } = await client.eom();
    const ms = performance.now() - began;
    const results = modifications.flatMap((each) => each.type === "insertHeader" ? [text([each.value])] : []);
    return { ms, results: results.join() };
  } finally {
    client.destroy();
  }
}

async function latencyTable(): Promise<void> {
  const dns = await startDelayedDns(nsd.port, DELAY);
  const subject = await startMilterkit("authenticate", options, folder, dns.address);
  report.tell(
    `How long a message waits at its end for SPF, DKIM, DMARC and iprev, if no answer is cached and each takes ${DELAY} ms; ` +
      `the median of ${COLD} senders. "At once": the whole message comes with MAIL; otherwise ${PAUSE} ms later.`,
  );
  const trip = await roundTrip(dns.address);
  report.tell(
    `A DNS query and its answer take ${
      trip.toFixed(1)
    } ms here. The round trips are the wait divided by that, after subtracting the time ` +
      "that the same message takes with all answers cached.",
  );
  report.tell("| sender | at once | round trips | later | round trips | questions |");
  report.tell("|---|--:|--:|--:|--:|--:|");
  try {
    for (const [kind, { title, below = false }] of Object.entries(SENDERS)) {
      const kindNumber = Object.keys(SENDERS).indexOf(kind);
      const cells: string[] = [];
      let questions = 0;
      for (const pause of [0, PAUSE]) {
        const times: number[] = [];
        const cached: number[] = [];
        dns.takeCount();
        for (let n = 0; n < COLD; n++) {
          const i = pause > 0 ? n : COLD + n;
          const domain = `d${i}.${kind}`;
          const message = signedMessage(key, domain, below ? `news.${domain}` : domain, 2000);
          const parsed = parseMessage(bytes(formatMessage(message)));
          const send = () => timed(subject.socket, `10.1.${kindNumber}.${i}`, `a@${domain}`, parsed, pause);
          const { ms, results } = await send();
          if (results.match(/(?:iprev|spf|dkim|dmarc)=pass/g)?.length !== 4) throw new Error(results);
          times.push(ms);
          cached.push((await send()).ms);
        }
        questions = dns.takeCount() / COLD;
        const time = median(times) ?? NaN;
        cells.push(`${time.toFixed(0)} ms`, ((time - (median(cached) ?? NaN)) / trip).toFixed(1));
      }
      report.tell(`| ${title} | ${cells.join(" | ")} | ${questions.toFixed(0)} |`);
    }
    report.tell("`a` and `mx` name the client's own host here, which iprev looks up at the same time.");
  } finally {
    await subject.stop();
    dns.stop();
  }
}

/** How long one question takes, with the machine's own delays. */
async function roundTrip(server: string): Promise<number> {
  const resolver = new StubResolver({ servers: [server] });
  const times: number[] = [];
  for (let i = 0; i < COLD; i++) {
    const began = performance.now();
    await resolver.resolveTxt(`t${i}.example.org`);
    times.push(performance.now() - began);
  }
  resolver.close();
  return median(times) ?? NaN;
}

// ---- hostile records

async function hostileTable(): Promise<void> {
  const dns = await startDelayedDns(nsd.port, DELAY);
  const subject = await startMilterkit("authenticate", options, folder, dns.address);
  const unanswered = (domain: string) => {
    let message = signedMessage(key, `k0.${domain}.silent`, `a.${domain}.silent`, 2000);
    for (let i = 1; i < 5; i++) {
      message = signMessage(message, { key, tags: { d: `k${i}.${domain}.silent` } });
    }
    return parseMessage(bytes(formatMessage(message)));
  };
  const send = (domain: string) =>
    timed(
      subject.socket,
      "192.0.2.1",
      `a@${domain}`,
      domain.endsWith(".mute") ? unanswered(domain) : parseMessage(bytes("From: a@example.org\r\n\r\nx\r\n")),
      0,
    );
  const result = (timing: Timing) => /spf=\w+/.exec(timing.results)?.[0] ?? "no result";
  const ordinary = async (count: number) => {
    const times: number[] = [];
    const message = parseMessage(
      bytes(formatMessage(signedMessage(key, "example.org", "example.org", 2000))),
    );
    for (let i = 0; i < count; i++) {
      const { ms, results } = await timed(subject.socket, "192.0.2.1", "a@example.org", message, 0);
      if (!/spf=pass[^]*dkim=pass[^]*dmarc=pass/.test(results)) throw new Error(results);
      times.push(ms);
    }
    return times;
  };
  const cold = async (first: number) => {
    const times: number[] = [];
    for (let i = first; i < first + 5; i++) {
      const domain = `d${i}.include`;
      const message = parseMessage(bytes(formatMessage(signedMessage(key, domain, domain, 2000))));
      const { ms, results } = await timed(subject.socket, "192.0.2.1", `a@${domain}`, message, 0);
      times.push(/spf=pass[^]*dkim=pass[^]*dmarc=pass/.test(results) ? ms : NaN);
    }
    return times;
  };
  const shown = (times: readonly number[]) =>
    times.some(Number.isNaN)
      ? `**${times.filter(Number.isNaN).length} of ${times.length} without results**`
      : `${(median(times) ?? NaN).toFixed(1)} / ${Math.max(...times).toFixed(1)} ms`;
  try {
    dns.takeCount();
    const many = await send("ten.hostile");
    report.tell(
      `A record with 10 includes, each with an mx of 10 hosts: ${result(many)} after ${
        many.ms.toFixed(0)
      } ms and ` +
        `${dns.takeCount()} questions of ${DELAY} ms each.`,
    );
    const mute = await send("x.silent");
    report.tell(`A domain whose DNS never answers: ${result(mute)} after ${(mute.ms / 1000).toFixed(1)} s.`);
    report.tell(
      "Messages whose DNS never answers, for the 10 hosts of an mx, 5 keys and a policy, all at once; meanwhile messages of " +
        "others, with all answers cached and with none, median / longest:",
    );
    report.tell("| hostile messages | theirs, longest | others, cached | others, not cached |");
    report.tell("|--:|--:|--:|--:|");
    await ordinary(20);
    for (const [index, count] of [0, 1, 20, 100].entries()) {
      const hostile = Array.from(
        { length: count },
        (_, i) => send(`m${index < 3 ? i + 21 * (index - 1) : i + 60}.mute`),
      );
      await sleep(300);
      const cached = await ordinary(20);
      const uncached = await cold(index * 5);
      const theirs = await Promise.all(hostile);
      const longest = theirs.length > 0 ? Math.max(...theirs.map(({ ms }) => ms)) : 0;
      const outcomes = [...new Set(theirs.map(result))].join(", ");
      report.tell(
        `| ${count} | ${count > 0 ? `${(longest / 1000).toFixed(1)} s, ${outcomes}` : "–"} | ${
          shown(cached)
        } | ${shown(uncached)} |`,
      );
    }
  } finally {
    await subject.stop();
    dns.stop();
  }
}
