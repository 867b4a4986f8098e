// A filter that fails among others that do not.
import assert from "node:assert/strict";
import type { MtaClient } from "../../lib/mta/client.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { type AnyFilter, grouped, MESSAGE, once, probe, served } from "../server/support.ts";

export const TO = ["a@example.net", "b@example.net"];

export const boom = new Error("boom");

export const never = new Promise<never>(() => {});

/** One message that fails by the second of three filters, then one that does not. */
export async function failing(
  event: VerdictEvent,
  fail: () => unknown,
  settings: Partial<AnyFilter>,
  check: (
    result: Awaited<ReturnType<MtaClient["message"]>>,
    heard: string,
    failure: { filter: string; event: string; error: unknown; onError: string },
  ) => void,
): Promise<void> {
  const log: string[] = [];
  const filters = ["1", "2", "3"].map((name) =>
    name === "2" ? probe(name, log, { [event]: once(fail) }, settings) : probe(name, log)
  );
  await served(filters, async ({ open, of, first }) => {
    const mta = await open();
    log.length = 0;
    const result = await mta.message(MESSAGE, { to: TO });
    mta.abort();
    await mta.unknown("SYNC");
    const heard = grouped(log).replace(/ unknown:123$/, "");
    check(result, heard, first("filter-error"));
    log.length = 0;
    const second = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([second.event, second.answer.verdict, second.refused], ["eom", "continue", []]);
    assert.equal(
      grouped(log),
      "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:123 eoh:123 body:123 eom:123",
    );
    assert.equal(of("filter-error").length, 1);
  });
}
