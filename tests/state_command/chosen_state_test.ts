// Which state the options of a command name, and what is said where they name none that can be opened.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { limitsCommand } from "../../cli/commands/limits/command.ts";
import { stateCommand } from "../../cli/commands/state/command.ts";
import { COMMAND_STATE_OPTIONS, openStateOfCommand } from "../../cli/service/state/command_state.ts";
import type { OpenState } from "../../cli/service/state/open_state.ts";
import { OptionValues } from "../../lib/options/options.ts";
import { SqliteStore } from "../../lib/store/sqlite/sqlite_store.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-state-"));
after(() => rmSync(folder, { recursive: true }));

const FILTER = 'listen = "inet:0@127.0.0.1"\n[[filter]]\nname = "size-limit"\nmax = "1MB"\n';
writeFileSync(join(folder, "plain.toml"), FILTER);
writeFileSync(join(folder, "memory.toml"), `state = "memory"\n${FILTER}`);
writeFileSync(join(folder, "file.toml"), `state = "${folder}/state.db"\n${FILTER}`);
writeFileSync(join(folder, "wrong.toml"), `stat = "${folder}/state.db"\n${FILTER}`);
writeFileSync(join(folder, "text.txt"), "a text that is long enough to be one");
await SqliteStore.open(join(folder, "state.db")).close();

function open(...words: readonly (readonly [name: string, value: string])[]): Promise<OpenState> {
  const given = words.map(([name, value]) => [name, value.replace("DIR", folder)] as const);
  return openStateOfCommand("milterkit state info", new OptionValues(COMMAND_STATE_OPTIONS, given));
}

it("all commands that open the state have the same options for it", () => {
  const actions = [...stateCommand.actions ?? [], ...limitsCommand.actions ?? []];
  assert.deepEqual(actions.map(({ name }) => name), ["info", "export", "show", "reset"]);
  for (const { options } of actions) {
    for (const option of COMMAND_STATE_OPTIONS) {
      assert.deepEqual(options.filter(({ name }) => name === option.name), [option]);
    }
  }
});

describe("a command opens", () => {
  it("the file that --state names, or the configuration", async () => {
    for (
      const option of [["state", "DIR/state.db"], ["state", "file:DIR/state.db"], [
        "config",
        "DIR/file.toml",
      ]] as const
    ) {
      const { backend, by, address } = await open(option);
      assert.deepEqual([by, address], ["file", join(folder, "state.db")]);
      await backend.close();
    }
  });

  const rows: readonly (readonly [says: RegExp, ...options: readonly (readonly [string, string])[]])[] = [
    [/^milterkit state info: Missing --state: want its address, or --config with a file that names it$/],
    [
      /^milterkit state info: Invalid --config ".*": --state names the state; leave one of them out$/,
      ["state", "DIR/state.db"],
      ["config", "DIR/file.toml"],
    ],
    [
      /^milterkit state info: Invalid --config ".*": it has no state; give --state, such as \/var\/lib\/milterkit\/state\.db$/,
      [
        "config",
        "DIR/plain.toml",
      ],
    ],
    [/^milterkit state info: Invalid --config ".*": .*wrong\.toml:1:1: .* did you mean "state"\?$/, [
      "config",
      "DIR/wrong.toml",
    ]],
    [/none\.toml:1:1: cannot be read: there is no such file$/, ["config", "DIR/none.toml"]],
    [
      /in the memory of the service, which no other program can read; keep it in a file, or in Valkey or Redis$/,
      ["config", "DIR/memory.toml"],
    ],
    [
      /in the memory of the service, which no other program can read; keep it in a file, or in Valkey or Redis$/,
      ["state", "memory"],
    ],
    [/Invalid --state "state\.db": did you mean \.\/state\.db\?$/, ["state", "state.db"]],
    [/none\.db: there is no such file$/, ["state", "DIR/none.db"]],
    [/text\.txt: it contains something else; choose another path$/, ["state", "DIR/text.txt"]],
    [/redis:\/\/127\.0\.0\.1:1 is unavailable: nobody listens there$/, ["state", "redis://127.0.0.1:1"]],
  ];
  for (const [says, ...options] of rows) {
    it(`nothing with ${options.map(([name, value]) => `--${name} ${value}`).join(" ") || "no option"}`, async () => {
      await assert.rejects(open(...options), (error: Error) => {
        assert.match(error.message, says);
        return true;
      });
    });
  }
});
