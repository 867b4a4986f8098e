// Connections that wait for a worker: who gets them, for how long they wait, and when the queue stands still.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { AcceptedConnection } from "../../cli/service/workers/worker_connections.ts";
import {
  LONGEST_WAIT,
  type Taker,
  WaitingConnections,
} from "../../cli/service/workers/waiting_connections.ts";

/** A worker that takes what it is told to. */
class Worker implements Taker {
  held = 0;
  offered = false;
  isAway = false;
  looks = 0;
  readonly given: AcceptedConnection[] = [];

  unavailable(): boolean {
    return this.isAway;
  }

  give(offer: AcceptedConnection): void {
    this.given.push(offer);
    this.offered = true;
    this.held++;
  }

  look(): void {
    this.looks++;
  }

  took(): void {
    this.offered = false;
  }

  /** Gives back what it was given last. */
  miss(): AcceptedConnection {
    this.offered = false;
    this.held--;
    return this.given.pop()!;
  }
}

interface Waiting {
  readonly waiting: WaitingConnections;
  readonly workers: readonly [Worker, Worker];
  readonly clock: { now: number };
  /** Offers that were let go of. */
  readonly released: AcceptedConnection[];
  offer(): AcceptedConnection & { readonly socket: { destroyed: boolean } };
}

async function withWaiting(count: number, use: (setup: Waiting) => void | Promise<void>): Promise<void> {
  const clock = { now: 0 };
  const workers = [new Worker(), new Worker()] as const;
  const taking = workers.slice(0, count);
  const waiting = new WaitingConnections(() => taking, () => taking, () => clock.now);
  const released: AcceptedConnection[] = [];
  const offer = () => {
    const socket = { destroyed: false, destroy: () => socket.destroyed = true };
    const made = {
      socket: socket as unknown as Socket & { destroyed: boolean },
      overTcp: true,
      address: "inet:1@localhost",
      since: clock.now,
      release: () => void released.push(made),
    };
    return made;
  };
  try {
    await use({ waiting, workers, clock, released, offer });
  } finally {
    waiting.drop();
  }
}

test("what waits goes to the worker that has the fewest, one at a time, and past those that take nothing", () =>
  withWaiting(2, ({ waiting, workers: [one, two], offer }) => {
    const offers = Array.from({ length: 4 }, offer);
    for (const each of offers) waiting.take(each);
    assert.deepEqual([one.given, two.given, waiting.length], [[offers[0]], [offers[1]], 2]);
    two.took();
    waiting.moved();
    assert.deepEqual([two.given.at(-1), waiting.length], [offers[2], 1]);
    two.took();
    waiting.moved();
    assert.equal(waiting.length, 1, "the first worker is to have its share");
    one.isAway = true;
    waiting.hand();
    assert.deepEqual([two.given.at(-1), waiting.length], [offers[3], 0]);
  }));

test("what a worker missed is the next that another one gets", () =>
  withWaiting(2, ({ waiting, workers: [one, two], offer }) => {
    const offers = Array.from({ length: 3 }, offer);
    for (const each of offers) waiting.take(each);
    const missed = one.miss();
    one.isAway = true;
    waiting.takeBack(missed);
    two.took();
    waiting.moved();
    assert.deepEqual([two.given, waiting.length], [[offers[1], offers[0]], 1]);
  }));

test("a connection that waited for too long is closed, also where it was handed over in vain meanwhile", () =>
  withWaiting(1, ({ waiting, workers: [worker], clock, released, offer }) => {
    const first = offer();
    waiting.take(first);
    const early = offer();
    waiting.take(early);
    clock.now = 1000;
    const late = offer();
    waiting.take(late);
    clock.now = LONGEST_WAIT;
    waiting.takeBack(worker.miss());
    worker.isAway = true;
    waiting.look();
    assert.deepEqual(released, [first, early]);
    assert.deepEqual([first, early, late].map(({ socket }) => socket.destroyed), [true, true, false]);
    assert.deepEqual([waiting.length, waiting.turnedAway], [1, 2]);
    clock.now += 1000;
    waiting.look();
    assert.deepEqual([waiting.length, waiting.turnedAway], [0, 3]);
  }));

test("a connection that ended while it waited is let go of, and was not turned away", () =>
  withWaiting(0, ({ waiting, released, offer }) => {
    const [gone, here] = [offer(), offer()];
    waiting.take(gone);
    waiting.take(here);
    gone.socket.destroyed = true;
    waiting.look();
    assert.deepEqual([released, waiting.length, waiting.turnedAway], [[gone], 1, 0]);
  }));

test("the queue stands still from the first that waits until a worker takes one", () =>
  withWaiting(1, ({ waiting, workers: [worker], clock, offer }) => {
    waiting.take(offer());
    clock.now = 10_000;
    assert.equal(waiting.standstill, 0, "one that is on its way holds nobody up");
    waiting.take(offer());
    clock.now = 15_000;
    assert.equal(waiting.standstill, 5000);
    worker.took();
    waiting.moved();
    clock.now = 16_000;
    assert.deepEqual([waiting.length, waiting.standstill], [0, 0]);
  }));

test("the queue goes on standing still when what waits is closed, until a worker could take one", () =>
  withWaiting(1, ({ waiting, workers: [worker], clock, offer }) => {
    worker.isAway = true;
    waiting.take(offer());
    clock.now = LONGEST_WAIT;
    waiting.look();
    assert.deepEqual([waiting.length, waiting.standstill], [0, LONGEST_WAIT]);
    clock.now += 1000;
    assert.equal(waiting.standstill, LONGEST_WAIT + 1000);
    worker.isAway = false;
    assert.equal(waiting.standstill, 0);
  }));

test("all are handed once none is on its way any more", () =>
  withWaiting(1, async ({ waiting, workers: [worker], offer }) => {
    waiting.take(offer());
    let isHanded = false;
    const handed = waiting.handed().then(() => isHanded = true);
    await Promise.resolve();
    assert.equal(isHanded, false);
    worker.took();
    waiting.moved();
    await handed;
  }));
