// Servers that are measured in several rounds.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerProcess } from "../../scripts/bench/server_process.ts";
import { StandingServers } from "../../scripts/bench/standing_servers.ts";

/** A server that records what is done with it. */
function recordedServer(record: string[], name: string): ServerProcess {
  return {
    pid: 1,
    address: name,
    errors: "",
    pause: () => record.push(`pause ${name}`),
    resume: () => record.push(`resume ${name}`),
    stop: () => Promise.resolve(void record.push(`stop ${name}`)),
  };
}

test("a server starts once, and is stopped while others are measured", async () => {
  const record: string[] = [];
  const servers = new StandingServers();
  const measure = (name: string) =>
    servers.measure(
      name,
      () => Promise.resolve(recordedServer(record, name)),
      ({ address }, isNew) => Promise.resolve(record.push(`${isNew ? "first" : "again"} ${address}`)),
    );
  for (const name of ["a", "b", "a"]) await measure(name);
  assert.equal(
    record.join(", "),
    "resume a, first a, pause a, resume b, first b, pause b, resume a, again a, pause a",
  );
  record.length = 0;
  await servers.close();
  assert.deepEqual(record, ["stop a", "stop b"]);
});

test("a server that failed is started anew in the next round", async () => {
  const record: string[] = [];
  const servers = new StandingServers();
  const measure = (fails: boolean) =>
    servers.measure("a", () => Promise.resolve(recordedServer(record, "a")), (_, isNew) => {
      if (fails) return Promise.reject(new Error("no message was answered"));
      return Promise.resolve(isNew);
    });
  assert.equal(await measure(false), true);
  await assert.rejects(measure(true), /no message was answered/);
  assert.equal(record.at(-1), "stop a");
  assert.equal(await measure(false), true);
});

test("a server that cannot be measured is left out", async () => {
  const servers = new StandingServers();
  const never = () => Promise.reject(new Error("not started, so not measured"));
  assert.equal(await servers.measure("a", () => Promise.resolve(undefined), never), undefined);
});
