// Who gets one of the slots for lookups when they are scarce.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countLookupsFor, lookupOwner, LookupSlots } from "../../lib/dns/lookup_slots.ts";
import { ManualClock } from "../support/manual_clock.ts";

const clock = new ManualClock();

/** Asks for slots by the owner's name, and notes who got one. */
function desk(most: number) {
  const slots = new LookupSlots(most);
  const owners = new Map<string, object>();
  const entered: string[] = [];
  const ownerOf = (name: string) => {
    const owner = owners.get(name) ?? {};
    owners.set(name, owner);
    return owner;
  };
  const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  return {
    entered,
    async enter(...names: string[]) {
      for (const name of names) {
        void slots.enter(ownerOf(name), 1000, clock, new AbortController().signal).then((got) => {
          entered.push(got ? name : `no ${name}`);
        });
      }
      await settled();
    },
    async leave(name: string) {
      slots.leave(ownerOf(name));
      await settled();
    },
    async pass(milliseconds: number) {
      clock.advance(milliseconds);
      await settled();
    },
  };
}

test("one message with many lookups leaves half of the slots to others", async () => {
  const { entered, enter, leave } = desk(4);
  await enter("greedy", "greedy", "greedy", "greedy", "other", "third", "third");
  assert.deepEqual(entered, ["greedy", "greedy", "other", "third"]);
  await leave("other");
  assert.deepEqual(entered.slice(4), [], "those that wait have slots");
  await enter("fourth");
  assert.deepEqual(entered.slice(4), ["fourth"]);
  await leave("third");
  assert.deepEqual(entered.slice(5), ["third"], "its other lookup, though greedy's wait longer");
  await leave("greedy");
  await leave("greedy");
  assert.deepEqual(entered.slice(6), ["greedy"]);
  await leave("third");
  await leave("fourth");
  assert.deepEqual(entered.slice(7), ["greedy"], "there is room again");
});

test("twenty messages with many lookups leave room for several of the next at a time", async () => {
  const { entered, enter, leave } = desk(512);
  const held = (name: string) => entered.filter((each) => each === name).length;
  for (let i = 0; i < 20; i++) await enter(...Array.from({ length: 16 }, () => `greedy ${i}`));
  assert.deepEqual([held("greedy 0"), held("greedy 15"), held("greedy 16"), held("greedy 19")], [
    16,
    16,
    8,
    7,
  ]);
  await enter(...Array.from({ length: 16 }, () => "next"));
  assert.equal(held("next"), 6);
  for (let i = 0; i < 6; i++) await leave("next");
  assert.equal(held("next"), 12, "its next ones, though those of others wait longer");
});

test("a hundred messages with many lookups leave room for each next one", async () => {
  const { entered, enter } = desk(512);
  for (let i = 0; i < 100; i++) await enter(...Array.from({ length: 16 }, () => `greedy ${i}`));
  await enter("next", "next", "after that");
  assert.deepEqual(entered.slice(-2), ["next", "after that"]);
});

test("a lookup that gets no slot in time is told so, and another takes its place", async () => {
  const { entered, enter, leave, pass } = desk(1);
  await enter("a", "b");
  await pass(1000);
  assert.deepEqual(entered, ["a", "no b"]);
  await enter("c");
  await leave("a");
  assert.deepEqual(entered, ["a", "no b", "c"]);
});

test("a check with a deadline of its own counts for its message", () => {
  const [message, check, part] = [new AbortController(), new AbortController(), new AbortController()];
  countLookupsFor(check.signal, message.signal);
  countLookupsFor(part.signal, check.signal);
  for (const { signal } of [message, check, part]) assert.equal(lookupOwner(signal), message.signal);
  assert.notEqual(lookupOwner(undefined), lookupOwner(undefined));
});
