// A configuration as it is in force, and one to begin with.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type Configuration, readConfiguration } from "../../cli/config/configuration.ts";
import { effectiveConfig } from "../../cli/config/effective.ts";
import { exampleConfig } from "../../cli/config/example.ts";
import { registry } from "../../filters/registry.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import { at } from "../support/present.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-config-"));
after(() => rmSync(folder, { recursive: true }));

function read(text: string, name = "m.toml"): Promise<Configuration> {
  const path = join(folder, name);
  writeFileSync(path, text);
  return readConfiguration(path);
}

const given = ({ listeners }: Configuration) =>
  listeners.map(({ options, filters }) => ({
    listen: options.all("string", "listen"),
    mta: options.get("enum", "mta"),
    filters: filters.map(({ definition, values }) => [
      definition.name,
      ...values.given.map(({ name, text }) => text === "" ? name : `${name} ${text}`),
    ]),
  }));

const TEXT = String.raw`
listen = ["inet:8891@localhost", "unix:/tmp/x.sock"]
mta = "sendmail"
workers = "auto"
[[filter]]
name = "header-rewrite"
add = ["X-A: 1", "X-B: 2"]
[[filter.options]]
if-sender = '/@example\.com$/i'
add = "X-C: \"3\""
[[filter.options]]
always = true
remove = "X-Spam*"
[[listener]]
listen = "inet:8892@localhost"
mta = "postfix"
[[listener.filter]]
name = "size-limit"
max = 1000
dry-run = true
[[listener.filter]]
name = "dkim-check"
dry-run = false
`;

describe("a configuration", () => {
  it("is read with options in their order, and what a listener lacks from above", async () => {
    const configuration = await read(TEXT);
    assert.equal(configuration.options.get("string", "workers"), "auto");
    assert.deepEqual(given(configuration), [
      {
        listen: ["inet:8891@localhost", "unix:/tmp/x.sock"],
        mta: "sendmail",
        filters: [[
          ...["header-rewrite", "add X-A: 1", "add X-B: 2"],
          ...["if-sender /@example\\.com$/i", 'add X-C: "3"', "always", "remove X-Spam*"],
        ]],
      },
      {
        listen: ["inet:8892@localhost"],
        mta: "postfix",
        filters: [["size-limit", "max 1000", "dry-run"], ["dkim-check"]],
      },
    ]);
  });

  it("printed as it is in force says the same, and so does that again", async () => {
    const configuration = await read(TEXT);
    const printed = effectiveConfig(configuration);
    assert.match(printed, /^# callback-timeout = "8s"$/m);
    const again = await read(printed, "again.toml");
    assert.deepEqual(given(again), given(configuration));
    assert.equal(effectiveConfig(again), printed);
  });

  it("printed as it is in force hides the password of the state", async () => {
    const text = (state: string) => `state = ${JSON.stringify(state)}\n${TEXT}`;
    for (
      const [state, shown] of [
        ["redis://:hunter2@localhost", "redis://:***@localhost"],
        [
          "rediss://joe:hun:t@er2@valkey.example:6380/1?ca=/a@b",
          "rediss://joe:***@valkey.example:6380/1?ca=/a@b",
        ],
        ["redis+unix://:hunter2@/run/valkey.sock", "redis+unix://:***@/run/valkey.sock"],
        ["VALKEY://joe:hunter2@localhost", "VALKEY://joe:***@localhost"],
        ["redis://joe@localhost:6379?password-file=/a@b", "redis://joe@localhost:6379?password-file=/a@b"],
        ["/var/lib/a:b@c.db", "/var/lib/a:b@c.db"],
      ] as const
    ) {
      const printed = effectiveConfig(await read(text(state)));
      assert.ok(printed.split("\n").includes(`state = ${JSON.stringify(shown)}`), printed);
      assert.doesNotMatch(printed, /hun/);
      assert.equal(effectiveConfig(await read(printed, "again.toml")), printed);
    }
  });

  it("finds files beside itself, and those of what it includes beside that", async () => {
    writeFileSync(join(folder, "rules"), "add X-R: 1\n");
    writeFileSync(join(folder, "own.ts"), 'export default { name: "own", mail() {} };\n');
    const configuration = await read(
      'listen = "inet:0@localhost"\n[[filter]]\nname = "header-rewrite"\nrules = "rules"\n[[filter]]\nname = "./own.ts"\n',
    );
    assert.deepEqual(at(configuration.listeners, 0).filters.map(({ filter }) => filter.name), [
      "header-rewrite",
      "own",
    ]);
    const files = at(configuration.listeners, 0).filters.flatMap(({ files }) => files);
    assert.deepEqual(files, [join(folder, "rules"), join(folder, "own.ts")]);
  });
});

describe("the example", () => {
  const example = exampleConfig();

  it("can be used as it is", async () => {
    const { listeners } = await read(example);
    assert.deepEqual(listeners.map(({ filters }) => filters.map(({ definition }) => definition.name)), [[
      "size-limit",
    ]]);
  });

  it("names every filter and option", () => {
    for (const { name, options } of registry) {
      assert.ok(example.includes(`name = "${name}"`), name);
      for (const option of optionSpecs(options)) {
        const line = option.beginsGroup ? `^# \\[\\[filter\\.${option.name}\\]\\]$` : `^# ${option.name} = `;
        assert.match(example, new RegExp(line, "m"), option.name);
      }
    }
    assert.doesNotMatch(example, /^# config = /m);
  });

  it("has lines that are right once they are switched on", async () => {
    const switched = example.split("\n").filter((line) =>
      /^# (?:workers|log-level|mta|stop-timeout|spool-total) = /.test(line)
    )
      .map((line) => line.slice(2));
    assert.equal(switched.length, 5);
    await read(switched.join("\n") + "\n" + example);
  });

  it("fits a screen", () => {
    for (const line of example.split("\n")) assert.ok(line.length <= 110, line);
  });
});
