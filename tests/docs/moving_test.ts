// docs/moving.md: each filter does what the original beside it does, which is run too where its library is here.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { formatMessage, parseMessage } from "../../lib/message/parse.ts";
import { utf8Text } from "../../lib/protocol/text.ts";
import { MailSession } from "../../lib/mta/delivery.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { type Filter, MtaClient } from "../../mod.ts";
import { examples } from "../../scripts/docs/examples.ts";
import { at, captured } from "../support/present.ts";
import { type Argv, findCommand, run, sleep, startDaemon, SYSTEM_PATH } from "../support/process.ts";
import { runExample } from "./examples.ts";

const page = readFileSync(new URL("../../docs/moving.md", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "milterkit-moving-"));
after(() => rmSync(folder, { recursive: true }));

/** The filter of ours in a section of the page. */
async function oursOf(section: string): Promise<Filter> {
  const line = page.slice(0, page.indexOf(`\n## ${section}\n`)).split("\n").length;
  const example = examples().find(({ place }) => {
    const [file, at] = place.split(":");
    return file === "docs/moving.md" && Number(at) > line;
  });
  return (await runExample(example!)).default as Filter;
}

/** The original in a section of the page, to be served at an address of its own. */
function originalOf(section: string, language: string, address: string): string {
  const start = page.indexOf(`\n## ${section}\n`);
  const code = captured(page.slice(start), new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms"));
  assert.ok(code.includes(`"inet:8825@localhost"`));
  return code.replace("inet:8825@localhost", address);
}

interface Case {
  readonly message: string;
  readonly from?: string;
  readonly to?: string;
  readonly user?: string;
}

const hello =
  "From: a@example.com\r\nSubject: Hello\r\nX-Internal: 1\r\nX-Other: o\r\nx-internal: 2\r\n\r\nSome text\r\n";
const lottery = "Subject: [EXTERNAL] Hello\r\n\r\nBuy a lottery ticket\r\n";
const bare = "From: a@example.com\r\n\r\nNo subject\r\n";
const cases: readonly Case[] = [hello, lottery, bare].flatMap((message) => [
  { message },
  { message, from: "b@SPAM.example" },
  { message, to: "trap@example.org" },
  { message, user: "alice" },
]);

/** What becomes of each case, in a line each. */
async function outcomes(open: () => Promise<MtaClient>): Promise<string[]> {
  const lines: string[] = [];
  const sender = {
    client: { hostname: "relay.example", family: "inet", address: "192.0.2.1", port: 25000 },
    helo: "relay.example",
  } as const;
  for (const { message, from = "a@example.com", to = "b@example.org", user } of cases) {
    const client = await open();
    const session = new MailSession(client, sender, "postfix", user ? { auth_authen: user } : {});
    const mail = { from, to: [to], message: parseMessage(new TextEncoder().encode(message)), queueId: "1" };
    const { outcome, reply, after } = await session.deliver(mail);
    client.quit();
    lines.push(JSON.stringify([outcome, reply ?? null, after.held ?? null, utf8Text(formatMessage(after))]));
  }
  return lines;
}

const ofOurs = (filter: Filter): Promise<string[]> =>
  outcomes(() => MtaClient.open(new FiltersInProcess([filter], { mta: "postfix" }).dial(() => {})));

async function ofOriginal(argv: Argv, address: string): Promise<string[]> {
  const daemon = startDaemon(argv, { PATH: SYSTEM_PATH }, join(folder, "log"));
  try {
    for (let i = 0;; i++) {
      try {
        (await MtaClient.open(address)).quit();
        break;
      } catch (error) {
        if (i === 100 || !daemon.running()) throw error;
        await sleep(50);
      }
    }
    return await outcomes(() => MtaClient.open(address));
  } finally {
    // libmilter takes its time.
    await daemon.stop(100);
  }
}

const has = async (...command: Argv): Promise<boolean> => (await run(command)).code === 0;

describe("moving from libmilter", () => {
  const section = "libmilter";

  it("refuses and counts", async () => {
    const lines = await ofOurs(await oursOf(section));
    assert.match(at(lines, 0), /^\["accept",null,null,.*X-Body-Bytes: 11\\r\\n\\r\\nSome text/);
    assert.match(
      at(lines, 1),
      /^\["reject",\{"code":550,"enhanced":"5\.7\.1","lines":\["No mail from there"\]\}/,
    );
  });

  it("does as the original", { timeout: 120_000 }, async (t) => {
    const compiler = findCommand("cc");
    const source = join(folder, "filter.c");
    const address = `unix:${join(folder, "c.sock")}`;
    writeFileSync(source, originalOf(section, "c", address));
    const program = join(folder, "filter");
    const built = compiler && await has(compiler, "-o", program, source, "-lmilter", "-lpthread");
    if (!built) return t.skip?.("libmilter-dev is not here");
    assert.deepEqual(await ofOurs(await oursOf(section)), await ofOriginal([program], address));
  });
});

describe("moving from pymilter", () => {
  const section = "pymilter";

  it("marks the subject", async () => {
    const lines = await ofOurs(await oursOf(section));
    assert.match(at(lines, 0), /^\["accept",null,null,.*Subject: \[EXTERNAL\] Hello/);
    assert.match(at(lines, 3), /Subject: Hello/);
    assert.match(at(lines, 4), /Subject: \[EXTERNAL\] Hello/);
    assert.match(at(lines, 8), /Subject: \[EXTERNAL\]\\r\\n/);
  });

  it("does as the original", { timeout: 120_000 }, async (t) => {
    const python = findCommand("python3");
    if (!python || !await has(python, "-c", "import Milter")) return t.skip?.("python3-milter is not here");
    const source = join(folder, "filter.py");
    const address = `unix:${join(folder, "py.sock")}`;
    writeFileSync(source, originalOf(section, "python", address));
    assert.deepEqual(await ofOurs(await oursOf(section)), await ofOriginal([python, source], address));
  });
});

describe("moving from go-milter", () => {
  it("takes all fields out", async () => {
    const lines = await ofOurs(await oursOf("emersion/go-milter"));
    assert.match(at(lines, 0), /Subject: Hello\\r\\nX-Other: o\\r\\n\\r\\n/);
  });

  it("refuses, holds and marks", async () => {
    const lines = await ofOurs(await oursOf("d--j/go-milter"));
    assert.match(at(lines, 0), /^\["accept",null,null,.*X-Looked-At: yes/);
    assert.match(at(lines, 2), /^\["accept",null,"sent to the trap"/);
    assert.match(
      at(lines, 4),
      /^\["reject",\{"code":550,"enhanced":"5\.7\.1","lines":\["No lotteries here"\]\}/,
    );
  });
});
