// Named lists: what they name, what they are used for, and how they follow their files.
import assert from "node:assert/strict";
import { rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { MAX_LIST_FILE } from "../../../lib/options/lists/list_file.ts";
import { Lists } from "../../../lib/options/lists/lists.ts";
import { OptionError, type OptionKind, OptionValues } from "../../../lib/options/options.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { followed, ListFolder, lookOnce, passUntil } from "./support.ts";

/** More than two looks: a change is read once it has stood still. */
const TWO_LOOKS = 4500;

describe("lists that are given", () => {
  const lists = new Lists([
    { name: "internal", entries: ["10.0.0.0/8"] },
    { name: "trusted", entries: ["@internal", "192.0.2.1", "@more"] },
    { name: "more", entries: ["2001:db8::/32"] },
    { name: "ours", entries: ["example.org", "joe@example.net"] },
  ]);

  it("may name others", () => {
    for (const address of ["10.1.2.3", "192.0.2.1", "2001:db8::1"]) {
      assert.equal(lists.has("trusted", "network", address), true, address);
    }
    assert.equal(lists.has("trusted", "network", "11.0.0.1"), false);
  });

  it("are what options name as @internal", () => {
    const specs = (["network", "sender", "recipient"] as const).map((kind) => ({
      name: kind,
      kind: kind as OptionKind,
      description: "x",
    }));
    const values = new OptionValues(specs, [["network", "@trusted"], ["sender", "@ours"]], lists);
    assert.equal(values.get("network", "network")?.has("10.0.0.1"), true);
    assert.equal(values.get("sender", "sender")?.has("joe@example.net"), true);
    assert.equal(values.get("sender", "sender")?.has("jane@example.net"), false);
    const says = (kind: string, text: string, reason: RegExp, given = lists) =>
      assert.throws(() => new OptionValues(specs, [[kind, text]], given), (error) => {
        assert.ok(error instanceof OptionError);
        assert.match(error.message, reason);
        return true;
      });
    says("network", "@intrenal", /there is no list intrenal; did you mean @internal\?/);
    says("network", "@ours", /want networks, such as 10\.0\.0\.0\/8, but list ours has "example\.org"/);
    says("recipient", "@trusted", /want domains and addresses, .*, but list trusted has "192\.0\.2\.1"/);
    says("network", "@x", /there is no list x, and no other; define it/, new Lists());
  });

  const wrong: readonly (readonly [...Parameters<typeof define>, RegExp])[] = [
    [
      { a: ["@b"], b: ["@c"], c: ["@a"] },
      /list a: "@a": the list names itself: @a names @b names @c names @a/,
    ],
    [{ a: ["@a"] }, /the list names itself: @a names @a/],
    [
      { a: ["10.0.0.0/8", "@internl"], internal: ["10.0.0.1"] },
      /list a: "@internl": .*did you mean @internal/,
    ],
    [{ "My list": ["10.0.0.1"] }, /the name needs lower-case letters, digits, - or _, such as my-list/],
    [{ a: ["10.0.0.0/8", "exa mple.org"] }, /list a: "exa mple\.org": these are several values/],
  ];
  function define(lists: Readonly<Record<string, readonly string[]>>): Lists {
    return new Lists(Object.entries(lists).map(([name, entries]) => ({ name, entries })));
  }
  for (const [given, says] of wrong) {
    it(`are refused: ${JSON.stringify(given)}`, () => {
      assert.throws(() => define(given), { name: "ListError", message: says });
    });
  }

  it("are refused if a name is given twice", () => {
    const twice = ["10.0.0.1", "10.0.0.2"].map((entry) => ({ name: "a", entries: [entry] }));
    assert.throws(() => new Lists(twice), /there are two lists with this name/);
  });
});

describe("a list in a file", () => {
  it("follows its file while somebody holds the lists", async () => {
    using folder = new ListFolder();
    const clock = new ManualClock();
    const file = folder.write("a.txt", "10.0.0.0/8\n");
    const { lists, lines } = followed([{ name: "a", file }], clock);
    const network = lists.network("@a", () => assert.fail());
    const letGo = lists.hold();
    folder.write("a.txt", "192.0.2.0/24\n198.51.100.1\n");
    assert.deepEqual([network.has("10.0.0.1"), network.has("192.0.2.1")], [true, false]);
    await passUntil(clock, () => lines.length > 0);
    assert.deepEqual([network.has("10.0.0.1"), network.has("192.0.2.1")], [false, true]);
    assert.deepEqual(lines, ["info list a changed; it has 2 entries from now on"]);
    letGo();
    folder.write("a.txt", "203.0.113.1\n");
    await clock.pass(TWO_LOOKS);
    assert.equal(network.has("203.0.113.1"), false);
  });

  it("goes on with what it had while its file has a wrong line, is empty or missing, and says so once", async () => {
    using folder = new ListFolder();
    const clock = new ManualClock();
    const file = folder.write("a.txt", "10.0.0.0/8\n");
    utimesSync(file, 1000, 1000);
    const { lists, lines } = followed([{ name: "a", file }], clock);
    lists.hold();
    const has = () => lists.has("a", "network", "10.0.0.1");
    assert.equal(has(), true);
    const says: readonly (readonly [() => void, RegExp])[] = [
      [
        () => folder.write("a.txt", "10.0.0.0/8\n10.0.0.0/33\n"),
        /^error Invalid list a: .*a\.txt:2: "10\.0\.0\.0\/33"/,
      ],
      [() => writeFileSync(file, ""), /a\.txt: it is empty/],
      [() => rmSync(file), /a\.txt: there is no such file/],
      [
        () => folder.write("a.txt", "10.0.0.0/8\nexample.org\n"),
        /a\.txt:2: "example\.org": where it is used, want networks/,
      ],
    ];
    for (const [i, [change, reason]] of says.entries()) {
      change();
      await passUntil(clock, () => lines.length > i);
      await clock.pass(TWO_LOOKS);
      assert.equal(has(), true);
      assert.equal(lines.length, i + 1, lines.join("\n"));
      assert.match(lines[i]!, reason);
      assert.match(lines[i]!, /What was read before goes on$/);
    }
    folder.write("a.txt", "# nobody\n");
    await passUntil(clock, () => !has());
    assert.equal(has(), false);
  });

  it("is not read while somebody writes it", async () => {
    using folder = new ListFolder();
    const clock = new ManualClock();
    const file = folder.write("a.txt", "10.0.0.0/8\n");
    utimesSync(file, 1000, 1000);
    const { lists, lines } = followed([{ name: "a", file }], clock);
    lists.hold();
    await lookOnce(clock);
    // A line more before each look: half of it would be good as well.
    for (let i = 1; i < 6; i++) {
      writeFileSync(file, Array.from({ length: i }, (_, j) => `192.0.2.${j}\n`).join(""));
      await lookOnce(clock);
      assert.equal(lists.has("a", "network", "10.0.0.1"), true);
    }
    await passUntil(clock, () => lines.length > 0);
    assert.equal(lists.has("a", "network", "10.0.0.1"), false);
    assert.deepEqual(lines, ["info list a changed; it has 5 entries from now on"]);
  });

  it("of more than 256 MiB is refused, and at most that is in memory", async () => {
    using folder = new ListFolder();
    const clock = new ManualClock();
    const file = folder.write("a.txt", "");
    truncateSync(file, MAX_LIST_FILE + 1);
    const make = () => new Lists([{ name: "a", file }]);
    assert.throws(make, /a\.txt: it has 268435457 bytes; at most 268435456 are read/);
    const before = folder.write("b.txt", "10.0.0.0/8\n");
    const { lists, lines } = followed([{ name: "b", file: before }], clock);
    lists.hold();
    truncateSync(before, MAX_LIST_FILE + 1);
    await passUntil(clock, () => lines.length > 0);
    assert.match(
      lines[0]!,
      /b\.txt: it has 268435457 bytes; at most 268435456 are read.*What was read before goes on$/,
    );
    assert.equal(lists.has("b", "network", "10.0.0.1"), true);
  });

  it("of many lines is read in parts while mail flows", async () => {
    using folder = new ListFolder();
    const clock = new ManualClock();
    const file = folder.write("a.txt", "example.org\n");
    utimesSync(file, 1000, 1000);
    const { lists } = followed([{ name: "a", file }], clock);
    lists.hold();
    folder.write("a.txt", Array.from({ length: 20_000 }, (_, i) => `d${i}.example\n`).join(""));
    let pauses = 0;
    const { after } = clock;
    clock.after = (milliseconds, call) => {
      if (milliseconds === 0) pauses++;
      return after.call(clock, milliseconds, call);
    };
    const has = () => lists.has("a", "domain", "d19999.example");
    await passUntil(clock, has);
    assert.equal(has(), true);
    assert.equal(pauses, 5);
  });
});
