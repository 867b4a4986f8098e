// Options that come in groups: on a command line, in a file, and as a program gives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { effectiveConfig } from "../../cli/config/effective.ts";
import { readConfiguration } from "../../cli/config/configuration.ts";
import { ConfigError } from "../../cli/config/problem.ts";
import { readCommand, readSetup } from "../../cli/config/serve_setup.ts";
import { UsageError } from "../../cli/terminal/arguments.ts";
import { defineFilter } from "../../lib/filter/definition.ts";
import { InvalidFilterError } from "../../lib/filter/validate.ts";
import { make } from "../../lib/kit/make.ts";
import type { OptionValues } from "../../lib/options/options.ts";
import { at } from "../support/present.ts";

type Group = readonly [option: string, name: string, given: string];

function groupsOf({ groups }: OptionValues): Group[] {
  return groups.map(({ option, name, values }) => [
    option,
    name,
    values.given.map(({ name, text }) => `${name} ${text}`).join(", "),
  ]);
}

/** The groups of the one filter of a command line, or what is said of it. */
async function ofFlags(...args: string[]): Promise<Group[] | string> {
  try {
    const command = readCommand(["--listen", "inet:8891@localhost", "--filter", "rules", ...args]);
    const { listeners } = await readSetup(command, () => {});
    return groupsOf(at(at(listeners, 0).filters, 0).values);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message.replace("milterkit serve ", "");
  }
}

/** The same of a file, with what stands behind `name = "rules"`. */
async function ofFile(lines: string): Promise<Group[] | string> {
  return await inFile(lines, async (path) => {
    const { listeners } = await readConfiguration(path);
    return groupsOf(at(at(listeners, 0).filters, 0).values);
  });
}

async function inFile<T>(lines: string, use: (path: string) => Promise<T>): Promise<T | string> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-groups-"));
  const path = join(folder, "m.toml");
  writeFileSync(path, `listen = "inet:8891@localhost"\n[[filter]]\nname = "rules"\n${lines}\n`);
  try {
    return await use(path);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.replaceAll(`${folder}/`, "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("options in groups", () => {
  const GROUPS: Group[] = [
    ["rule", "a", "not-tls , reject No"],
    ["rule", "b", "only-sender a.example, only-sender b.example, only-tls , log seen, accept "],
  ];

  it("belong to the option before them that begins a group", async () => {
    const flags = ["--rule", "a", "--not-tls", "--reject", "No", "--rule=b", "--only-sender", "a.example"];
    const more = ["--only-sender", "b.example", "--only-tls", "--log", "seen", "--accept"];
    assert.deepEqual(await ofFlags("--match", "all", ...flags, ...more), GROUPS);
  });

  it("are tables of their own in a file, or tables in a list", async () => {
    const tables = `match = "all"
      [[filter.rule]]
      not-tls = true
      name = "a"
      reject = "No"
      [[filter.rule]]
      name = "b"
      only-sender = ["a.example", "b.example"]
      only-tls = true
      log = "seen"
      accept = true`;
    assert.deepEqual(await ofFile(tables), GROUPS);
    const list = `rule = [{ name = "a", not-tls = true, reject = "No" }, { name = "b",
      only-sender = ["a.example", "b.example"], only-tls = true, log = "seen", accept = true }]`;
    assert.deepEqual(await ofFile(list), GROUPS);
  });

  it("are printed so that they can be read again", async () => {
    const printed = await inFile(
      'match = "all"\nonly-tls = true\nrule = [{ name = "a", only-sender = ["a.example", "b.example"], reject = "No" }]',
      async (path) => effectiveConfig(await readConfiguration(path)),
    );
    assert.match(
      printed,
      /match = "all"\nonly-tls = true\n\[\[listener.filter.rule\]\]\nname = "a"\nonly-sender = \["a.example", "b.example"\]\nreject = "No"\n$/,
    );
  });

  it("are told of with the group that they stand in", async () => {
    const cases: [string[], string][] = [
      [
        ["--reject", "No"],
        '--filter rules: Invalid --reject "No": it belongs to a --rule; put it after one',
      ],
      [
        ["--rule", "a", "--accept", "--match", "all"],
        '--filter rules --rule a: Invalid --match "all": it belongs to the whole filter; put it before the first --rule',
      ],
      [
        ["--rule", "a", "--accept", "--rule", "b", "--tempfail", "A", "--tempfail", "B"],
        '--filter rules --rule b: Invalid --tempfail "B": it can be given only once',
      ],
      [
        ["--rule", "a", "--reject", "450 No"],
        '--filter rules --rule a: Invalid --reject "450 No": want a code of 500 to 599, got 450; 450 is for --tempfail',
      ],
      [
        ["--rule", "a", "--only-listener", "inet:8892@localhost", "--accept"],
        '--filter rules: Invalid --only-listener "inet:8892@localhost": it is not a --listen address; those are inet:8891@localhost',
      ],
      [["--rule", "", "--accept"], '--filter rules: --rule: "": it is empty'],
    ];
    for (const [args, said] of cases) {
      const found = String(await ofFlags(...args));
      assert.equal(found.replace(/Invalid --rule/, "--rule:"), said);
    }
  });

  it("are told of with their place in a file", async () => {
    const cases: [string, string][] = [
      [
        'reject = "No"\n[[filter.rule]]\nname = "a"\naccept = true',
        "4:1: reject belongs to a rule: put it below [[filter.rule]]",
      ],
      [
        '[[filter.rule]]\nname = "a"\naccept = true\nmatch = "all"',
        "7:1: match belongs to the whole filter: put it above the first [[filter.rule]]",
      ],
      ["[[filter.rule]]\naccept = true", '4:1: this rule has no name: add it, for example name = "my-rule"'],
      ['rule = "a"', "4:1: rule is a table: write [[filter.rule]], and its keys below"],
      ['[[filter.rules]]\nname = "a"', '4:1: there is no table "rules" here; did you mean "rule"?'],
      [
        '[[filter.rule]]\nname = "a"\nonly-tsl = true',
        '6:1: there is no "only-tsl"; did you mean "only-tls"?',
      ],
      [
        '[[filter.rule]]\nname = "a"\n[[filter.rule.rule]]\nname = "b"',
        "6:1: a rule has keys only, no tables",
      ],
      [
        // The same value stands in both rules.
        '[[filter.rule]]\nname = "a"\nonly-tls = true\nreject = "450 No"\n[[filter.rule]]\nname = "b"\nreject = "450 No"',
        '7:10: invalid reject "450 No": want a code of 500 to 599, got 450; 450 is for tempfail',
      ],
      [
        '[[filter.rule]]\nname = "a"\naccept = true\n[[filter.rule]]\nname = "b"\naccept = true',
        '8:8: invalid rule "b": it can never act, since the rule a before it is for all mail; put it before that',
      ],
    ];
    for (const [lines, said] of cases) {
      const found = String(await ofFile(lines)).split("\n");
      assert.ok(found.includes(`m.toml:${said}`), `${found.join("\n")}\nand not\n${said}`);
    }
  });
});

describe("a filter of one's own with options in groups", () => {
  const aliases = defineFilter({
    name: "aliases",
    options: {
      strict: { kind: "flag", description: "S" },
      alias: { kind: "string", repeatable: true, beginsGroup: true, description: "A" },
      to: { kind: "recipient", inGroup: "only", description: "T" },
    },
    create: ({ alias, strict }, kit) => {
      const all = kit.options.groups.map(({ name, values }) => `${name} ${values.text("to")}`);
      return { name: `${alias.join("+")} ${strict}: ${all.join(", ")}` };
    },
  });

  it("gets them, as a program gives them", async () => {
    await using filter = await make(aliases, {
      alias: [{ name: "a", to: "x@a.example" }, { name: "b", to: "b.example" }],
    });
    assert.equal(filter.name, "a+b false: a x@a.example, b b.example");
    await assert.rejects(
      make(aliases, { alias: [{ name: "a", from: "b" }] }),
      /no such option; there are to/,
    );
  });

  it("is told what is wrong with their declaration", async () => {
    const wrong: [object, RegExp][] = [
      [
        { to: { kind: "string", inGroup: "only", description: "T" } },
        /"to": it is for groups, and no option begins one/,
      ],
      [
        { a: { kind: "string", beginsGroup: true, description: "A" } },
        /"a": what begins groups must be of kind string, repea/,
      ],
      [
        {
          a: { kind: "string", beginsGroup: true, repeatable: true, description: "A" },
          b: { kind: "string", beginsGroup: true, repeatable: true, description: "A" },
        },
        /"b": "a" begins groups already/,
      ],
      [
        {
          a: { kind: "string", beginsGroup: true, repeatable: true, description: "A" },
          b: { kind: "string", inGroup: "only", required: true, description: "A" },
        },
        /"b": an option of groups cannot be required/,
      ],
    ];
    for (const [options, says] of wrong) {
      const made = make({ name: "x", options, create: () => ({}) } as object as Parameters<typeof make>[0]);
      await assert.rejects(made, (error) => error instanceof InvalidFilterError && says.test(error.message));
    }
  });
});
