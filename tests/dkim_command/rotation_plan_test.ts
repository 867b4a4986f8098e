// What a rotation does next, from the keys that there are.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseKeyFileName } from "../../filters/dkim_sign/keys/key_folder.ts";
import { setByDate } from "../../cli/commands/dkim/key_names.ts";
import {
  planRotation,
  type RotatedKey,
  type RotationSettings,
} from "../../cli/commands/dkim/rotation_plan.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-30T04:00:00Z");
const SETTINGS: RotationSettings = { every: undefined, keep: 7 * DAY };

/** Keys as `a.pem`, `a-ed.next.pem`; those whose selector ends with `-ed` are Ed25519. */
function keys(names: string, ages: Readonly<Record<string, number>> = {}): RotatedKey[] {
  return names.split(" ").filter((name) => name !== "").map((name) => {
    const parsed = parseKeyFileName(name);
    assert.ok(parsed, name);
    const type = parsed.selector.endsWith("-ed") ? "ed25519" as const : "rsa" as const;
    return { ...parsed, type, changed: NOW - (ages[name] ?? 100) * DAY };
  });
}

const named = (list: readonly { readonly selector: string }[]) => list.map(({ selector }) => selector);
const stepOf = (names: string, settings = SETTINGS, ages = {}) =>
  planRotation(keys(names, ages), NOW, settings).step;

function made(names: string): string[] {
  const step = stepOf(names);
  assert.equal(step.name, "make");
  return step.name === "make"
    ? step.keys.map(({ selector, replaces }) => `${selector}<${replaces?.selector}`)
    : [];
}

describe("the next step", () => {
  it("makes a key for each that signs", () => {
    assert.deepEqual(made("a.pem"), ["20261130<a"]);
    assert.deepEqual(made("a-ed.pem"), ["20261130-ed<a-ed"]);
    assert.deepEqual(made("b-ed.pem a.pem"), ["20261130<a", "20261130-ed<b-ed"]);
    assert.deepEqual(made("20261130.pem 20261130-ed.pem"), [
      "20261130b<20261130",
      "20261130b-ed<20261130-ed",
    ]);
  });

  it("makes the second key where a run was interrupted after the first", () => {
    assert.deepEqual(made("a.pem a-ed.pem 20261129.next.pem"), ["20261129-ed<a-ed"]);
    assert.deepEqual(made("a.pem a-ed.pem 20261129-ed.next.pem"), ["20261129<a"]);
  });

  it("asks the DNS for keys that wait", () => {
    for (
      const names of [
        "a.pem b.next.pem",
        "a.pem a-ed.pem b.next.pem b-ed.next.pem",
        // A kind that the domain did not have: the other kind stays.
        "a.pem b-ed.next.pem",
        // Interrupted while it switched: the RSA key was first.
        "b.pem a.old.pem a-ed.pem b-ed.next.pem",
        "b.pem a.pem a.old.pem a-ed.pem b-ed.next.pem",
        // The key that signs is missing.
        "b.next.pem",
      ]
    ) {
      const step = stepOf(names);
      assert.equal(step.name, "switch", names);
      assert.deepEqual(
        step.name === "switch" && named(step.keys),
        named(keys(names).filter(({ state }) => state === "next")),
      );
    }
  });

  it("waits while an old key is young, so that two runs in a row do the same", () => {
    const step = stepOf("b.pem a.old.pem", SETTINGS, { "a.old.pem": 2 });
    assert.deepEqual(step, { name: "wait", until: NOW + 5 * DAY, why: "old-keys-are-young" });
    assert.equal(stepOf("b.pem a.old.pem", SETTINGS, { "a.old.pem": 7 }).name, "make");
  });

  it("waits until keys are due", () => {
    const every = { ...SETTINGS, every: 180 * DAY };
    assert.deepEqual(stepOf("a.pem a-ed.pem", every, { "a.pem": 200, "a-ed.pem": 30 }), {
      name: "wait",
      until: NOW + 150 * DAY,
      why: "keys-are-young",
    });
    assert.equal(stepOf("a.pem", every, { "a.pem": 180 }).name, "make");
    assert.equal(
      stepOf("a.pem b.next.pem", every, { "a.pem": 1 }).name,
      "switch",
      "what was begun is finished",
    );
  });

  it("leaves to people what is not clear", () => {
    assert.deepEqual(stepOf(""), { name: "no-key" });
    assert.deepEqual(stepOf("a.old.pem"), { name: "no-key" });
    for (const names of ["a.pem b.pem", "a.pem b.next.pem c.next.pem"]) {
      const step = stepOf(names);
      assert.equal(step.name, "ambiguous", names);
      assert.equal(step.name === "ambiguous" && step.keys.length, 2);
    }
  });

  it("finds no selector if all of the date are in use", () => {
    const all = ["", ..."bcdefghijklmnopqrstuvwxyz"].map((letter) => `20261130${letter}.old.pem`).join(" ");
    assert.equal(stepOf(`a.pem ${all}`).name, "no-selector");
  });
});

describe("beside the step", () => {
  it("a key that was replaced loses its first name", () => {
    const plan = planRotation(keys("b.pem a.pem a.old.pem"), NOW, SETTINGS);
    assert.deepEqual(plan.leftovers.map(({ selector, state }) => [selector, state]), [["a", "current"]]);
  });

  it("a key that is about to be replaced keeps it", () => {
    const plan = planRotation(keys("a.pem a.old.pem b.next.pem"), NOW, SETTINGS);
    assert.deepEqual([plan.leftovers, plan.step.name, plan.kept], [[], "switch", []]);
  });

  it("old keys can go after a while", () => {
    const plan = planRotation(
      keys("c.pem a.old.pem b.old.pem", { "a.old.pem": 7, "b.old.pem": 6 }),
      NOW,
      SETTINGS,
    );
    assert.deepEqual([named(plan.removable), named(plan.kept)], [["a"], ["b"]]);
  });
});

describe("names", () => {
  it("of keys, by date", () => {
    assert.equal(setByDate(NOW, new Set()), "20261130");
    assert.equal(setByDate(NOW, new Set(["20261130-ed"])), "20261130b");
    assert.equal(setByDate(NOW, new Set(["20261130", "20261130b-ed"])), "20261130c");
  });
});
