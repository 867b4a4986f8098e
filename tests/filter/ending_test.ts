// Each message that a filter was told of ends for it once: by its own eom, by a verdict of its own that counted, or by
// abort. Each connection ends for it by one close. Nothing is called while another callback of it is at work.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import type { Scope } from "../../lib/filter/scope.ts";
import { accept, discard, reject } from "../../lib/filter/verdict.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import { ALL_EVENTS, type AnyFilter, gate, MESSAGE, once, probe, served, until } from "../server/support.ts";
import { at } from "../support/present.ts";

/** The events in their order, each as an MTA does it. */
const STEPS: [event: VerdictEvent, (mta: MtaClient) => Promise<unknown>][] = [
  ["connect", (mta) => mta.connect({ hostname: "h", family: "unknown" })],
  ["helo", (mta) => mta.helo("h")],
  ["mail", (mta) => mta.mail("a")],
  ["rcpt", (mta) => mta.rcpt("b")],
  ["unknown", (mta) => mta.unknown("FOO")],
  ["data", (mta) => mta.data()],
  ["header", (mta) => mta.header(at(parseMessage(MESSAGE).header, 0))],
  ["eoh", (mta) => mta.eoh()],
  ["body", (mta) => mta.body(parseMessage(MESSAGE).body)],
  ["eom", (mta) => mta.eom()],
];

const ANSWERS: Record<string, () => unknown> = {
  "goes on": () => undefined,
  accepts: accept,
  rejects: reject,
  discards: discard,
  throws: () => {
    throw new Error("boom");
  },
  "answers rubbish": () => 42,
};

const ENDINGS = [
  "QUIT after it",
  "an abort after it",
  "the connection is lost in it",
  "the server aborts in it",
];

const SCOPE: Scope = { connection: () => true, message: () => true, recipient: () => true };

/** The callbacks whose context is that of the connection. */
const CONNECTION_EVENTS: readonly VerdictEvent[] = ["connect", "helo", "unknown"];

/**
 * How the filter with the answer is placed: alone, or behind one that may still end the message, or with a scope, by
 * which it is asked about the sender when the recipient comes.
 */
const PLACES = ["alone", "behind another", "for some recipients"];

/** Whether the answer fails the filter there. */
function fails(event: VerdictEvent, answer: string): boolean {
  if (answer === "throws" || answer === "answers rubbish") return true;
  if (event === "unknown") return answer === "accepts" || answer === "discards";
  return answer === "discards" && (event === "connect" || event === "helo");
}

/** How often the filter is to have had its abort. */
function abortsWanted(
  event: VerdictEvent,
  answer: string,
  ending: string,
  place: string,
  sync: boolean,
): number {
  if (event === "connect" || event === "helo") return 0;
  const failed = fails(event, answer);
  // A failure at an unknown command is an answer to that alone.
  if (event === "eom") return failed ? 1 : 0;
  if (failed && event !== "unknown") return 1;
  // Nobody waits for what a callback answers that was at work when the connection ended.
  const counts = sync || !ending.endsWith("in it");
  const concernsMessage = answer === "accepts" || answer === "discards" ||
    (answer === "rejects" && event !== "rcpt");
  const isContent = event === "header" || event === "eoh" || event === "body";
  const held = isContent && place === "behind another" && answer !== "accepts";
  return counts && concernsMessage && event !== "unknown" && !held ? 0 : 1;
}

for (const [event] of STEPS) {
  for (const sync of [true, false]) {
    for (const ending of ENDINGS) {
      if (sync && ending.includes("lost")) continue;
      test(`a message and a connection end once for a filter: ${event}, ${sync ? "sync" : "async"}, ${ending}`, async () => {
        for (const place of PLACES) {
          for (const [name, answer] of Object.entries(ANSWERS)) {
            const title = `${place}, ${name}`;
            const log = await play(event, answer, ending, place, sync, title);
            const count = (callback: string) => log.filter((entry) => entry === `${callback}:F`).length;
            const wanted = abortsWanted(event, name, ending, place, sync);
            assert.deepEqual([count("abort"), count("close")], [wanted, 1], `${title}: ${log.join(" ")}`);
            assert.equal(log.at(-1), "close:F", title);
          }
        }
      });
    }
  }
}

/** What the filter heard: one message up to the event, then the ending. */
async function play(
  event: VerdictEvent,
  answer: () => unknown,
  ending: string,
  place: string,
  sync: boolean,
  title: string,
): Promise<string[]> {
  const log: string[] = [];
  const began = gate();
  const released = gate();
  let abortServer = () => {};
  let signal: AbortSignal | undefined;
  let working = 0;
  const filter = probe("F", log, {
    [event]: sync
      ? once(() => {
        if (ending === "the server aborts in it") abortServer();
        began.open();
        return answer();
      })
      : onceWith(async (context) => {
        signal = context.signal;
        working++;
        began.open();
        await released.opened;
        working--;
        return answer();
      }),
  });
  for (const callback of [...ALL_EVENTS, "abort", "close"] as const) {
    const inner = filter[callback] as (...args: unknown[]) => unknown;
    Object.assign(filter, {
      [callback](...args: unknown[]) {
        assert.equal(working, 0, `${title}: ${callback} while another callback is at work`);
        return inner(...args);
      },
    });
  }
  const others: AnyFilter[] = place === "behind another" ? [probe("0", [])] : [];
  if (place === "for some recipients") Object.assign(filter, { scope: SCOPE });
  const last = place === "for some recipients" && event === "mail" ? "rcpt" : event;
  await served([...others, filter], async ({ open, server }) => {
    const mta = await open({ bare: true });
    const session = (async () => {
      for (const [name, step] of STEPS) {
        await step(mta);
        if (name === last) break;
      }
    })();
    session.catch(() => {});
    abortServer = () => void server.abort();
    await began.opened;
    if (ending.endsWith("in it")) {
      if (ending.includes("lost")) mta.destroy();
      else if (!sync) abortServer();
      // The system's word of a lost connection takes its time, and outside of a message shows nowhere, but makes no
      // difference there.
      if (!sync && !CONNECTION_EVENTS.includes(event)) await until(() => signal?.aborted);
    }
    released.open();
    if (!ending.endsWith("in it")) {
      await session;
      if (ending === "an abort after it") mta.abort();
      mta.quit();
    }
    await until(() => server.connections === 0);
  });
  return log;
}

/** The first call gets its context, which is its last argument; later ones answer nothing. */
function onceWith(
  answer: (context: MessageContext<unknown, unknown>) => unknown,
): (...args: never[]) => unknown {
  let called = false;
  return (...args) => {
    if (called) return undefined;
    called = true;
    return answer(args.at(-1)! as MessageContext<unknown, unknown>);
  };
}
