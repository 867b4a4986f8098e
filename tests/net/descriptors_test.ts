import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsByLimits, lookupsByLimits } from "../../lib/net/descriptors.ts";

const table = (soft: string, hard: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             95894                95894                processes
Max open files            ${soft.padEnd(20)} ${hard.padEnd(20)} files
Max locked memory         8388608              8388608              bytes
`;

test("a share of the descriptors is kept for all else, and at least some", () => {
  assert.equal(connectionsByLimits(table("64", "64")), 40);
  assert.equal(connectionsByLimits(table("1024", "4096")), 896);
  assert.equal(connectionsByLimits(table("1048576", "1048576")), 917_504);
});

test("one connection is always possible, and any number where there is no limit", () => {
  assert.equal(connectionsByLimits(table("16", "16")), 1);
  assert.equal(connectionsByLimits(table("unlimited", "unlimited")), Infinity);
  assert.equal(connectionsByLimits(""), Infinity);
});

test("lookups may take a third of what is kept", () => {
  assert.equal(lookupsByLimits(table("64", "64")), 8);
  assert.equal(lookupsByLimits(table("1024", "4096")), 42);
  assert.equal(lookupsByLimits(table("unlimited", "unlimited")), Infinity);
  assert.equal(lookupsByLimits(""), Infinity);
});
