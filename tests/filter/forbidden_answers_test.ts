// A filter that gives a verdict or makes a change that it may not has failed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import {
  accept,
  discard,
  InvalidVerdictError,
  reject,
  skip,
  type Verdict,
} from "../../lib/filter/verdict.ts";
import { gate, MESSAGE, once, probe, served } from "../server/support.ts";
import { boom, failing, TO } from "./failures_support.ts";

for (const verdict of [reject, discard] as const) {
  test(`${verdict.name} where it was not declared is a failure, and so is it at end of message`, async () => {
    for (const event of ["data", "eom"] as const) {
      const declared = (["mail", "data", "eom"] as VerdictEvent[]).filter((other) => other !== event);
      await failing(event, () => verdict(), { verdicts: declared }, (result, _, { error }) => {
        assert.equal(result.answer.verdict, "tempfail");
        assert.ok(error instanceof InvalidVerdictError);
        assert.match(error.message, new RegExp(`declare "${event}"`));
      });
    }
  });
}

test("accept and skip need no declaration", async () => {
  await served([{ name: "1", verdicts: [], mail: () => accept() }, {
    name: "2",
    verdicts: [],
    body: () => skip(),
  }], async ({ open, of }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(of("filter-error"), []);
  });
});

for (
  const [event, verdict] of [["mail", skip], ["eom", skip], ["connect", discard], ["helo", discard], [
    "unknown",
    accept,
  ], ["unknown", discard]] as const
) {
  test(`${verdict.name} at ${event} is a failure`, async () => {
    await served([probe("1", [], { [event]: once<Verdict>(verdict) })], async ({ open, first }) => {
      const mta = await open();
      await mta.unknown("FOO");
      await mta.message(MESSAGE, { to: TO });
      const { error, event: at } = first("filter-error");
      assert.ok(error instanceof InvalidVerdictError);
      assert.equal(at, event);
    });
  });
}

const CHANGES: Change[] = ["addHeader", "replaceBody"];

for (
  const [how, fail] of [
    ["throws", () => {
      throw boom;
    }],
    ["rejects its promise", () => Promise.reject(boom)],
    ["answers rubbish", () => 42],
  ] as const
) {
  test(`the changes of a filter that ${how} half-way are dropped, the other filters' are kept`, async () => {
    const seen: unknown[] = [];
    await served([
      { name: "1", changes: CHANGES, eom: (message) => message.addHeader("X-One", "1") },
      {
        name: "2",
        changes: CHANGES,
        onError: "accept",
        eom: (message) => {
          message.addHeader("X-Two", "2");
          message.replaceBody("half");
          return fail() as never;
        },
      },
      {
        name: "3",
        changes: CHANGES,
        header: ({ name }) => void seen.push(name),
        eom: (message) => message.addHeader("X-Three", "3"),
      },
    ], async ({ open, of }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.equal(answer.verdict, "continue");
      assert.deepEqual(
        answer.modifications.map((change) => "name" in change && new TextDecoder().decode(change.name)),
        ["X-One", "X-Three"],
      );
      assert.deepEqual(seen, ["Subject", "X-A", "X-One"]);
      assert.equal(of("filter-error").length, 1);
    });
  });
}

test("a change that was not declared is a failure where nobody catches it", async () => {
  await served(
    [{ name: "1", changes: ["addHeader"], eom: (message) => message.quarantine("odd") }],
    async ({ open, first }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.equal(answer.verdict, "tempfail");
      assert.match(String(first("filter-error").error), /Cannot quarantine: the filter does not declare it/);
    },
  );
});

test("a change after the end of message is over throws, and changes nothing", async () => {
  const late = gate<unknown>();
  await served([{
    name: "1",
    changes: ["addHeader"],
    eom: (message) => {
      setTimeout(() => {
        try {
          late.open(message.addHeader("X", "late"));
        } catch (error) {
          late.open(error);
        }
      });
    },
  }], async ({ open }) => {
    const mta = await open();
    const { answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(answer.modifications, []);
    assert.match(String(await late.opened), /the end of message is over/);
  });
});
