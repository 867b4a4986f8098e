// Everything that can be wrong with a configuration file: what its author sees, all of it at once.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { readConfiguration } from "../../cli/config/configuration.ts";
import { ConfigError } from "../../cli/config/problem.ts";
import { registry } from "../../filters/registry.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-config-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** What is said of a file, without the folder. */
async function problemsOf(text: string): Promise<string[]> {
  const path = write("m.toml", text);
  try {
    await readConfiguration(path);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.code, "invalid-config");
    return error.message.replaceAll(`${folder}/`, "").split("\n");
  }
}

const FILTERS = registry.map(({ name }) => name).join(", ");
const LISTEN = 'listen = "inet:8825@localhost"\n';
const FILTER = '[[filter]]\nname = "size-limit"\nmax = "1MB"\n';

const cases: [what: string, text: string, says: string[]][] = [
  ["nothing at all", "", ["m.toml:1:1: there is nothing to serve: want listen and a [[filter]]"]],
  ["a key without a value", `listen = # later\n${FILTER}`, ["m.toml:1:8: there is no value"]],
  ["a text without quotes", `listen = inet:8825@localhost\n${FILTER}`, [
    'm.toml:1:10: unexpected character; text needs quotes, such as listen = "inet:8825@localhost"',
  ]],
  ["no TOML", "= 1\n", ["m.toml:1:1: unexpected token"]],
  [
    "values that cannot be used",
    `${LISTEN}workers = "many"\nmetrics = "abc"\nsocket-mode = "9"\n` +
    `socket-group = "no-such-group"\nspool-folder = "/nonexistent"\n${FILTER}`,
    [
      'm.toml:2:11: invalid workers "many": want a number from 1 to 256, or auto',
      'm.toml:3:11: invalid metrics "abc": want PORT, HOST:PORT, [IPV6]:PORT or unix:/path',
      'm.toml:4:15: invalid socket-mode "9": want three octal digits, such as 660',
      'm.toml:5:16: there is no group "no-such-group" on this machine',
      "m.toml:6:16: cannot use spool-folder /nonexistent: there is no such folder",
    ],
  ],
  [
    "a milter that is the file's own listener",
    `${LISTEN}[[filter]]\nname = "milter"\naddress = "inet:8825@127.0.0.1"\n`,
    [
      "m.toml:4:11: address inet:8825@127.0.0.1 leads back to this service, which listens on inet:8825@localhost: each " +
      "message would loop endlessly. Set it to the address of the milter itself, which is none of listen",
    ],
  ],
  [
    "milters that are each other's listeners, and one that asks both",
    [[8825, 8892], [8892, 8825], [8893, 8825]].map(([from, to]) =>
      `[[listener]]\nlisten = "inet:${from}@localhost"\n[[listener.filter]]\nname = "milter"\n` +
      `address = "inet:${to}@localhost"\nnot-client = "10.0.0.0/8"\n`
    ).join(""),
    [[5, 8892], [11, 8825]].map(([line, port]) =>
      `m.toml:${line}:11: address inet:${port}@localhost leads to inet:${port}@localhost of this service, and from there ` +
      "a milter leads back: each message would loop endlessly. Set it to the address of the milter itself, " +
      "which is none of listen"
    ),
  ],
  [
    "a condition on a listener that there is not",
    `${LISTEN}${FILTER}only-listener = "inet:8825@127.0.0.1"\n`,
    [
      'm.toml:5:17: invalid only-listener "inet:8825@127.0.0.1": this filter is not served there, but at inet:8825@localhost',
    ],
  ],
  ["a condition that is none", `${LISTEN}${FILTER}dry-run = true\nshare = "half"\n`, [
    'm.toml:6:9: invalid share "half": want a share from 0% to 100%, such as 10%',
  ]],
  ["a text without an end", 'listen = "inet:1@localhost\n', [
    "m.toml:1:27: unterminated string constant",
  ]],
  ["a key twice", `${LISTEN}${LISTEN}${FILTER}`, ["m.toml:2:1: defining a key multiple times is invalid"]],
  ["a wrong key", `lisen = "x"\n${LISTEN}${FILTER}`, [
    'm.toml:1:1: there is no "lisen"; did you mean "listen"?',
  ]],
  ["a key with dots", `log.level = "info"\n${LISTEN}${FILTER}`, [
    "m.toml:1:1: want a plain key, without dots, got log.level",
  ]],
  ["a wrong choice", `log-level = "loud"\n${LISTEN}${FILTER}`, [
    'm.toml:1:13: invalid log-level "loud": want one of debug, info, warning, error',
  ]],
  ["a wrong time", `stop-timeout = "soon"\n${LISTEN}${FILTER}`, [
    'm.toml:1:16: invalid stop-timeout "soon": want a time, such as 8s, 500ms, 2m or 1d',
  ]],
  ["a value out of bounds", `callback-timeout = "1h"\n${LISTEN}${FILTER}`, [
    'm.toml:1:20: invalid callback-timeout "1h": it must be at most 10m',
  ]],
  ["a list for one value", `workers = [1, 2]\n${LISTEN}${FILTER}`, [
    "m.toml:1:1: workers takes one value, not a list",
  ]],
  ["a date for text", `socket-group = 2026-01-01\n${LISTEN}${FILTER}`, [
    "m.toml:1:16: socket-group takes text",
  ]],
  ["text for a switch", `watch = "yes"\n${LISTEN}${FILTER}`, ["m.toml:1:9: watch is true or false"]],
  ["a wrong address", `listen = ["inet:8825@localhost", "localhost"]\n${FILTER}`, [
    'm.toml:1:34: invalid listen "localhost": want unix:/path, inet:port@host, inet6:port@host, fd:N or fd:NAME',
  ]],
  ["no address", FILTER, [
    'm.toml:1:1: these filters have no listen: add it, for example listen = "inet:8825@localhost"',
  ]],
  ["a list of no addresses", `listen = []\n${FILTER}`, [
    'm.toml:2:1: these filters have no listen: add it, for example listen = "inet:8825@localhost"',
  ]],
  [
    "a listener with a list of no addresses",
    `${LISTEN}${FILTER}[[listener]]\nlisten = []\n[[listener.filter]]\nname = "size-limit"\nmax = "1B"\n`,
    ['m.toml:5:1: this listener has no listen: add it, for example listen = "inet:8825@localhost"'],
  ],
  ["no filter", LISTEN, ["m.toml:1:1: there is no [[filter]] to serve at this address"]],
  ["a filter without a name", `${LISTEN}[[filter]]\nmax = "1MB"\n`, [
    'm.toml:2:1: this filter has no name: add it, for example name = "size-limit"',
  ]],
  ["a filter that there is not", `${LISTEN}[[filter]]\nname = "size-limt"\n`, [
    `m.toml:3:8: there is no filter size-limt; did you mean size-limit? (There are ${FILTERS}; ` +
    "name a file with its extension, or as ./size-limt.)",
  ]],
  ["a wrong option of a filter", `${LISTEN}[[filter]]\nname = "size-limit"\nmx = "1MB"\n`, [
    'm.toml:4:1: there is no "mx"; did you mean "max"?',
  ]],
  ["a wrong value of a filter", `${LISTEN}[[filter]]\nname = "size-limit"\nmax = "25 apples"\n`, [
    'm.toml:4:7: invalid max "25 apples": want a size, such as 25MB, 64KiB or 1000',
  ]],
  ["options that do not go together", `${LISTEN}[[filter]]\nname = "size-limit"\n`, [
    "m.toml:2:1: missing max: give at least one of max, max-header-bytes, max-headers, max-recipients",
  ]],
  ["a file of a filter that is not there", `${LISTEN}[[filter]]\nname = "./nosuch.ts"\n`, [
    "m.toml:3:8: cannot load nosuch.ts: there is no such file",
  ]],
  ["a wrong table", `${LISTEN}${FILTER}[[filtr]]\nname = "x"\n`, [
    'm.toml:5:1: there is no table "filtr" here; did you mean "filter"?',
  ]],
  [
    "a general option in a listener",
    `[[listener]]\n${LISTEN}workers = 2\n[[listener.filter]]\nname = "size-limit"\nmax = "1B"\n`,
    [
      "m.toml:3:1: workers holds for all listeners; put it before the first [[listener]]",
    ],
  ],
  ["a listener without anything", "[[listener]]\n", [
    'm.toml:1:1: this listener has no listen: add it, for example listen = "inet:8825@localhost"',
    "m.toml:1:1: this listener has no [[listener.filter]]",
  ]],
  [
    "one address in two listeners",
    `${LISTEN}${FILTER}[[listener]]\n${LISTEN}[[listener.filter]]\nname = "size-limit"\nmax = "1B"\n`,
    [
      "m.toml:6:10: inet:8825@localhost is already in use by another listen",
    ],
  ],
  ["an include that is not there", `include = "more.toml"\n${LISTEN}${FILTER}`, [
    "more.toml:1:1: cannot be read: there is no such file",
  ]],
  ["a file that includes itself", `include = "m.toml"\n${LISTEN}${FILTER}`, [
    "m.toml:1:11: m.toml includes itself",
  ]],
  ["everything at once", 'lisen = 1\nlog-level = "loud"\n[[filter]]\nname = "dkim"\n[[filtr]]\n', [
    'm.toml:1:1: there is no "lisen"; did you mean "listen"?',
    'm.toml:2:13: invalid log-level "loud": want one of debug, info, warning, error',
    'm.toml:3:1: these filters have no listen: add it, for example listen = "inet:8825@localhost"',
    `m.toml:4:8: there is no filter dkim; did you mean dkim-sign? (There are ${FILTERS}; ` +
    "name a file with its extension, or as ./dkim.)",
    'm.toml:5:1: there is no table "filtr" here; did you mean "filter"?',
  ]],
];

describe("what is said of a configuration with", () => {
  for (const [what, text, says] of cases) {
    it(what, async () => assert.deepEqual(await problemsOf(text), says));
  }

  it("a mark of Windows in front: nothing", async () => {
    assert.deepEqual(await problemsOf(`\uFEFF${LISTEN}${FILTER}`), []);
  });

  it("mistakes in a file that is included", async () => {
    write("conf.d/2.toml", '[[filter]]\nname = "size-limit"\nmx = 1\n');
    write("conf.d/1.toml", "log-levl = 1\n");
    write("conf.d/.hidden.toml", "junk");
    assert.deepEqual(await problemsOf(`include = ["conf.d/*.toml"]\n${LISTEN}`), [
      'conf.d/1.toml:1:1: there is no "log-levl"; did you mean "log-level"?',
      'conf.d/2.toml:3:1: there is no "mx"; did you mean "max"?',
    ]);
  });
});
