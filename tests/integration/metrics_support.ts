// What the tests of `serve --metrics` share: a filter that does what a subject says, its load, and what must be counted of it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT } from "../server/support.ts";
import { fetchText } from "../support/http.ts";
import { Milterkit } from "../support/milterkit.ts";
import { captured } from "../support/present.ts";
import { sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { samplesOf } from "../support/prometheus.ts";

/** The files of these tests. */
export const folder = mkdtempSync(join(tmpdir(), "milterkit-metrics-"));
after(() => rmSync(folder, { recursive: true }));

/** Does with a message what its subject says. */
writeFileSync(
  join(folder, "judge.ts"),
  `import { addHeader, defineFilter, discard, reject, tempfail } from "milterkit";
export default defineFilter({
  name: "judge",
  rcpt: ({ address }) => address.startsWith("no-") ? reject(550, "5.7.1", "Not this one") : undefined,
  header({ name, value }) {
    if (name !== "Subject") return;
    if (value.includes("throw")) throw new Error("told to");
  },
  changes: ["addHeader"],
  eom(message) {
    const subject = message.headers.get("Subject")?.value ?? "";
    if (subject.includes("reject")) return reject(550, "5.7.1", "No");
    if (subject.includes("tempfail")) return tempfail(451, "4.7.1", "Later");
    if (subject.includes("discard")) return discard();
    message.addHeader("X-Judged", "yes");
  },
});
`,
);

/** What becomes of a message with each subject; a filter that throws tempfails. */
const SUBJECTS = ["accept", "reject", "tempfail", "discard", "throw"] as const;

export interface Running {
  readonly milterkit: Milterkit;
  /** Where its HTTP is. */
  readonly url: string;
  scrape(): Promise<Map<string, number>>;
  /** The status and the word of /readyz. */
  ready(): Promise<[number, string]>;
}

export function observed(milterkit: Milterkit, url: string): Running {
  return {
    milterkit,
    url,
    scrape: async () => samplesOf((await fetchText(`${url}metrics`)).text),
    async ready() {
      const { status, text } = await fetchText(`${url}readyz`);
      return [status, JSON.parse(text).status];
    },
  };
}

/** Waits until something is so. The time is only there for tests that fail. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 40_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`did not happen: ${condition}`);
    await sleep(10);
  }
}

const METRICS_AT = /metrics and health at (http:\S+)/;

export async function urlOf(milterkit: Milterkit): Promise<string> {
  return captured(await milterkit.waitForLine((line) => METRICS_AT.test(line)), METRICS_AT);
}

export const [title, command] = PROGRAM;
let files = 0;
export const configure = (text: string): string => {
  const path = join(folder, `${title.length}-${++files}.toml`);
  writeFileSync(path, text);
  return path;
};
export const serving = async (args: string[], use: (running: Running) => Promise<void>) => {
  const milterkit = await Milterkit.startCommand([...command, "serve", ...args], { addresses: 0 });
  try {
    const running = observed(milterkit, await urlOf(milterkit));
    await milterkit.waitForLine((line) => / runs /.test(line));
    await use(running);
  } finally {
    await milterkit.stop();
  }
};
export const direct = (...args: string[]) => [
  ...["--listen", "inet:0@127.0.0.1", "--metrics", "0", ...args, "--filter", join(folder, "judge.ts")],
];
export const hangUp = async ({ milterkit }: Running, said: RegExp) => {
  const before = milterkit.lines.length;
  milterkit.signal("SIGHUP");
  await milterkit.waitForLine(
    (line) => milterkit.lines.indexOf(line) >= before && said.test(line),
    String(said),
  );
};

/** Sends messages of all kinds over connections that are replaced now and then; gives what must have been counted. */
export async function load(
  address: string,
  rounds: number,
): Promise<{ messages: number; connections: number }> {
  let [messages, connections] = [0, 0];
  const one = async () => {
    for (let round = 0; round < rounds; round++) {
      const client = await MtaClient.open(address);
      connections++;
      await client.connect(CLIENT);
      for (const subject of SUBJECTS) {
        await client.message(toBytes(`Subject: ${subject}\r\n\r\nHello\r\n`), {
          to: ["no-a@example.org", "b@example.org"],
        });
        messages++;
      }
      client.quit();
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return { messages, connections };
}

/** What must be scraped after so many messages, an equal number of each subject. */
export function assertCounts(scraped: Map<string, number>, messages: number): void {
  const each = messages / SUBJECTS.length;
  const counts = Object.fromEntries(
    [...scraped].filter(([name]) =>
      /^milterkit_(messages|filter_(verdicts|errors|changes|messages))_total/.test(name) ||
      /duration_seconds_count/.test(name)
    ).filter(([, value]) => value !== 0),
  );
  const of = (metric: string, labels: string) => `milterkit_${metric}{${labels}}`;
  assert.deepEqual(counts, {
    [of("messages_total", 'outcome="accept"')]: each,
    [of("messages_total", 'outcome="reject"')]: each,
    [of("messages_total", 'outcome="tempfail"')]: 2 * each,
    [of("messages_total", 'outcome="discard"')]: each,
    "milterkit_message_duration_seconds_count": messages,
    [of("filter_messages_total", 'filter="judge"')]: messages,
    [of("filter_duration_seconds_count", 'filter="judge"')]: messages,
    [of("filter_verdicts_total", 'filter="judge",event="rcpt",verdict="reject"')]: messages,
    [of("filter_verdicts_total", 'filter="judge",event="eom",verdict="reject"')]: each,
    [of("filter_verdicts_total", 'filter="judge",event="eom",verdict="tempfail"')]: each,
    [of("filter_verdicts_total", 'filter="judge",event="eom",verdict="discard"')]: each,
    [of("filter_verdicts_total", 'filter="judge",event="header",verdict="tempfail"')]: each,
    [of("filter_errors_total", 'filter="judge",event="header"')]: each,
    [of("filter_changes_total", 'filter="judge",change="addHeader"')]: each,
  });
}
