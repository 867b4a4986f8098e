// What a worker cannot serve is told by its parent as if it had found that out itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../cli/config/problem.ts";
import { errorData, errorOf, whyItFailed } from "../../cli/service/workers/error_data.ts";
import { HelpShown, UsageError } from "../../cli/terminal/arguments.ts";
import { AddressError } from "../../lib/net/address.ts";

/** The error as the parent has it. */
const arrived = (error: unknown): Error => errorOf(JSON.parse(JSON.stringify(errorData(error))));

test("mistakes in a configuration arrive with all of their places", () => {
  const place = { file: "a.toml", line: 3, column: 8 };
  const problems = [{ place, reason: "one" }, { place: { ...place, line: 4 }, reason: "two" }];
  const error = arrived(new ConfigError(problems));
  assert.ok(error instanceof ConfigError);
  assert.deepEqual(error.value, problems);
  assert.equal(error.message, "a.toml:3:8: one\na.toml:4:8: two");
});

test("an error of the command line arrives as one, and a subclass with its code", () => {
  const error = arrived(Object.assign(new UsageError("milterkit serve: no"), { code: "milter-loop" }));
  assert.ok(error instanceof UsageError);
  assert.deepEqual([error.name, error.code, error.message], [
    "UsageError",
    "milter-loop",
    "milterkit serve: no",
  ]);
});

test("help that was shown is no error afterwards either", () => {
  assert.equal(arrived(new HelpShown()).name, "HelpShown");
});

test("an expected error arrives with its code, and any other with its stack", () => {
  const expected = arrived(new AddressError("cannot-listen", "fd:3", "Cannot listen on fd:3: gone"));
  assert.deepEqual([expected.name, "code" in expected && expected.code], ["AddressError", "cannot-listen"]);
  const bug = new TypeError("x is undefined");
  assert.ok(!("code" in arrived(bug)));
  assert.deepEqual([arrived(bug).name, arrived(bug).stack], ["TypeError", bug.stack]);
  assert.equal(whyItFailed(errorData(bug)), bug.stack);
  assert.equal(whyItFailed(errorData(new UsageError("milterkit serve: no"))), "no");
});

test("whatever a filter throws can be sent", () => {
  assert.equal(arrived("text").message, "text");
  assert.equal(arrived(undefined).message, "undefined");
  const odd = Object.assign(new Error("x"), { message: { a: 1n }, stack: undefined });
  assert.equal(arrived(odd).message, "[object Object]");
});
