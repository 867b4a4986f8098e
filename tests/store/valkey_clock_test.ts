// A server whose clock was set back: as far as we can see, entries with times to come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStateAddress } from "../../lib/store/state_address.ts";
import { ValkeyStore } from "../../lib/store/valkey/valkey_store.ts";
import { skipFor } from "../support/instance.ts";
import { sleep } from "../support/process.ts";
import { redisProblem, startRedis } from "../support/redis.ts";

const HOUR = 3_600_000;

test(
  "what was first seen after now was seen now, and ages from then on",
  { skip: skipFor(redisProblem()) },
  async () => {
    const redis = await startRedis();
    const address = parseStateAddress(`redis+unix://${redis.socket}`);
    assert.ok(address.kind === "valkey");
    const store = new ValkeyStore(address, { timeout: 30_000 });
    try {
      for (const from of ["first", "last"] as const) {
        await redis.cli("set", `milterkit:${from}`, `s${Date.now() + 365 * 24 * HOUR}`);
        assert.equal(await store.seen(from, HOUR, from), 0);
        const life = Number(await redis.cli("pttl", `milterkit:${from}`));
        assert.ok(life > 0 && life <= HOUR, String(life));
        await sleep(20);
        const age = await store.seen(from, HOUR, from) ?? NaN;
        assert.ok(age >= 15 && age < HOUR, String(age));
      }
    } finally {
      await store.close();
      await redis.stop();
    }
  },
);
