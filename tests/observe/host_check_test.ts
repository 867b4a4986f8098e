// By which names the page may be asked for, and where.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAllowedHost } from "../../cli/observe/host_check.ts";

const OWN = [
  "localhost",
  "LOCALHOST:9465",
  "status.localhost",
  "127.0.0.1",
  "127.0.0.1:9465",
  "[::1]:9465",
  "[::1]",
];
const STRANGE = [
  "rebound.example",
  "rebound.example:9465",
  "localhost.example",
  "127.0.0.1.example",
  "",
  "[x]",
  "a:b",
];

describe("a page on the loopback", () => {
  for (const here of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) {
    it(`answers to no strange name at ${here}`, () => {
      for (const host of OWN) assert.equal(isAllowedHost(here, host), true, host);
      for (const host of STRANGE) assert.equal(isAllowedHost(here, host), false, host);
    });
  }

  it("answers to programs that give no name, as HTTP/1.0 allows", () => {
    assert.equal(isAllowedHost("127.0.0.1", undefined), true);
  });
});

describe("a page elsewhere", () => {
  it("answers to any name", () => {
    for (const here of [undefined, "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"]) {
      assert.equal(isAllowedHost(here, "mail.example"), true, here);
    }
  });
});
