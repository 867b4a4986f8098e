// Three filters, one of which gives a verdict once; then a second message, for which all are back.
import assert from "node:assert/strict";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import type { Verdict } from "../../lib/filter/verdict.ts";
import type { EventName } from "../../lib/protocol/constants.ts";
import { type AnyFilter, grouped, MESSAGE, once, probe, served } from "../server/support.ts";

export const ALL = "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:123 eoh:123 body:123 eom:123";

export const TO = ["a@example.net", "b@example.net"];

export interface Run {
  event: EventName;
  answer: ClientAnswer;
  refused: string[];
  /** What the filters heard of the first message, and of the second. */
  first: string;
  second: string;
  end: string;
}

export async function run(make: (log: string[]) => AnyFilter[]): Promise<Run> {
  const log: string[] = [];
  const take = () => grouped(log.splice(0));
  let result: Run | undefined;
  await served(make(log), async ({ open, server, of }) => {
    const mta = await open();
    take();
    const { event, answer, refused } = await mta.message(MESSAGE, { to: TO });
    mta.abort();
    await mta.unknown("SYNC");
    const first = take().replace(/ ?unknown:\d+$/, "");
    await mta.message(MESSAGE, { to: TO });
    const second = take();
    mta.quit();
    await server.stop();
    assert.deepEqual(of("filter-error"), []);
    result = {
      event,
      answer,
      refused: refused.map(({ recipient }) => recipient),
      first,
      second,
      end: take(),
    };
  });
  return result!;
}

/** Three probes, of which one says something once at one event. */
export const saying = (who: string, event: string, verdict: () => Verdict, at = 1) => (log: string[]) =>
  ["1", "2", "3"].map((name) => probe(name, log, name === who ? { [event]: once(verdict, at) } : {}));
