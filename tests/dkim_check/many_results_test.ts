// More results than a header field can hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import { authenticationResults } from "../../lib/auth/authentication_results.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { dkimCheck } from "../../filters/dkim_check/dkim_check.ts";
import { MAX_DELIVERED_FIELD } from "../../lib/message/fold.ts";
import { deliver } from "../../lib/testing.ts";
import { madeFilter } from "../support/made_filter.ts";

const label = (letter: string) => letter.repeat(63);
const domain = [label("d"), label("d"), label("d"), "example"].join(".");

/** The largest result that a signature can lead to. */
const largest = (status: DkimResult["status"], i: number): DkimResult => ({
  status,
  reason: "the body was changed, or something like that",
  domain,
  identity: `${'"'.repeat(320)}@${domain}`,
  selector: `s${i}`,
  algorithm: "ed25519-sha256",
  signaturePrefix: "x".repeat(64),
  testing: true,
  keyAbsent: false,
});

test("results that do not fit are left out, those that pass last", () => {
  const results = Array.from({ length: 100 }, (_, i) => largest(i % 10 === 9 ? "pass" : "fail", i));
  const value = authenticationResults("mx.example", results);
  const size = "Authentication-Results: ".length + value.length;
  assert.ok(size <= MAX_DELIVERED_FIELD && size > MAX_DELIVERED_FIELD - 2000, `${size}`);
  const told = [...value.matchAll(/dkim=(\w+)[^;]*?header\.s=s(\d+)/g)].map((
    [, status, i],
  ) => [status, Number(i)]);
  assert.equal(told.filter(([status]) => status === "pass").length, 10);
  const failed = told.filter(([status]) => status === "fail").map(([, i]) => i);
  assert.deepEqual(
    failed,
    results.flatMap(({ status }, i) => status === "fail" ? [i] : []).slice(0, failed.length),
  );
  assert.ok(value.split("\n").every((line) => line.length <= 998));
});

test("a message of a hundred large signatures is not put off", async () => {
  const filter = await madeFilter(dkimCheck, [
    ["max-signatures", "100"],
    ["on-fail", "accept"],
    ["on-none", "accept"],
  ]);
  const signature = `v=1; a=rsa-sha1; d=${domain}; s=s; h=from; bh=x; b=${"x".repeat(64)}; i=${
    "=22".repeat(320)
  }@${domain}`;
  const header = Array.from({ length: 100 }, () => ["DKIM-Signature", signature] as const);
  const delivered = await deliver(filter, { header: [["From", "a@example.org"], ...header] });
  const [value] = delivered.assertAccepted().fields.filter((field) => field.is("Authentication-Results"));
  const size = value?.size ?? 0;
  assert.ok(size > 50_000, `${size}`);
});
