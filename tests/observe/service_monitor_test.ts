// Who asks for figures gets those of no earlier moment than his question.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceMonitor } from "../../cli/observe/service_monitor.ts";
import { gate } from "../server/support.ts";

test("who asks while others are answered waits for the next answer, with all who come then", async () => {
  const monitor = await ServiceMonitor.start({ kind: "inet", host: "127.0.0.1", port: 0 }, {
    listeners: [],
    messages: 0,
  });
  try {
    const gates = { first: gate(), second: gate() };
    let rounds = 0;
    monitor.watch({
      connections: 0,
      readiness: "ready",
      alive: true,
      collect: () => (rounds++ === 0 ? gates.first : gates.second).opened,
    });
    const done: string[] = [];
    const ask = (who: string) => monitor.collect().then(() => done.push(who));
    const asked = [ask("first"), ask("second"), ask("third")];
    assert.equal(rounds, 1);
    gates.first.open();
    await asked[0];
    assert.deepEqual(done, ["first"]);
    gates.second.open();
    await Promise.all(asked);
    assert.deepEqual([done, rounds], [["first", "second", "third"], 2]);
  } finally {
    await monitor.close();
  }
});
