import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsWithin, lookupsWithin } from "../../lib/net/descriptors.ts";

const table = (soft: string, hard: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             95894                95894                processes
Max open files            ${soft.padEnd(20)} ${hard.padEnd(20)} files
Max locked memory         8388608              8388608              bytes
`;

test("a share of the descriptors is kept for all else, and at least some", () => {
  assert.equal(connectionsWithin(table("64", "64")), 40);
  assert.equal(connectionsWithin(table("1024", "4096")), 896);
  assert.equal(connectionsWithin(table("1048576", "1048576")), 917_504);
});

test("one connection is always possible, and any number where there is no limit", () => {
  assert.equal(connectionsWithin(table("16", "16")), 1);
  assert.equal(connectionsWithin(table("unlimited", "unlimited")), Infinity);
  assert.equal(connectionsWithin(""), Infinity);
});

test("lookups may take a third of what is kept", () => {
  assert.equal(lookupsWithin(table("64", "64")), 8);
  assert.equal(lookupsWithin(table("1024", "4096")), 42);
  assert.equal(lookupsWithin(table("unlimited", "unlimited")), Infinity);
  assert.equal(lookupsWithin(""), Infinity);
});
