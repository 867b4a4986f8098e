// What a worker is given of its parent's configuration.
import assert from "node:assert/strict";
import { test } from "node:test";
import { snapshotVariables, takeSnapshot } from "../../cli/config/snapshot.ts";

test("a snapshot is taken once, so that what filters start does not see it", () => {
  const snapshot = { "/etc/a.toml": 'listen = "x"\n' };
  const environment: Record<string, string | undefined> = { PATH: "/bin", ...snapshotVariables(snapshot) };
  assert.deepEqual(takeSnapshot(environment), snapshot);
  assert.deepEqual(environment, { PATH: "/bin" });
  assert.equal(takeSnapshot(environment), undefined);
});

test("a configuration that the system takes for no variable is read from its files", () => {
  assert.deepEqual(snapshotVariables({ a: "x".repeat(130_000) }), {});
  assert.deepEqual(snapshotVariables(undefined), {});
});
