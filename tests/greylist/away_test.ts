// The state of the service does not answer.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CalledStore, callStore, type StoreCall, type StoreResult } from "../../lib/store/calls.ts";
import { GuardedStore, type OnStateError } from "../../lib/store/guarded_store.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { MINUTE, remarksOf, Rig } from "./support.ts";

/** A greylist whose state can go away. */
async function rigWith(onError: OnStateError) {
  const rig = await Rig.make();
  const { backend } = rig;
  const state = { isThere: true };
  class Switched extends CalledStore {
    protected override async call(call: StoreCall): Promise<StoreResult> {
      if (!state.isThere) {
        throw new StoreUnavailableError("redis://valkey.example:6379", "nobody listens there");
      }
      return await callStore(backend, call);
    }
  }
  rig.backend = new GuardedStore(new Switched(), {
    address: "redis://valkey.example:6379",
    onError,
    clock: rig.clock,
  });
  await rig.remake();
  return { rig, state };
}

describe("while the state is away", () => {
  it("all mail passes, since nobody knows what has waited, and nothing is noted", async () => {
    const { rig, state } = await rigWith("accept");
    (await rig.send({ from: "waits@example.com" })).assertTempfailed(451);
    state.isThere = false;
    for (let time = 0; time < 3; time++) {
      const passed = await rig.send();
      passed.assertAccepted();
      assert.deepEqual(remarksOf(passed), [
        "recipient@example.org: not greylisted: the state does not answer (no-ptr, spf-none)",
      ]);
    }
    assert.equal(rig.count("undecided"), 3);
    state.isThere = true;
    await rig.clock.advance(3 * MINUTE);
    (await rig.send({ from: "waits@example.com" })).assertAccepted();
    (await rig.send()).assertTempfailed(451, "Greylisted, please try again in 180 seconds");
  });

  it("suspicious mail gets 451 where the service is to put mail off, and other mail passes", async () => {
    const { rig, state } = await rigWith("tempfail");
    state.isThere = false;
    const putOff = await rig.send();
    putOff.assertTempfailed(451, "Cannot decide at the moment, please try again later");
    putOff.assertNoFailures();
    assert.equal(putOff.reply?.enhanced, "4.3.0");
    const bounce = await rig.send({ from: "" });
    bounce.assertTempfailed(451, "Cannot decide at the moment, please try again later");
    assert.equal(bounce.event, "data");
    (await rig.send({ address: "198.51.100.7", from: "joe@pool.example" })).assertAccepted();
    state.isThere = true;
    await rig.clock.advance(MINUTE);
    (await rig.send()).assertTempfailed(451, /^Greylisted/);
  });
});
