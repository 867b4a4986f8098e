// Results of authentication, as filters hand them on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuthResult } from "../../lib/auth/authentication_results.ts";
import { ResultList } from "../../lib/filter/results.ts";

const PASS: AuthResult = { method: "dkim", result: "pass" };
const FAIL: AuthResult = { method: "dkim", result: "fail", reason: "no" };
const SPF: AuthResult = { method: "spf", result: "softfail" };

describe("a list of results", () => {
  it("keeps them in order, by method", () => {
    const list = new ResultList();
    list.add(PASS, SPF);
    list.add(FAIL);
    list.add();
    assert.deepEqual([...list], [PASS, SPF, FAIL]);
    assert.deepEqual(list.of("dkim"), [PASS, FAIL]);
    assert.deepEqual(list.of("dmarc"), []);
    assert.ok(list.has("dkim", "pass") && list.has("dkim", "fail") && list.has("spf", "softfail"));
    assert.ok(!list.has("spf", "pass") && !list.has("dmarc", "fail"));
  });

  it("gets announced results once they are there, and is ready then", async () => {
    const list = new ResultList();
    assert.equal(list.pending, false);
    await list.ready();
    const { promise, resolve } = Promise.withResolvers<AuthResult[]>();
    list.expect(promise);
    assert.equal(list.pending, true);
    assert.deepEqual([...list], []);
    resolve([SPF, PASS]);
    await list.ready();
    assert.deepEqual([...list], [SPF, PASS]);
    assert.equal(list.pending, false);
  });

  it("is ready although a lookup rejects or never was one, and when further ones are announced meanwhile", async () => {
    const list = new ResultList();
    list.expect(Promise.reject(new Error("broken")));
    const later = Promise.withResolvers<AuthResult[]>();
    const first = Promise.resolve([PASS]).then((results) => {
      list.expect(later.promise);
      return results;
    });
    list.expect(first);
    const ready = list.ready();
    void first.then(() => setTimeout(() => later.resolve([SPF])));
    await ready;
    assert.deepEqual([...list], [PASS, SPF]);
  });

  it("says of a failed filter that its results are not known, until somebody knows them", () => {
    const list = new ResultList();
    list.add(SPF);
    for (const method of ["spf", "dkim", "dkim", "dmarc"]) list.miss(method);
    const missed = (method: string) => ({ method, result: "temperror", reason: "internal error" });
    assert.deepEqual([...list], [SPF, missed("dkim"), missed("dmarc")]);
    list.add(FAIL);
    list.add(PASS);
    assert.deepEqual([...list], [SPF, missed("dmarc"), FAIL, PASS]);
  });

  it("adds what it has already no second time, however it is quoted", () => {
    const list = new ResultList();
    const b = (quoted: boolean): AuthResult => ({
      ...PASS,
      properties: [{ ptype: "header", property: "b", value: "abc", ...(quoted ? { quoted } : {}) }],
    });
    list.add(b(true), SPF);
    list.addNew([b(false), SPF, FAIL, PASS]);
    assert.deepEqual([...list], [b(true), SPF, FAIL, PASS]);
  });
});
