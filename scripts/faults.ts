/**
 * Sends mail through real MTAs while everything behind them fails: connections are cut, workers and the whole filter are
 * killed and restarted, callbacks throw and hang, the name server goes away. Every message must end up either filtered
 * and delivered, or refused. The client retries messages that are temporarily rejected.
 *
 *     deno task faults [--messages 10000] [--mta postfix] [--mta sendmail] [--seed N] [--clients 10]
 *
 * Counts the messages that arrive behind the MTA. Exits with 1 if a message arrives unfiltered, is accepted but does not
 * arrive, arrives twice, or arrives although its client was told that it was not accepted. A message whose last reply
 * was lost between MTA and client may arrive twice (RFC 5321 4.5.4.1); those are counted separately.
 *
 * Needs root, Debian and its packages postfix, sendmail (both unpacked, not installed) and nsd.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bytes, ed25519Key, formatMessage, signMessage } from "../tests/auth/dkim/support.ts";
import { nsdProblem, txtLine, zoneHead } from "../tests/dns/nsd.ts";
import type { MailServer } from "../tests/support/instance.ts";
import { messageText } from "../tests/support/next_hop.ts";
import { freePort } from "../tests/support/ports.ts";
import { postfixProblem, startPostfix } from "../tests/support/postfix.ts";
import { captured } from "../tests/support/present.ts";
import { newSeed, Random } from "../tests/support/random.ts";
import { sendmailProblem, startSendmail } from "../tests/support/sendmail.ts";
import { deliver, type Ending, type Mail } from "./faults/client.ts";
import { CuttingProxy } from "./faults/cutting_proxy.ts";
import { Injector } from "./faults/injector.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    messages: { type: "string", default: "10000" },
    mta: { type: "string", multiple: true, default: ["postfix", "sendmail"] },
    seed: { type: "string" },
    clients: { type: "string", default: "10" },
  },
});
const MESSAGES = Number(options.messages);
/** One in this many messages is too large and must be refused. */
const TOO_LARGE_SHARE = 20;
/** How long an MTA has to deliver what it has accepted, in milliseconds. */
const DELIVERY = 120_000;

interface Mta {
  problem: () => Promise<string | undefined>;
  start: (milter: string) => Promise<MailServer & { idle(timeoutMs?: number): Promise<void> }>;
}

const MTAS: Readonly<Record<string, Mta>> = {
  postfix: {
    problem: postfixProblem,
    start: (milter) => startPostfix({ milters: [milter], defaultAction: "tempfail" }),
  },
  sendmail: {
    problem: sendmailProblem,
    start: (milter) => startSendmail({ milters: [milter], flags: "T" }),
  },
};

const seed = Number(options.seed) || newSeed();
say(`--seed ${seed}`);
let well = true;
for (const name of options.mta) {
  const mta = MTAS[name];
  if (!mta) throw new Error(`--mta ${name}: it is postfix or sendmail`);
  const problem = await mta.problem() ?? nsdProblem();
  if (problem) throw new Error(`Cannot run: ${problem}`);
  well = await run(name, mta) && well;
}
process.exit(well ? 0 : 1);

async function run(name: string, { start }: Mta): Promise<boolean> {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), "milterkit-faults-"));
  const [port, dnsPort] = [await freePort(), await freePort()];
  const key = ed25519Key();
  // Nothing may be remembered of it: each message is to need the name server.
  const zones = { "example.org": zoneHead("example.org", 0) + txtLine("sel._domainkey", key.record) };
  const injector = new Injector(
    [
      ...["serve", "--listen", `inet:${port}@127.0.0.1`, "--workers", "2", "--stop-timeout", "1s"],
      ...["--log-format", "json", "--filter", "size-limit", "--max", "20kB"],
      ...[
        "--filter",
        "dkim-check",
        "--authserv-id",
        "mx.example.test",
        "--dns-server",
        `127.0.0.1:${dnsPort}`,
      ],
      ...["--dns-timeout", "1s", "--filter", "header-rewrite", "--add", "X-Filtered: {i}"],
      ...["--filter", join(root, "scripts/faults/faulty_filter.ts")],
    ],
    zones,
    dnsPort,
    random,
  );
  const proxy = await CuttingProxy.start(port, random);
  await injector.start();
  const mta = await start(`inet:${proxy.port}@127.0.0.1`);
  try {
    const mails = Array.from({ length: MESSAGES }, (_, i): Mail => {
      const tooLarge = random.below(TOO_LARGE_SHARE) === 0;
      const headers: [string, string][] = [["From", " a@example.org"], ["Subject", ` m${i}`]];
      const body = tooLarge ? "A line of a message that is too large.\r\n".repeat(1000) : `message ${i}\r\n`;
      return {
        id: `m${i}`,
        tooLarge,
        content: bytes(formatMessage(signMessage({ headers, body }, { key }))),
      };
    });
    const began = performance.now();
    injector.begin();
    const endings = await deliverAll(mta.port, mails, random);
    const seconds = (performance.now() - began) / 1000;
    await injector.calm();
    proxy.cutting = false;
    await mta.idle(DELIVERY);
    say(`${name}: ${MESSAGES} messages in ${seconds.toFixed(0)} s`);
    say(
      `faults: ${proxy.cuts} connections cut, ${
        Object.entries(injector.faults).map(([fault, times]) => `${times} times ${fault}`).join(", ")
      }`,
    );
    return judge(mta, mails, endings, injector.mistakes);
  } finally {
    await mta.stop();
    await injector.stop();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function deliverAll(
  port: number,
  mails: readonly Mail[],
  random: Random,
): Promise<Map<string, Ending>> {
  const endings = new Map<string, Ending>();
  const waiting = mails.values();
  let said = performance.now();
  const client = async () => {
    for (const mail of waiting) {
      endings.set(mail.id, await deliver(port, mail, random));
      if (performance.now() - said < 10_000) continue;
      said = performance.now();
      say(`  ${endings.size} messages have ended`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.clients) }, client));
  return endings;
}

function judge(
  mta: MailServer,
  mails: readonly Mail[],
  endings: ReadonlyMap<string, Ending>,
  mistakes: readonly string[],
): boolean {
  const arrived = new Map<string, number>();
  const counts = { delivered: 0, refused: 0, deferred: 0, putOff: 0, uncertain: 0, doubledForThem: 0 };
  const wrong = { unfiltered: 0, lost: 0, doubled: 0, notTaken: 0, wrongEnd: 0 };
  for (const received of mta.nextHop.messages) {
    const id = captured(received.mail, /<(m\d+)@/);
    arrived.set(id, (arrived.get(id) ?? 0) + 1);
    const text = messageText(received);
    const filtered = /^X-Filtered: \S/m.test(text) && /^X-Faulty: was here/m.test(text) &&
      /^Authentication-Results: [^]*?dkim=pass/m.test(text);
    if (!filtered) wrong.unfiltered++;
  }
  for (const mail of mails) {
    const ending = endings.get(mail.id)!;
    const times = arrived.get(mail.id) ?? 0;
    counts.putOff += ending.tries - 1;
    if (ending.uncertain) counts.uncertain++;
    if (ending.outcome === "accepted") counts.delivered++;
    else counts[ending.outcome]++;
    if (ending.outcome === "accepted" && times === 0) wrong.lost++;
    if (ending.outcome !== "accepted" && times > 0 && !ending.uncertain) wrong.notTaken++;
    if (times > 1) ending.uncertain ? counts.doubledForThem++ : wrong.doubled++;
    if (mail.tooLarge !== (ending.outcome === "refused")) {
      wrong.wrongEnd++;
      say(`  ${mail.id}: ${ending.outcome} after ${ending.tries} tries: ${ending.last}`);
    }
  }
  say(
    `ended: ${counts.delivered} delivered, ${counts.refused} refused, ${counts.deferred} deferred; temporarily rejected ` +
      `${counts.putOff} times before; ${counts.uncertain} last replies lost, ${counts.doubledForThem} arrived twice for that`,
  );
  say(
    `wrong: ${wrong.unfiltered} unfiltered, ${wrong.lost} lost, ${wrong.doubled} doubled, ` +
      `${wrong.notTaken} delivered though not accepted, ${wrong.wrongEnd} wrongly refused or accepted`,
  );
  for (const line of mistakes) say(`  it says: ${line}`);
  return mistakes.length === 0 && Object.values(wrong).every((count) => count === 0);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
