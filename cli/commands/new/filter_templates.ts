/**
 * The filters to start from, each with its test.
 *
 * @module
 */

/** A filter to start from. */
export interface FilterTemplate {
  /** What comes after the file on a command line. */
  readonly flags: string;
  /** Its source, for a name. */
  source(name: string): string;
  /** The source of its test, for a name. */
  test(name: string): string;
}

const plain: FilterTemplate = {
  flags: "",
  source: (name) =>
    `import { defineFilter, reject } from "milterkit";

export default defineFilter({
  name: "${name}",
  summary: "Rejects mail with a lottery in its subject",
  // Called for each header field. Returning nothing lets the message go on. The text is what people read, decoded.
  header(field) {
    if (field.is("Subject") && /lottery/i.test(field.text)) return reject(550, "5.7.1", "No lotteries here");
  },
});
`,
  test: (name) =>
    `import { test } from "node:test";
import { deliver } from "milterkit/testing";
import filter from "./${name}.ts";

test("rejects a lottery", async () => {
  (await deliver(filter, { header: { Subject: "You won the LOTTERY" } })).assertRejected(550, /No lotteries/);
});

test("rejects a lottery in an encoded subject", async () => {
  const header = { Subject: "=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=" };
  (await deliver(filter, { header })).assertRejected(550, /No lotteries/);
});

test("lets anything else pass", async () => {
  (await deliver(filter, { header: { Subject: "The minutes" } })).assertAccepted().assertUnchanged();
});
`,
};

const options: FilterTemplate = {
  flags: " --word lottery",
  source: (name) =>
    `import { defineFilter, reject } from "milterkit";

export default defineFilter({
  name: "${name}",
  summary: "Rejects mail with certain words in its subject, and marks all other mail",
  // Each option is a flag, a line of --help and a key of the configuration file.
  options: {
    word: {
      kind: "string",
      repeatable: true,
      required: true,
      description: "A word that no subject may contain",
      example: "lottery",
    },
    "mark-with": { kind: "header-name", default: "X-Checked", description: "The header field that marks mail" },
  },
  // What it may change, and where it may reject. The MTA waits for answers only where these require it.
  changes: ["addHeader"],
  verdicts: ["header"],
  // Called once. The values of the options have the types of their kinds.
  create({ word, markWith }) {
    const words = word.map((each) => each.toLowerCase());
    return {
      // Called for each header field. Returning nothing lets the message go on. The text is what people read, decoded.
      header(field) {
        const found = field.is("Subject") && words.find((each) => field.text.toLowerCase().includes(each));
        if (found) return reject(550, "5.7.1", \`No mail about \${found} here\`);
      },
      // Called at the end of the message, the only place where it can be changed.
      eom(message, { client }) {
        message.addHeader(markWith, \`${name}; client=\${client?.address ?? "unknown"}\`);
      },
    };
  },
});
`,
  test: (name) =>
    `import { test } from "node:test";
import { deliver, make } from "milterkit/testing";
import definition from "./${name}.ts";

test("rejects a subject with one of the words", async () => {
  const filter = await make(definition, { word: ["lottery", "casino"] });
  (await deliver(filter, { header: { Subject: "You won the LOTTERY" } })).assertRejected(550, /about lottery/);
  (await deliver(filter, { header: { Subject: "A casino" } })).assertRejected(550, /about casino/);
});

test("marks and accepts anything else", async () => {
  const filter = await make(definition, { word: "lottery", markWith: "X-Seen" });
  const delivered = await deliver(filter, { client: { address: "192.0.2.7" }, header: { Subject: "The minutes" } });
  delivered.assertAccepted().assertHeader("X-Seen", "${name}; client=192.0.2.7");
});
`,
};

const state: FilterTemplate = {
  flags: " --most 100",
  source: (name) =>
    `import { defineFilter, tempfail } from "milterkit";

const HOUR = 3_600_000;

export default defineFilter({
  name: "${name}",
  summary: "Limits how many messages a client sends an hour",
  options: {
    most: { kind: "integer", min: 1, default: "100", description: "Maximum number of messages per hour from one client" },
  },
  // Where it may put mail off. The MTA waits for answers only there.
  verdicts: ["mail"],
  // Called once. What it makes with kit ends by itself when the filter is disposed.
  create({ most }, kit) {
    // Remembers clients, each for as long as it matters.
    const clients = kit.store("clients");
    // Shown by /metrics and on the status page.
    const delayed = kit.counter("delayed_messages_total", "Messages over the limit");
    let lately = 0;
    kit.every("1h", () => {
      if (lately > 0) kit.log.warning("messages were over the limit", { messages: lately });
      lately = 0;
    });
    return {
      // Called for the sender of each message.
      async mail(_sender, { client, log }) {
        const taken = await clients.take(client?.address ?? "unknown", { count: most, per: HOUR });
        if (taken.ok) return;
        delayed.add();
        lately++;
        log.info("over the limit", { wait: taken.wait });
        return tempfail(451, "4.7.1", \`Too many messages, try again in \${Math.ceil(taken.wait / 60_000)} minutes\`);
      },
      // Called at the end, when nobody uses the filter any more: close here what create opened.
      dispose() {
        kit.log.debug("disposed");
      },
    };
  },
});
`,
  test: (name) =>
    `import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver, make, TestClock } from "milterkit/testing";
import definition from "./${name}.ts";

test("defers a client that sends too much, until time has passed", async () => {
  const clock = new TestClock();
  const logged: string[] = [];
  const filter = await make(definition, { most: 2 }, { clock, onLog: ({ text }) => logged.push(text) });
  const mailFrom = (address: string) => deliver(filter, { client: { address } });

  (await mailFrom("192.0.2.1")).assertAccepted();
  (await mailFrom("192.0.2.1")).assertAccepted();
  (await mailFrom("192.0.2.1")).assertTempfailed(451, /in 30 minutes/).assertLogged("over the limit");
  (await mailFrom("192.0.2.2")).assertAccepted();
  assert.equal(filter.metrics.count("delayed_messages_total"), 1);

  await clock.advance(30 * 60_000);
  (await mailFrom("192.0.2.1")).assertAccepted();

  assert.deepEqual(logged, []);
  await clock.advance(30 * 60_000);
  assert.deepEqual(logged, ["messages were over the limit"]);
  await filter.dispose();
  assert.equal(logged.at(-1), "disposed");
});
`,
};

/** The filters to start from, by the value of `--with`. */
export const WITH = { options, state } as const satisfies Readonly<Record<string, FilterTemplate>>;

/** The filter to start from without `--with`. */
export const PLAIN: FilterTemplate = plain;
