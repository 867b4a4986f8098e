// What a filter writes to the log, as text and as properties: its own fields never take the place of ours.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filterLine, filterProperties } from "../../../cli/log/filter_line.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";

type Line = ServerEvent & { type: "filter-log" };

function line(parts: Partial<Record<keyof Line, unknown>> = {}): Line {
  return {
    type: "filter-log",
    filter: "greylist",
    level: "info",
    text: "waits",
    fields: {},
    ...parts,
  } as Line;
}

describe("a line of a filter", () => {
  it("begins with the message, else with the connection, if there is one", () => {
    assert.equal(filterLine(line({ connection: 7, queueId: "4bXyz" })), "4bXyz: filter greylist: waits");
    assert.equal(filterLine(line({ connection: 7 })), "connection 7: filter greylist: waits");
    assert.equal(filterLine(line()), "filter greylist: waits");
  });

  it("has its fields behind the text, quoted where they are not one word", () => {
    const fields = {
      from: "a b",
      n: 3,
      yes: true,
      no: null,
      gone: undefined,
      "a=b": "",
      stack: "Error\n at x",
    };
    assert.equal(
      filterLine(line({ fields })),
      'filter greylist: waits from="a b" n=3 yes=true no=null "a=b"=""',
    );
  });

  it("keeps its fields together among the properties", () => {
    const fields = { type: "message", filter: "other", worker: 9, "__proto__": "x" };
    assert.deepEqual(filterProperties(line({ connection: 7, queueId: "Q", fields })), {
      type: "filter-log",
      connection: 7,
      queueId: "Q",
      filter: "greylist",
      fields,
    });
    assert.equal("fields" in filterProperties(line()), false);
  });

  it("shows whatever a filter in JavaScript logs, and never throws", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const thrower = {
      get x(): string {
        throw new Error("no x");
      },
      toJSON: undefined,
    };
    const fields = { list: [1, "b"], circle, big: 10n, nan: NaN, why: new Error("late"), fn: Symbol("s") };
    assert.equal(
      filterLine(line({ text: { toString: () => "text" }, fields })),
      'filter greylist: text list="[1,\\"b\\"]" circle="[object Object]" big=10 nan=NaN why=late fn=Symbol(s)',
    );
    assert.equal(filterLine(line({ fields: thrower })), 'filter greylist: waits x="no x"');
    assert.equal(
      filterLine(line({ text: Object.create(null) })),
      "filter greylist: (a value without a text)",
    );
    assert.equal(filterLine(line({ fields: new Error("broken") })), "filter greylist: waits error=broken");
    assert.equal(filterLine(line({ fields: 5 })), "filter greylist: waits value=5");
  });
});
