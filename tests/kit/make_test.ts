// A filter is made of its definition and options, or refused in words.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineFilter, type FilterDefinition } from "../../lib/filter/definition.ts";
import { InvalidFilterError } from "../../lib/filter/validate.ts";
import { accept, reject } from "../../lib/filter/verdict.ts";
import { FilterStartError } from "../../lib/kit/filter_errors.ts";
import { make, makeAll } from "../../lib/kit/make.ts";
import type { FilterLogLine } from "../../lib/kit/kit.ts";
import { OptionError } from "../../lib/options/options.ts";
import { InvalidSettingError } from "../../lib/options/settings.ts";
import { deliver } from "../../lib/testing.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** What `create` of this filter was given. */
function spy() {
  const seen: unknown[] = [];
  const definition = defineFilter({
    name: "spy",
    options: {
      "when-down": { kind: "enum", choices: ["accept", "tempfail"], default: "tempfail", description: "d" },
      "word-list": { kind: "string", repeatable: true, description: "d" },
      "on": { kind: "flag", description: "d" },
      "most": { kind: "integer", max: 10, description: "d" },
      "largest": { kind: "size", description: "d" },
      "wait-for-it": { kind: "duration", description: "d" },
    },
    create(options) {
      seen.push(options);
      return {};
    },
  });
  return { seen, definition };
}

const NOTHING = { on: false, most: undefined, largest: undefined, waitForIt: undefined };

describe("options", () => {
  test("have defaults, and names in camel case", async () => {
    const { seen, definition } = spy();
    await make(definition);
    assert.deepEqual(seen, [{ ...NOTHING, whenDown: "tempfail", wordList: [] }]);
  });

  test("are texts, numbers, booleans and lists", async () => {
    const { seen, definition } = spy();
    await make(definition, {
      whenDown: "accept",
      wordList: ["a", "b"],
      on: true,
      most: 7,
      largest: 1500,
      waitForIt: 250,
    });
    await make(definition, { wordList: "a", on: false, most: "7", largest: "2KB", waitForIt: "2s" });
    await make(definition, { wordList: [], most: undefined });
    assert.deepEqual(seen, [
      { whenDown: "accept", wordList: ["a", "b"], on: true, most: 7, largest: 1500, waitForIt: 250 },
      { whenDown: "tempfail", wordList: ["a"], on: false, most: 7, largest: 2000, waitForIt: 2000 },
      { ...NOTHING, whenDown: "tempfail", wordList: [] },
    ]);
  });

  const wrong: [given: object, says: RegExp][] = [
    [{ most: 11 }, /^Invalid --most "11": it must be at most 10/],
    [{ most: 1.5 }, /^Invalid --most "1\.5": want a whole number/],
    [{ most: NaN }, /^Invalid --most "NaN": a number does not fit an option of kind integer$/],
    [{ most: true }, /a boolean does not fit an option of kind integer/],
    [{ most: [1, 2] }, /^Invalid --most "2": it can be given only once/],
    [{ on: "true" }, /^Invalid --on "true": a string does not fit an option of kind flag$/],
    [{ whenDown: "reject" }, /^Invalid --when-down "reject": want one of accept, tempfail/],
    [{ wordList: [null] }, /--word-list "null": a object does not fit an option of kind string/],
    [
      { "when-down": "accept" },
      /no such option; there are whenDown, wordList, on, most, largest, waitForIt$/,
    ],
  ];
  for (const [given, says] of wrong) {
    test(`${JSON.stringify(given)} is refused`, async () => {
      const { seen, definition } = spy();
      await assert.rejects(make(definition, given), (error) => {
        assert.ok(error instanceof OptionError);
        assert.match(error.message, says);
        return true;
      });
      assert.deepEqual(seen, [], "create was not called");
    });
  }

  test("of a filter without any are refused", async () => {
    await assert.rejects(make(defineFilter({ name: "x" }), { word: "x" }), /the filter has no options/);
  });

  for (const repeatable of [{}, { repeatable: true }] as const) {
    test(`that must be given${repeatable.repeatable ? ", as a list," : ""} are asked for`, async () => {
      const definition: FilterDefinition = defineFilter({
        name: "x",
        options: {
          word: { kind: "string", required: true, example: "b", description: "A word", ...repeatable },
        },
        create: () => ({}),
      });
      await assert.rejects(make(definition), (error) => {
        assert.ok(error instanceof OptionError);
        assert.equal(error.message, "Missing --word: it must be given, for example --word b (A word)");
        return true;
      });
      await make(definition, { word: "a" });
    });
  }

  test("are also there in their order, with their texts", async () => {
    const order: string[] = [];
    const definition = defineFilter({
      name: "x",
      options: {
        a: { kind: "size", repeatable: true, description: "d" },
        b: { kind: "string", repeatable: true, description: "d" },
      },
      create(_, { options }) {
        order.push(...options.given.map(({ name, text }) => `${name}=${text}`));
        return {};
      },
    });
    await make(definition, { b: ["1", "2"], a: "5MB" });
    assert.deepEqual(order, ["b=1", "b=2", "a=5MB"]);
  });
});

describe("what create returns", () => {
  const returning = (created: unknown, declared: object = {}): FilterDefinition =>
    ({ name: "x", ...declared, create: () => created }) as FilterDefinition;

  test("is the filter, which narrows what stands beside create", async () => {
    const declared = { changes: ["addHeader", "quarantine"], verdicts: ["mail", "eom"], timeout: 5 };
    const terms = async (created: object) => {
      const { name, changes, verdicts, timeout } = await make(returning(created, declared));
      return { name, changes, verdicts, timeout };
    };
    assert.deepEqual(await terms({ eom() {}, mail() {}, name: "y", timeout: 6 }), {
      ...declared,
      name: "y",
      timeout: 6,
    });
    assert.deepEqual(await terms({ mail() {} }), { name: "x", changes: [], verdicts: ["mail"], timeout: 5 });
    assert.deepEqual(await terms({ eom() {}, changes: ["addHeader"], verdicts: [] }), {
      name: "x",
      changes: ["addHeader"],
      verdicts: [],
      timeout: 5,
    });
  });

  test("may be an instance of a class, and a promise", async () => {
    class Callbacks {
      readonly #code = 551;
      mail() {
        return reject(this.#code, "5.7.1", "No");
      }
    }
    const made = await make(returning(Promise.resolve(new Callbacks())));
    (await deliver(made)).assertRejected(551);
  });

  const wrong: [created: unknown, says: RegExp, declared?: object][] = [
    [
      { eom() {}, changes: ["addRcpt"] },
      /changes holds "addRcpt", which is not in the changes .* beside create/,
      {
        changes: ["addHeader"],
      },
    ],
    [{ eom() {}, changes: ["addRcpt"] }, /changes holds "addRcpt", which is not in the changes/],
    [{ eom() {}, mail() {}, verdicts: ["mail"] }, /verdicts holds "mail", which is not in the verdicts/, {
      verdicts: ["eom"],
    }],
    [{ verdicts: ["mail"] }, /verdicts holds "mail", but there is no such callback/],
    [{ heder() {} }, /there is no callback "heder"; did you mean "header"\?/],
    [{ mail: 5 }, /mail must be a function, got number/],
    [{ timeout: 0 }, /timeout must be 1 to 600000/],
    [{ eom() {}, content: "mime" }, /content belongs beside create; what create returns may only say "none"/],
    [{ create() {} }, /create belongs beside create/],
    [{ options: {} }, /options belongs beside create/],
    [{ changes: "addHeader" }, /changes must be a list/],
  ];
  for (const [created, says, declared] of wrong) {
    test(`is refused: ${says.source}`, async () => {
      await assert.rejects(make(returning(created, declared)), (error) => {
        assert.ok(error instanceof InvalidFilterError);
        assert.match(error.message, /^Invalid filter "x": what create returned: /);
        assert.match(error.message, says);
        return true;
      });
    });
  }

  for (const [created, what] of [[undefined, "undefined"], [null, "null"], [5, "number"]] as const) {
    test(`is refused if it is ${what}`, async () => {
      await assert.rejects(make(returning(created)), (error) => {
        assert.ok(error instanceof FilterStartError);
        assert.equal(
          error.message,
          `Cannot start filter x: its create returned ${what}: want an object with callbacks`,
        );
        assert.deepEqual([error.code, error.problem, error.value], ["filter-start", "returned", created]);
        return true;
      });
    });
  }
});

describe("a create that fails", () => {
  test("by a throw says what it threw", async () => {
    const thrown = new Error("no such database");
    const create = () => Promise.reject(thrown);
    await assert.rejects(make({ name: "x", create } as FilterDefinition), (error) => {
      assert.ok(error instanceof FilterStartError);
      assert.equal(error.message, "Cannot start filter x: no such database");
      assert.deepEqual([error.problem, error.value, error.cause], ["threw", thrown, thrown]);
      return true;
    });
  });

  test("by an error about an option passes it on", async () => {
    const thrown = new OptionError("word", "x", "it is too short");
    const create = () => {
      throw thrown;
    };
    await assert.rejects(make({ name: "x", create } as FilterDefinition), (error) => error === thrown);
  });

  test("leaves nothing behind", async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const definition = defineFilter({
      name: "x",
      create(_, kit): never {
        kit.every("1s", () => {});
        signal = kit.signal;
        throw new Error("no");
      },
    });
    await assert.rejects(make(definition, {}, { clock }), FilterStartError);
    assert.equal(clock.waited(1000), false);
    assert.equal(signal?.aborted, true);
  });

  test("after it has opened something lets go of it", async () => {
    let disposed = 0;
    const create = () => ({ heder() {}, dispose: () => void disposed++ });
    await assert.rejects(make({ name: "x", create } as FilterDefinition), InvalidFilterError);
    assert.equal(disposed, 1);
  });

  test("by taking more than ten seconds is given up, and what it returns later is let go of", async () => {
    const clock = new ManualClock();
    const disposed = Promise.withResolvers<void>();
    const returned = Promise.withResolvers<object>();
    const making = make({ name: "x", create: () => returned.promise } as FilterDefinition, {}, { clock });
    const refused = assert.rejects(making, (error) => {
      assert.ok(error instanceof FilterStartError);
      assert.equal(error.message, "Cannot start filter x: its create has not finished after 10 s");
      assert.deepEqual([error.problem, error.value], ["late", 10_000]);
      return true;
    });
    clock.advance(10_000);
    await refused;
    returned.resolve({ dispose: () => disposed.resolve() });
    await disposed.promise;
  });
});

describe("a definition", () => {
  test("with callbacks beside create is refused", async () => {
    const mixed = { name: "x", create: () => ({}), eom() {} } as unknown as FilterDefinition;
    await assert.rejects(make(mixed), /^InvalidFilterError: Invalid filter "x": it has eom beside create/);
  });

  test("without create can be made as well", async () => {
    const made = await make(defineFilter({ name: "plain", mail: () => reject(), summary: "Refuses" }));
    (await deliver(made)).assertRejected();
    await made.dispose();
  });

  test("may keep its states beside create", async () => {
    const states: unknown[] = [];
    const made = await make(defineFilter({
      name: "x",
      messageState: () => ({ seen: 1 }),
      create: () => ({ eom: (_, { messageState }) => void states.push(messageState.seen) }),
    }));
    await deliver(made);
    assert.deepEqual(states, [1]);
  });
});

describe("a list of filters", () => {
  test("is made where it must be, and else left as it is", async () => {
    const plain = { name: "plain", mail: () => accept() };
    const { all: [first, second], made } = await makeAll([
      plain,
      defineFilter({ name: "made", create: () => ({ helo() {} }) }),
    ]);
    assert.equal(first, plain);
    assert.equal(typeof second?.helo, "function");
    assert.deepEqual(made, [second]);
  });

  test("with a wrong one makes none, and says which it is", async () => {
    let created = 0;
    const good = defineFilter({ name: "good", create: () => ({ helo: () => void created++ }) });
    const nameless = { create: () => ({}) } as unknown as FilterDefinition;
    await assert.rejects(makeAll([good, nameless]), /Invalid filter number 2: it needs a name/);
    await assert.rejects(
      makeAll([good, null as unknown as FilterDefinition]),
      /number 2: want an object, got null/,
    );
    assert.equal(created, 0);
  });

  test("with one that cannot start disposes the others", async () => {
    const disposed: string[] = [];
    const good = defineFilter({
      name: "good",
      create: () => ({ dispose: () => void disposed.push("good") }),
    });
    const bad = defineFilter({
      name: "bad",
      create(): never {
        throw new Error("no");
      },
    });
    await assert.rejects(makeAll([good, bad]), FilterStartError);
    assert.deepEqual(disposed, ["good"]);
  });
});

describe("the kit", () => {
  test("has the filter's label, a log and a clock", async () => {
    const lines: FilterLogLine[] = [];
    const clock = new ManualClock();
    const definition = defineFilter({
      name: "x",
      create(_, kit) {
        assert.equal(kit.clock, clock);
        kit.log.warning(`I am ${kit.name}`, { at: 1 });
        kit.log.debug("quiet");
        return {};
      },
    });
    const made = await make(definition, {}, { name: "label", clock, onLog: (line) => lines.push(line) });
    assert.equal(made.name, "label");
    assert.deepEqual(lines, [
      { filter: "label", level: "warning", text: "I am label", fields: { at: 1 } },
      { filter: "label", level: "debug", text: "quiet", fields: {} },
    ]);
  });

  test("has a store for each name, which others do not share", async () => {
    const stores: unknown[] = [];
    const definition = defineFilter({
      name: "x",
      create(_, kit) {
        stores.push(kit.store("seen"), kit.store("seen"), kit.store("other-one"));
        for (const name of ["", "Seen", "a b", "a_b", undefined as unknown as string]) {
          assert.throws(() => kit.store(name), InvalidSettingError, name);
        }
        return {};
      },
    });
    await make(definition);
    await make(definition);
    const [first, same, other, another] = stores;
    assert.equal(first, same);
    assert.equal(new Set([first, other, another]).size, 3);
  });
});

test("a filter knows whether it handles mail, or messages are only tried", async () => {
  const found: boolean[] = [];
  const asking = defineFilter({
    name: "asking",
    create(_options, kit) {
      found.push(kit.live);
      return { eom() {} };
    },
  });
  await (await make(asking)).dispose();
  await (await make(asking, {}, { live: false })).dispose();
  await deliver(asking);
  await deliver(asking, { live: true });
  assert.deepEqual(found, [true, false, false, true]);
});
