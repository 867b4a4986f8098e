// A configuration as its author wrote it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { writtenConfig } from "../../cli/config/written.ts";

describe("a configuration as it is written", () => {
  it("keeps comments, order and names of lists", () => {
    const text =
      '# ours\nlisten = "inet:8895@localhost"   # the MX\n\n[lists]\ninternal = ["10.0.0.0/8"]\n\n' +
      '[[filter]]\nname = "size-limit"\nonly-client = "@internal"\nmax = "25MB"\n';
    assert.equal(writtenConfig({ "m.toml": text }), text);
  });

  it("hides passwords, also in comments and of a listener", () => {
    const cases: [string, string][] = [
      ['state = "redis://:hunter2@localhost"', 'state = "redis://:***@localhost"'],
      ["state = 'rediss://joe:hun:t@er2@v.example/1' # new", 'state = "rediss://joe:***@v.example/1" # new'],
      ['state = """redis://:hunter2@localhost"""', 'state = "redis://:***@localhost"'],
      ['state = "redis://:hun\\u0074er2@localhost"', 'state = "redis://:***@localhost"'],
      ['"state" = "redis://:hunter2@localhost"', '"state" = "redis://:***@localhost"'],
      ["# state = redis://joe:hunter2@localhost", "# state = redis://joe:***@localhost"],
      ['mta = "postfix" # was rediss://:hunter2@h', 'mta = "postfix" # was rediss://:***@h'],
    ];
    for (const [written, shown] of cases) {
      assert.equal(writtenConfig({ "m.toml": `${written}\n` }), `${shown}\n`);
    }
  });

  it("begins each of several files with its path", () => {
    const texts = {
      "m.toml": '\uFEFFinclude = ["conf.d/*.toml"]',
      "conf.d/a.toml": "",
      "conf.d/b.toml": "# b\n",
    };
    assert.equal(
      writtenConfig(texts),
      '# File m.toml\ninclude = ["conf.d/*.toml"]\n\n# File conf.d/a.toml\n\n# File conf.d/b.toml\n# b\n',
    );
  });
});
