// What a worker is told by its environment.
import assert from "node:assert/strict";
import { test } from "node:test";
import { takeWorkerEnvironment, workerVariables } from "../../cli/service/workers/worker_environment.ts";
import { UsageError } from "../../cli/terminal/arguments.ts";

const WORKER = { number: 2, service: "abc", snapshot: { "/etc/a.toml": "" } };
const variables = () =>
  workerVariables(WORKER.number, {
    service: WORKER.service,
    inherited: { passed: { kind: "none" }, places: {} },
  }, WORKER.snapshot);

test("a worker is told what it is once, so that what its filters start is none", () => {
  const environment: Record<string, string | undefined> = { PATH: "/bin", ...variables() };
  assert.deepEqual(takeWorkerEnvironment(environment, true), WORKER);
  assert.deepEqual(environment, { PATH: "/bin" });
  assert.equal(takeWorkerEnvironment(environment, true), undefined);
});

test("a process without a parent is no worker", () => {
  const isRefused = (error: unknown) =>
    error instanceof UsageError && /MILTERKIT_WORKER is set/.test(error.message);
  assert.throws(() => takeWorkerEnvironment({ ...variables() }, false), isRefused);
  assert.equal(takeWorkerEnvironment({ PATH: "/bin" }, false), undefined);
});
