import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import { actionsOf, makeFilter, rewrite } from "./support.ts";
import { at } from "../support/present.ts";

describe("add", () => {
  it("puts fields at the end, in order", async () => {
    assert.deepEqual(
      await rewrite([["add", "X-A: 1"], ["add", "X-B:2"]], { header: ["Subject: s"] }),
      ["Subject: s", "X-A: 1", "X-B: 2"],
    );
  });

  it("does not hide a field of the same name", async () => {
    assert.deepEqual(await rewrite([["add", "X-A: 2"]], { header: ["X-A: 1"] }), ["X-A: 1", "X-A: 2"]);
  });

  it("writes letters above ASCII as UTF-8", async () => {
    assert.deepEqual(await rewrite([["add", "X-A: é"]]), [`X-A: ${latin1Text(toBytes("é"))}`]);
  });
});

describe("insert", () => {
  it("puts fields above the MTA's own Received, the last one topmost", async () => {
    assert.deepEqual(
      await rewrite([["insert", "X-A: 1"], ["insert", "X-B: 2"]], { header: ["Subject: s"] }),
      ["X-B: 2", "X-A: 1", "Subject: s"],
    );
    const filter = await makeFilter([["insert", "X-A: 1"], ["insert", "X-B: 2"]]);
    assert.deepEqual(await actionsOf([filter], {}), ["insertHeader 0 X-A: 1", "insertHeader 0 X-B: 2"]);
  });
});

describe("set", () => {
  it("changes the first field of the name and removes the others", async () => {
    assert.deepEqual(
      await rewrite([["set", "x-a: new"]], { header: ["X-A: 1", "B: b", "X-a: 2", "X-A: 3"] }),
      ["X-A: new", "B: b"],
    );
  });

  it("adds where there is none", async () => {
    assert.deepEqual(await rewrite([["set", "X-A: new"]], { header: ["B: b"] }), ["B: b", "X-A: new"]);
  });

  it("asks nothing of the MTA where the value is right already", async () => {
    assert.deepEqual(
      await actionsOf([await makeFilter([["set", "X-A: same"]])], { header: ["X-A: same"] }),
      [],
    );
  });

  it("changes a field that an earlier rule added", async () => {
    assert.deepEqual(await rewrite([["add", "X-A: 1"], ["set", "X-A: 2"]]), ["X-A: 2"]);
  });
});

describe("remove", () => {
  it("removes all fields of the name, in any spelling, and no longer names", async () => {
    assert.deepEqual(
      await rewrite([["remove", "x-a"]], { header: ["X-A: 1", "X-AB: 2", "B: b", "X-a: 3"] }),
      ["X-AB: 2", "B: b"],
    );
  });

  it("removes all names that begin as the pattern does", async () => {
    assert.deepEqual(
      await rewrite([["remove", "X-Spam*"]], { header: ["X-Spam: 1", "X-SPAM-Score: 2", "X-Spa: 3"] }),
      ["X-Spa: 3"],
    );
  });

  it("removes what earlier rules added, so that nothing is left to do", async () => {
    const filter = await makeFilter([["add", "X-A: 1"], ["insert", "X-A: 2"], ["remove", "X-A"]]);
    assert.deepEqual(await actionsOf([filter], { header: ["B: b"] }), []);
  });

  it("removes what came, and keeps what later rules add", async () => {
    assert.deepEqual(
      await rewrite([["remove", "X-A"], ["add", "X-A: ours"]], { header: ["X-A: forged", "B: b"] }),
      ["B: b", "X-A: ours"],
    );
  });
});

describe("rename", () => {
  it("keeps value and place of every field of the name", async () => {
    assert.deepEqual(
      await rewrite([["rename", "X-Old X-New"]], {
        header: ["A: a", "X-Old: 1", "B: b", "x-old: 2\n\tmore", "C: c"],
      }),
      ["A: a", "X-New: 1", "B: b", "X-New: 2\n\tmore", "C: c"],
    );
  });

  it("keeps places at either end", async () => {
    assert.deepEqual(
      await rewrite([["rename", "X-Old X-New"], ["add", "Z: z"], ["insert", "T: t"]], {
        header: ["X-Old: 1", "B: b", "X-Old: 2"],
      }),
      ["T: t", "X-New: 1", "B: b", "X-New: 2", "Z: z"],
    );
  });

  it("keeps places next to removed fields and other renamed ones", async () => {
    assert.deepEqual(
      await rewrite([["remove", "R"], ["rename", "X Y"], ["rename", "V W"]], {
        header: ["R: 1", "X: 2", "V: 3", "R: 4", "A: 5", "V: 6", "B: 7"],
      }),
      ["Y: 2", "W: 3", "A: 5", "W: 6", "B: 7"],
    );
  });

  it("keeps 8-bit bytes as they are", async () => {
    assert.deepEqual(await rewrite([["rename", "X Y"]], { header: ["X: caf\xe9"] }), ["Y: caf\xe9"]);
  });

  it("undone by a later rule, asks nothing of the MTA", async () => {
    const filter = await makeFilter([["rename", "X Y"], ["rename", "Y X"]]);
    assert.deepEqual(await actionsOf([filter], { header: ["X: 1"] }), []);
  });

  it("is seen by later rules", async () => {
    assert.deepEqual(
      await rewrite([["rename", "X Y"], ["set", "Y: new"]], { header: ["X: 1", "B: b"] }),
      ["Y: new", "B: b"],
    );
  });
});

describe("replace", () => {
  const subject = async (rule: string, value: string) => {
    const header = await rewrite([["replace", rule]], { header: [`Subject: ${value}`] });
    return at(header, 0).slice("Subject: ".length);
  };

  it("replaces the first match, or with g every one", async () => {
    assert.equal(await subject("Subject /a/ b", "aaa"), "baa");
    assert.equal(await subject("Subject /a/g b", "aaa"), "bbb");
  });

  it("without a replacement takes the match out", async () => {
    assert.equal(await subject("Subject /^\\[list\\] /", "[list] hello"), "hello");
  });

  it("fills in groups by number and by name, the match, and a dollar", async () => {
    assert.equal(
      await subject("Subject /(\\w+) (?<second>\\w+)/ $<second>-$1-$02-$& $$1", "one two!"),
      "two-one-two-one two $1!",
    );
  });

  it("leaves a group empty that took no part", async () => {
    assert.equal(await subject("Subject /(a)|(b)/ [$1]", "b"), "[]");
  });

  it("takes slashes in brackets or behind a backslash as part of the expression", async () => {
    assert.equal(await subject("Subject /[/]x\\// y", "a/x/b"), "ayb");
  });

  it("fills in what is known of the message", async () => {
    assert.equal(await subject("Subject /^/ {helo}: ", "s"), "helo.example: s");
  });

  it("works on every field of the name, the same way each time", async () => {
    const filter = await makeFilter([["replace", "X /a/g b"]]);
    for (let i = 0; i < 2; i++) {
      const actions = await actionsOf([filter], { header: ["X: aac", "X: aca"] });
      assert.deepEqual(actions, ["changeHeader 2 X: bcb", "changeHeader 1 X: bbc"]);
    }
  });

  it("takes no longer for a text that could match in very many ways", { timeout: 60_000 }, async () => {
    const letters = "a".repeat(10_000);
    // Long values are folded.
    const line = async (rule: string, value: string) => (await subject(rule, value)).replace(/\n\s/g, "");
    assert.equal(await line("Subject /^(a+)+$/ b", `${letters}!`), `${letters}!`);
    assert.equal(await line("Subject /(a+)+$|!$/ b", `${letters}!`), `${letters}b`);
    // Each match looks at all of the rest first.
    assert.equal(await line("Subject /a.*c|a/g b", letters.repeat(3)), "b".repeat(30_000));
  });

  it("asks nothing of the MTA where nothing matches", async () => {
    assert.deepEqual(await actionsOf([await makeFilter([["replace", "X /z/ y"]])], { header: ["X: a"] }), []);
  });

  it("matches across folds, and keeps those outside of the match", async () => {
    assert.equal(await subject("Subject /two three/ 2 3", "one\n two\n three\n four"), "one\n 2 3\n four");
    assert.equal(await subject("Subject /\\s+two/ _2", "one\n two\n three"), "one_2\n three");
    assert.equal(await subject("Subject /one.*two/ 1", "one\n two\n\tthree"), "1\n\tthree");
  });

  it("leaves no line of white space alone", async () => {
    assert.equal(await subject("Subject /two/", "one\n two\n three"), "one\n three");
    assert.equal(await subject("Subject /two/", "one\n two"), "one");
  });

  it("keeps bytes that are not UTF-8, and writes its own letters as UTF-8", async () => {
    assert.equal(
      await subject("Subject /x/ é", "caf\xe9 x \xff"),
      `caf\xe9 ${latin1Text(toBytes("é"))} \xff`,
    );
    assert.equal(await subject("Subject /x(\xe9)y/ $1", "x\xe9y\xff"), latin1Text(toBytes("é")) + "\xff");
  });

  it("reads UTF-8 as letters", async () => {
    assert.equal(await subject("Subject /^.(.)/ $1", latin1Text(toBytes("éàü"))), latin1Text(toBytes("àü")));
  });
});

describe("what the filter declares", () => {
  const changes = async (...words: (readonly [string, string])[]) =>
    [...(await makeFilter(words)).changes!].sort();

  it("is the least that its rules need", async () => {
    assert.deepEqual(await changes(["add", "A: a"], ["add", "B: b"]), ["addHeader"]);
    assert.deepEqual(await changes(["insert", "A: a"]), ["insertHeader"]);
    assert.deepEqual(await changes(["set", "A: a"]), ["addHeader", "changeHeader", "deleteHeader"]);
    assert.deepEqual(await changes(["remove", "A"]), ["deleteHeader"]);
    assert.deepEqual(await changes(["rename", "A B"]), ["addHeader", "deleteHeader"]);
    assert.deepEqual(await changes(["replace", "A /b/ c"]), ["changeHeader"]);
    assert.deepEqual((await makeFilter([["set", "A: a"]])).verdicts, ["eom"]);
  });
});

describe("behind another filter", () => {
  it("works on the header as that one left it", async () => {
    const first = await makeFilter([["add", "X-A: 1"], ["rename", "Old New"]]);
    const second = await makeFilter([["rename", "X-A X-B"], ["replace", "New /v/ w"]]);
    const actions = await actionsOf([first, second], { header: ["Old: v", "C: c"] });
    assert.deepEqual(actions, ["changeHeader 1 Old:", "insertHeader 1 New: w", "insertHeader 3 X-B: 1"]);
  });
});
