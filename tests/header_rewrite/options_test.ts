import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import { makeFromValues } from "../../lib/kit/make.ts";
import { OptionError, OptionValues } from "../../lib/options/options.ts";
import { headerRewrite } from "../../filters/header_rewrite/header_rewrite.ts";
import { parseRules } from "../../filters/header_rewrite/rules_file.ts";
import { makeFilter, rewrite } from "./support.ts";

/** More than some runtimes compile, which they say only once it is asked something. */
const LARGE = "(ab|c)".repeat(9000);

describe("a regular expression that is too large for the runtime", () => {
  const cases: [name: string, text: string][] = [
    ["if-sender", `/${LARGE}/`],
    ["if-header", `X-A /${LARGE}/`],
    ["replace", `X-A /${LARGE}/ b`],
  ];
  for (const [name, text] of cases) {
    it(`is refused as --${name}, or can be used`, () => {
      try {
        parseRules(`${name} ${text}\nadd X-A: b`, "rules");
      } catch (error) {
        assert.ok(error instanceof OptionError, String(error).slice(-200));
      }
    });
  }
});

describe("a wrong option", () => {
  const cases: [name: string, text: string, message: RegExp][] = [
    ["add", "X-A", /--add "X-A": want "Name: value"; there is no colon/],
    ["add", ": a", /header name is missing/],
    ["add", "X A: a", /"X A" is not a header name/],
    ["add", "Xé: a", /is not a header name/],
    ["set", "X-*: a", /works only in remove/],
    ["add", "X-A: a\nX-B: b", /control character/],
    ["add", "X-A: {i", /"{i" has no closing brace; for a literal brace write {{/],
    ["add", "X-A: {}", /"{}" names no macro/],
    ["add", "X-A: {a b}", /"{a b}" names no macro/],
    ["remove", "*", /every field/],
    ["remove", "X:*", /is not a header name/],
    ["rename", "X-A", /want two header names/],
    ["rename", "X-A X-B X-C", /want two header names/],
    ["rename", "X-A X:B", /"X:B" is not a header name/],
    ["replace", "X-A", /want \[text:\]NAME \/expression\//],
    ["replace", "X-A /a/b/c", /want \[text:\]NAME \/expression\//],
    ["replace", "X-A /(/ b", /there is no \) for this \(, at character 1/],
    ["replace", "X-A /a/y b", /leave out the flag y; \^ stands for the beginning/],
    ["replace", "X-A /(a)\\1/ b", /\\1 at character 4 refers back to what a group matched/],
    ["if-header", "X-A /(?!b)a/", /\(\?!…\) at character 1 looks ahead, which is not supported/],
    ["replace", "X-A /a/k b", /flags/],
    ["replace", "X-A /(a)/ $2", /no group for "\$2"/],
    ["replace", "X-A /(a)/ $<b>", /no group for "\$<b>"/],
    ["replace", "X-A /(a)/ 5 $", /\$ must be followed by/],
    ["if-header", "X-A a", /want \[text:\]NAME \/expression\/flags/],
    ["if-header", "X-A /a/ b", /want .*; more text follows it/],
    ["if-header", "X* /a/", /works only in remove/],
    ["if-sender", "/a/", /--if-sender "\/a\/": no rule follows this condition/],
    ["unless-client", "192.0.2.0/24", /--unless-client "192.0.2.0\/24": no rule follows/],
    ["rules", "no/such/file", /--rules "no\/such\/file": it cannot be read: .*ENOENT/],
  ];
  for (const [name, text, message] of cases) {
    it(`--${name} ${JSON.stringify(text)}`, async () => {
      await assert.rejects(makeFilter([[name, text]]), (error) => {
        assert.ok(error instanceof OptionError);
        assert.equal(error.option, name);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("is a condition that always ends before a rule", async () => {
    await assert.rejects(
      makeFilter([["if-sender", "/a/"], ["always", ""], ["add", "X: 1"]]),
      /--if-sender.*no rule follows/,
    );
  });

  it("is none at all", async () => {
    await assert.rejects(makeFilter([]), /at least one rule, of --add, --insert, .*--rules/);
  });
});

describe("the examples in the help", () => {
  for (const { name, example } of optionSpecs(headerRewrite.options)) {
    if (example === undefined) continue;
    it(`--${name} ${example} can be used`, async () => {
      assert.deepEqual((await makeFilter([[name, example], ["add", "A: a"]])).verdicts, ["eom"]);
    });
  }
});

describe("options common to all filters", () => {
  it("are passed over", async () => {
    const specs = [...optionSpecs(headerRewrite.options), ...COMMON_OPTIONS];
    const values = new OptionValues(specs, [["timeout", "5s"], ["add", "A: a"], ["dry-run", ""]]);
    assert.deepEqual((await makeFromValues(headerRewrite, values)).changes, ["addHeader"]);
  });
});

describe("a rules file", () => {
  const folder = mkdtempSync(join(tmpdir(), "header-rewrite-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = (text: string): string => {
    const path = join(folder, "rules");
    writeFileSync(path, text);
    return path;
  };

  it("holds the words of the options, a line each, with comments", async () => {
    const path = file(
      "\uFEFF# ours\r\n\r\n  add X-A: 1 # 2 \r\nif-sender /nobody/\r\nadd X-B: 1\r\nalways\r\nremove B\r\n",
    );
    assert.deepEqual(await rewrite([["rules", path]], { header: ["B: b"] }), [
      "X-A: 1 # 2",
    ]);
  });

  it("is carried out in its place", async () => {
    const path = file("remove X-A\nadd X-A: 2");
    assert.deepEqual(
      await rewrite([["add", "X-A: 1"], ["rules", path], ["add", "X-A: 3"]]),
      ["X-A: 2", "X-A: 3"],
    );
  });

  it("stands under the conditions before it, and keeps its own to itself", async () => {
    const path = file("add X-A: 1\nif-sender /./\nadd X-A: 2\nif-sender /nobody/\nadd X-A: 3");
    const under = (text: string) => rewrite([["if-sender", text], ["rules", path], ["add", "X-A: 4"]]);
    assert.deepEqual(await under("/nobody/"), []);
    assert.deepEqual(await under("/./"), ["X-A: 1", "X-A: 2", "X-A: 4"]);
  });

  it("makes the filter declare what its rules need", async () => {
    assert.deepEqual((await makeFilter([["rules", file("remove X-A")]])).changes, ["deleteHeader"]);
    assert.deepEqual((await makeFilter([["rules", file("# nothing yet\n")]])).changes, []);
  });

  const wrong: [text: string, message: RegExp][] = [
    ["add X-A: 1\n\nad X-B: 1", /--rules "f:3": there is no word "ad"; did you mean "add"\?/],
    ["if-sendr /a/\nadd X: 1", /--rules "f:1": there is no word "if-sendr"; did you mean "if-sender"\?/],
    ["--remove X", /--rules "f:1": there is no word "--remove"; did you mean "remove"\?/],
    ["rules other", /--rules "f:1": a rules file cannot name another one/],
    ["remove", /--rules "f:1": remove wants NAME/],
    ["add X: 1\nalways x", /--rules "f:2": always takes no value/],
    ["# c\nadd X", /--rules "f:2": add "X": want "Name: value"/],
    ["if-client 300.0.0.1\nadd X: 1", /--rules "f:1": if-client "300.0.0.1": want a network/],
    ["if-sender /(/\nadd X: 1", /--rules "f:1": if-sender "\/\(\/": there is no \) for this \(/],
    ["add X: 1\nif-sender /a/\n# end\n", /--rules "f:2": no rule follows this condition/],
    ["if-sender /a/\nalways\nadd X: 1", /--rules "f:1": no rule follows this condition/],
  ];
  for (const [text, message] of wrong) {
    it(`names file and line of ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseRules(text, "f"), (error) => {
        assert.ok(error instanceof OptionError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
