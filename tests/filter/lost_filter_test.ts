// Of three filters one fails: the others are where they would be had that one given its `onError` as a verdict.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import { type AnyFilter, MESSAGE, once, probe, served } from "../server/support.ts";

const EVENTS = ["mail", "data", "header", "eoh", "body", "eom"] as const;
const VERDICTS = { tempfail, reject, accept } as const;
const NAMES = ["1", "2", "3"];

/** What the MTA is answered, and the callbacks of the others in their order, over two messages. */
async function traceOfOthers(
  failing: string,
  at: VerdictEvent,
  settings: Partial<AnyFilter>,
  react: () => Verdict,
): Promise<unknown> {
  const log: string[] = [];
  const answers: unknown[] = [];
  const filters = NAMES.map((name) => {
    const stamp = (message: EndOfMessage) => message.addHeader("X-By", name);
    const filter: AnyFilter = probe(name, log, { eom: stamp as (...args: never[]) => void }, settings);
    if (name !== failing) return filter;
    const usual = filter[at] as (...args: unknown[]) => unknown;
    const first = once(react);
    return { ...filter, [at]: (...args: unknown[]) => first() ?? usual(...args) };
  });
  await served(filters, async ({ open }) => {
    const mta = await open();
    for (let n = 0; n < 2; n++) {
      const { event, answer } = await mta.message(MESSAGE, { to: ["a@example.net"] });
      answers.push(event, answer.verdict, answer.modifications);
      mta.abort();
    }
  });
  return { answers, log: log.filter((entry) => !entry.endsWith(`:${failing}`)) };
}

for (const [onError, verdict] of Object.entries(VERDICTS) as [keyof typeof VERDICTS, () => Verdict][]) {
  for (const at of EVENTS) {
    test(`a filter that throws at ${at} is to the others as one that says ${onError} there`, async () => {
      for (const failing of NAMES) {
        for (const changes of [["addHeader"], ["addHeader", "replaceBody"]] as Change[][]) {
          const thrown = await traceOfOthers(failing, at, { changes, onError }, () => {
            throw new Error("lost");
          });
          const given = await traceOfOthers(failing, at, { changes, onError }, verdict);
          assert.deepEqual(thrown, given, `filter ${failing}, ${changes}`);
        }
      }
    });
  }
}
