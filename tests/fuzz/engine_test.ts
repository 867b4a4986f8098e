// What fuzzes finds what is planted, makes it small, and makes the same cases again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";
import { programCommand } from "../support/runtime.ts";
import { Cases } from "./engine/cases.ts";
import { cuttings } from "./engine/choices.ts";
import { namesIn } from "./engine/files.ts";
import { judge, LONGEST } from "./engine/judge.ts";
import { FOUND } from "./engine/kept.ts";
import { grown, MOST_BYTES, mutated } from "./engine/mutate.ts";
import { run } from "./engine/run.ts";
import { shrunk } from "./engine/shrink.ts";
import { hold, type Target } from "./engine/target.ts";
import { TARGETS } from "./targets/index.ts";

const target = (check: Target["check"], more: Partial<Target> = {}): Target => ({
  name: "test",
  promise: "of a test",
  cases: 1,
  check,
  ...more,
});

test("what breaks a rule is found, told once, and made as small as it can be", async () => {
  const planted = target((bytes) => hold(!latin1Text(bytes).includes("key"), "no key"), {
    words: ["key"],
    seeds: () => [latin1Bytes("some text to begin with")],
  });
  const { found, cases } = await run(planted, { seed: 1, cases: 2000 });
  assert.equal(cases, 2000);
  assert.deepEqual(found.map(({ key }) => key), ["no key"]);
  assert.equal(latin1Text(await shrunk(planted, at(found, 0).bytes, "no key", 5000)), "key");
});

test("an error that nobody expects is a finding, also of a promise", async () => {
  const planted = () => {
    throw new TypeError("planted");
  };
  const thrown = await judge(target(planted), Uint8Array.of());
  assert.match(thrown!.key, /^TypeError at tests\/fuzz\/engine_test\.ts:\d+$/);
  const rejected = await judge(target(() => Promise.reject(new TypeError("late"))), Uint8Array.of());
  assert.match(rejected!.text, /late/);
  assert.equal(await judge(target(() => {}), Uint8Array.of()), undefined);
});

test("a case that takes long each time is a finding, one that was held up is none", async () => {
  let time = 0;
  let spent = 0;
  const stopwatch = { now: () => time, spent: () => spent };
  const judged = (check: () => void) => judge(target(check), Uint8Array.of(), stopwatch);
  const busy = () => {
    time += LONGEST;
    spent += LONGEST;
  };
  assert.equal((await judged(busy))?.key, "a case takes too long");
  // Another process had the processor, or this one did something else.
  assert.equal(await judged(() => void (time += LONGEST)), undefined);
  let calls = 0;
  assert.equal(await judged(() => calls++ === 0 ? busy() : undefined), undefined);
  assert.equal(calls, 2);
});

test("the same seed and number make the same case, and others differ", () => {
  for (const each of TARGETS) {
    const [one, other] = [new Cases(each), new Cases(each)];
    const texts = Array.from({ length: 40 }, (_, number) => latin1Text(one.of(7, number + 20)));
    // The keys of a run are its own.
    if (each.name !== "dkim-keys") {
      texts.forEach((text, number) => assert.equal(latin1Text(other.of(7, number + 20)), text, each.name));
    }
    assert.ok(new Set(texts).size > 20, `${each.name}: its cases are all the same`);
  }
});

test("mutations leave what they are made of as it is, and are never too long", () => {
  const random = new Random(1);
  const bytes = latin1Bytes("Subject: hello\r\n");
  for (let i = 0; i < 2000; i++) {
    const grownBytes = grown(bytes, random);
    assert.ok(grownBytes.length <= MOST_BYTES && grownBytes.length > MOST_BYTES / 16);
    assert.ok(mutated(grownBytes, random, [bytes], [bytes]).length <= MOST_BYTES);
  }
  assert.equal(latin1Text(bytes), "Subject: hello\r\n");
});

test("pieces are the whole", () => {
  for (const text of ["", "a", "some text", "x".repeat(3000)]) {
    for (const pieces of cuttings(latin1Bytes(text))) {
      assert.equal(pieces.map(latin1Text).join(""), text);
    }
  }
});

test("a case that never ends is kept, and its process ends", async () => {
  const folder = join(FOUND, "endless-test");
  const [program, ...args] = programCommand(fileURLToPath(new URL("endless_program.ts", import.meta.url)));
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    let said = "";
    child.stderr.on("data", (bytes) => said += bytes);
    const signal = await new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
    assert.equal(signal, "SIGKILL", said);
    assert.match(said, /endless-test: a case of 3 bytes does not end; kept as /);
    assert.deepEqual(namesIn(folder).map((name) => [...readFileSync(join(folder, name))]), [[1, 2, 3]]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
