// Lines of the log on their way to where they go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isLogged, logRecord, type LogSink, setLogSinks } from "../../../cli/log/log_sinks.ts";
import type { LogLevel } from "../../../lib/filter/logger.ts";

/** Logs a line at each level. */
function logAll(sinks: readonly LogSink[], lowest: LogLevel): void {
  setLogSinks(lowest, sinks);
  for (const level of ["debug", "info", "warning", "error"] as const) {
    logRecord({
      level,
      timestamp: 0,
      text: level,
      type: undefined,
      stack: undefined,
      properties: () => ({}),
    });
  }
}

test("the log takes lines from its lowest level on", () => {
  for (const [lowest, wanted] of [["debug", 4], ["info", 3], ["warning", 2], ["error", 1]] as const) {
    const taken: string[] = [];
    logAll([({ text }) => void taken.push(text)], lowest);
    assert.deepEqual(taken, ["debug", "info", "warning", "error"].slice(4 - wanted), lowest);
    assert.ok(isLogged("error"));
    assert.equal(isLogged("debug"), lowest === "debug");
  }
});

test("a line that one place cannot take reaches the others", (context) => {
  const complaints = context.mock.method(console, "error", () => {});
  const taken: string[] = [];
  const failing = () => {
    throw new Error("the disk is full");
  };
  logAll([failing, ({ text }) => void taken.push(text)], "error");
  assert.deepEqual(taken, ["error"]);
  assert.match(complaints.mock.calls.map((call) => call.arguments.join(" ")).join("\n"), /the disk is full/);
});

test("without a place for lines nothing is logged", () => {
  logAll([], "debug");
  assert.ok(!isLogged("error"));
});
