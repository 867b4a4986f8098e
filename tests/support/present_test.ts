import { equal, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import { at, captured, present } from "./present.ts";

describe("what a test cannot do without", () => {
  it("is the value, also one that is false", () => {
    equal(present(0, "a number"), 0);
    throws(() => present(undefined, "the port"), { message: "missing: the port" });
    throws(() => present(null, "the port"), { message: "missing: the port" });
  });

  it("is an element, from the start or from the end", () => {
    equal(at([1, 2], 1), 2);
    equal(at([1, 2], -1), 2);
    equal(at("ab", 0), "a");
    equal(at(new Uint8Array([0]), 0), 0);
    throws(() => at([1], 1), { name: "RangeError", message: "no element 1 in a list of 1" });
    throws(() => at([1], -2), { name: "RangeError", message: "no element -2 in a list of 1" });
  });

  it("is what a regular expression captured", () => {
    equal(captured("port 25", /port (\d+)/), "25");
    equal(captured("port 25", /(port) (\d+)/, 2), "25");
    equal(captured("port 25", /port (?<port>\d+)/, "port"), "25");
    throws(() => captured("port", /port (\d+)/), { message: 'missing: /port (\\d+)/ in "port"' });
    throws(() => captured("port", /port( \d+)?/), {
      message: 'missing: group 1 of /port( \\d+)?/ in "port"',
    });
  });
});
