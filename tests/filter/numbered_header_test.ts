import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidChangeError } from "../../lib/filter/end_of_message.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { deliver } from "../../lib/testing.ts";

const HEADER = [["X-A", "1"], ["Subject", "hi"], ["x-a", "2"], ["X-A", "3"]] as const;
const CHANGES: readonly Change[] = ["addHeader", "changeHeader", "deleteHeader"];

const filter = (eom: NonNullable<Filter["eom"]>, changes = CHANGES): Filter => ({ name: "1", changes, eom });

test("fields are found by name in any spelling, and number", async () => {
  const delivered = await deliver(
    filter((message) => {
      message.changeHeaderNumber("X-a", 2, "two");
      message.changeHeaderNumber("subject", 0, "first");
      message.changeHeaderNumber("X-None", 5, "added");
      message.changeHeaderNumber("X-None-At-All", 1, "");
    }),
    { header: HEADER },
  );
  const fields = delivered.assertAccepted().modifications.map((change) =>
    change.type === "changeHeader" ? change.index : change.type
  );
  assert.deepEqual(fields, [2, 1, "addHeader"]);
});

test("numbers count what was done before as the MTA does", async () => {
  for (const [mta, left] of [["postfix", ["3"]], ["sendmail", ["2", "3"]]] as const) {
    const seen: string[] = [];
    await deliver([
      filter((message) => {
        message.changeHeaderNumber("X-A", 1, "");
        message.changeHeaderNumber("X-A", 1, "");
      }),
      {
        name: "2",
        eom: (message) => void seen.push(...message.headers.all("X-A").map(({ value }) => value)),
      },
    ], { header: HEADER, mta });
    assert.deepEqual(seen, left, mta);
  }
});

test("a field that the filter brought has a number too", async () => {
  const delivered = await deliver(
    filter((message) => {
      message.addHeader("X-New", "one");
      message.changeHeaderNumber("X-New", 1, "two");
      message.addHeader("X-Gone", "here");
      message.changeHeaderNumber("X-Gone", 1, "");
    }),
    { header: HEADER },
  );
  assert.equal(delivered.header("X-New"), "two");
  assert.equal(delivered.header("X-Gone"), undefined);
});

test("a field that was inserted stays in its place when one above it is deleted", async () => {
  const delivered = await deliver(
    filter((message) => {
      // Behind the MTA's own Received, X-A and Subject.
      message.insertHeader(3, "X-New", "here");
      message.changeHeaderNumber("X-A", 1, "");
    }, ["insertHeader", "deleteHeader"]),
    { header: HEADER },
  );
  assert.deepEqual(delivered.fields.map(({ name }) => name), ["Subject", "X-New", "x-a", "X-A"]);
});

test("what cannot be is refused", async () => {
  const errors: unknown[] = [];
  const attempt = (changes: readonly Change[], number: number, value: string, name = "X-A") =>
    deliver(
      filter((message) => {
        try {
          message.changeHeaderNumber(name, number, value);
        } catch (error) {
          errors.push(error);
        }
      }, changes),
      { header: HEADER },
    );
  await attempt(CHANGES, -1, "x");
  await attempt(CHANGES, 1.5, "x");
  await attempt(CHANGES, 1, "x", "a b");
  await attempt(["deleteHeader"], 1, "x");
  await attempt(["changeHeader"], 1, "");
  assert.equal(errors.length, 5);
  for (const error of errors) assert.ok(error instanceof InvalidChangeError);
});

test("the log says what was asked for", async () => {
  const { notes } = await deliver(
    filter((message) => {
      message.changeHeaderNumber("X-A", 2, "two");
      message.changeHeaderNumber("X-A", 1, "");
    }),
    { header: HEADER },
  );
  assert.deepEqual(notes[0]?.changes, ["change X-A number 2", "delete X-A number 1"]);
});
