// What became of connections that a worker was handed, whatever it answers and in whatever order.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import {
  type AcceptedConnection,
  STUCK_AFTER,
  WorkerConnections,
} from "../../cli/service/workers/worker_connections.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";

/** The bookkeeping looks at no socket. */
function offer(): AcceptedConnection {
  return { socket: {} as Socket, overTcp: true, address: "inet:1@localhost", since: 0, release() {} };
}

test("a connection is the worker's from its answer to its end", () => {
  const handOvers = new WorkerConnections(10);
  const one = offer();
  const id = handOvers.offer(one, 0);
  assert.deepEqual([handOvers.offered, handOvers.held], [true, 1]);
  assert.equal(handOvers.took(id), one);
  assert.deepEqual([handOvers.offered, handOvers.held, handOvers.resting(0)], [false, 1, false]);
  assert.equal(handOvers.closed(id), one);
  assert.equal(handOvers.held, 0);
});

test("one that is missed comes back once, and the worker is left alone for a while or until it has room", () => {
  const handOvers = new WorkerConnections(10);
  const has = handOvers.offer(offer(), 0);
  handOvers.took(has);
  const one = offer();
  const id = handOvers.offer(one, 0);
  handOvers.sent(id);
  assert.equal(handOvers.missed(id, 5), one);
  assert.equal(handOvers.missed(id, 5), undefined);
  assert.equal(handOvers.took(id), undefined, "it is somebody else's by now");
  assert.deepEqual([handOvers.held, handOvers.resting(6), handOvers.resting(500)], [1, true, false]);
  handOvers.closed(has);
  assert.equal(handOvers.resting(6), false);
});

test("one whose client has left meanwhile says nothing of the worker", () => {
  const handOvers = new WorkerConnections(10);
  const one = { ...offer(), socket: { destroyed: true } as Socket };
  const id = handOvers.offer(one, 0);
  handOvers.sent(id);
  assert.equal(handOvers.missed(id, 0), one);
  assert.equal(handOvers.resting(0), false);
});

test("nothing is handed to a worker while the runtime still holds the socket before", () => {
  const handOvers = new WorkerConnections(10);
  const id = handOvers.offer(offer(), 0);
  handOvers.missed(id, 0);
  assert.equal(handOvers.resting(1000), true);
  assert.throws(() => handOvers.offer(offer(), 1000), /one connection at a time/);
  handOvers.sent(id - 1);
  assert.equal(handOvers.resting(1000), true);
  handOvers.sent(id);
  assert.equal(handOvers.resting(1000), false);
});

test("what is not answered is withdrawn once, and is nobody else's before the answer", () => {
  const handOvers = new WorkerConnections(10);
  const id = handOvers.offer(offer(), 0);
  assert.deepEqual([handOvers.stuck(STUCK_AFTER), handOvers.overdue(STUCK_AFTER)], [false, undefined]);
  assert.deepEqual([handOvers.stuck(STUCK_AFTER + 1), handOvers.overdue(STUCK_AFTER + 1)], [true, id]);
  assert.equal(handOvers.overdue(10_000), undefined);
  assert.deepEqual([handOvers.offered, handOvers.held], [true, 1]);
  handOvers.took(id);
  assert.equal(handOvers.stuck(10_000), false);
});

test("a worker has no more connections than it has room for", () => {
  const handOvers = new WorkerConnections(2);
  const ids = [0, 1].map(() => {
    const id = handOvers.offer(offer(), 0);
    handOvers.took(id);
    return id;
  });
  assert.equal(handOvers.resting(0), true);
  handOvers.closed(at(ids, 0));
  assert.equal(handOvers.resting(0), false);
});

test("only a worker that misses again and again while it has nothing is broken", () => {
  const missing = (handOvers: WorkerConnections, times: number, every: number) => {
    for (let i = 0; i < times; i++) {
      const id = handOvers.offer(offer(), i * every);
      handOvers.sent(id);
      handOvers.missed(id, i * every);
    }
    return handOvers.broken((times - 1) * every);
  };
  assert.equal(missing(new WorkerConnections(10), 2, 5000), false, "twice is no pattern");
  assert.equal(missing(new WorkerConnections(10), 5, 300), false, "not yet");
  assert.equal(missing(new WorkerConnections(10), 5, 1000), true);
  const busy = new WorkerConnections(10);
  const id = busy.offer(offer(), 0);
  busy.took(id);
  assert.equal(missing(busy, 10, 1000), false, "what it has will end");
  busy.closed(id);
  assert.equal(busy.broken(10_000), false, "there is room, where there was none");
});

test("a worker whose channel holds a socket for good is broken", () => {
  const handOvers = new WorkerConnections(10);
  handOvers.missed(handOvers.offer(offer(), 0), 100);
  assert.deepEqual([handOvers.broken(1000), handOvers.broken(60_000)], [false, true]);
});

test("a worker that ends gives back what it did not take, and loses what it took", () => {
  const handOvers = new WorkerConnections(10);
  const [one, two] = [offer(), offer()];
  handOvers.took(handOvers.offer(one, 0));
  handOvers.offer(two, 0);
  assert.deepEqual(handOvers.end(), { taken: [one], offered: two });
  assert.deepEqual([handOvers.held, handOvers.offered], [0, false]);
});

test("whatever comes in whatever order, each connection is in one place", () => {
  const random = new Random(1);
  let back = 0;
  for (let run = 0; run < 200; run++) {
    const handOvers = new WorkerConnections(5);
    const taken = new Map<number, AcceptedConnection>();
    let [lastId, now] = [0, 0];
    let offered: AcceptedConnection | undefined;
    for (let step = 0; step < 100; step++) {
      now += random.below(200);
      // Answers name the last connection, or some other one.
      const id = Math.max(1, lastId - random.below(3));
      const isLast = id === lastId;
      switch (random.below(5)) {
        case 0:
          if (handOvers.offered || handOvers.resting(now)) break;
          offered = offer();
          lastId = handOvers.offer(offered, now);
          break;
        case 1: {
          const expected = isLast ? offered : undefined;
          assert.equal(handOvers.took(id), expected);
          if (expected) taken.set(id, expected);
          if (isLast) offered = undefined;
          break;
        }
        case 2: {
          const expected = isLast ? offered : undefined;
          assert.equal(handOvers.missed(id, now), expected);
          if (expected) back++;
          if (isLast) offered = undefined;
          break;
        }
        case 3:
          assert.equal(handOvers.closed(id), taken.get(id));
          taken.delete(id);
          break;
        case 4:
          handOvers.sent(id);
      }
      assert.equal(handOvers.held, taken.size + (offered ? 1 : 0));
      assert.ok(handOvers.held <= 5);
    }
    assert.deepEqual(handOvers.end(), { taken: [...taken.values()], offered });
  }
  assert.ok(back > 0);
});
