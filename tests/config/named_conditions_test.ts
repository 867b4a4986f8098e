// Conditions and lists of a configuration file: which messages a filter gets, and what is said of mistakes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readConfiguration } from "../../cli/config/configuration.ts";
import { effectiveConfig } from "../../cli/config/effective.ts";
import { disposeFilters } from "../../cli/config/filter_arguments.ts";
import { ConfigError } from "../../cli/config/problem.ts";
import { registry } from "../../filters/registry.ts";
import { latin1Bytes } from "../../lib/message/text.ts";
import { deliver } from "../../lib/testing.ts";
import { KeysFolder, pemOf } from "../dkim_sign/key_files.ts";

interface Mail {
  readonly client?: string;
  readonly macros?: Readonly<Record<string, string>>;
  readonly sender?: string;
  readonly args?: readonly string[];
  readonly recipients?: readonly string[];
  readonly header?: readonly (readonly [string, string])[];
}

/** A file with a filter that marks messages, and what else it has. */
function fileWith(filter: string, rest = ""): string {
  return `listen = "inet:8891@localhost"\n${rest}\n[[filter]]\nname = "header-rewrite"\nadd = "X-Marked: yes"\n${filter}\n`;
}

async function withFile<T>(
  text: string,
  use: (path: string) => Promise<T>,
  more: Record<string, string> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "conditions-"));
  try {
    for (const [name, content] of Object.entries(more)) writeFileSync(join(folder, name), content);
    const path = join(folder, "m.toml");
    writeFileSync(path, text);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether the filter of a file gets each of these messages. */
async function marked(
  text: string,
  mails: readonly Mail[],
  more: Record<string, string> = {},
): Promise<boolean[]> {
  return await withFile(text, async (path) => {
    const { listeners } = await readConfiguration(path);
    const filters = listeners.flatMap((listener) => listener.filters);
    const found: boolean[] = [];
    for (const { client = "192.0.2.1", macros = {}, sender, recipients, header = [], args = [] } of mails) {
      const delivered = await deliver(filters.map(({ filter }) => filter), {
        client: { address: client, hostname: "client.example" },
        helo: "helo.example",
        from: sender ?? "from@example.org",
        ...(args.length > 0 ? { fromArgs: [...args] } : {}),
        to: [...recipients ?? ["to@example.net"]],
        macros,
        header: header.map(([name, value]) => [name, latin1Bytes(value)] as const),
      });
      found.push(delivered.fields.some(({ name }) => name === "X-Marked"));
    }
    await disposeFilters(filters);
    return found;
  }, more);
}

const from = (value: string): Mail => ({ header: [["From", value]] });

describe("a filter is for mail", () => {
  it("of authors in a domain; in doubt, too", async () => {
    const mails = [
      from("a@bank.example"),
      from("a@other.example"),
      from("a@bank.example, b@other.example"),
      from('"x@bank.example" y@other.example"'),
      from("undisclosed"),
      {},
    ];
    assert.deepEqual(await marked(fileWith('only-from = "bank.example"'), mails), [
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
    assert.deepEqual(await marked(fileWith('not-from = "bank.example"'), mails), [
      false,
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  it("with a subject, decoded", async () => {
    const mails = ["Lottery", "=?utf-8?B?TG90dGVyeQ==?=", "Hello"].map((text): Mail => ({
      header: [["Subject", text]],
    }));
    assert.deepEqual(await marked(fileWith('only-subject = "/^lottery$/i"'), mails), [true, true, false]);
    assert.deepEqual(await marked(fileWith('not-subject = "/^lottery$/i"'), mails), [false, false, true]);
  });

  it("with a field, or with one that matches", async () => {
    const mails: Mail[] = [
      { header: [["X-Spam", "no"], ["X-Spam", "YES"]] },
      { header: [["X-Spam", "no"]] },
      {},
    ];
    assert.deepEqual(await marked(fileWith('only-header = "X-Spam"'), mails), [true, true, false]);
    assert.deepEqual(await marked(fileWith('only-header = "x-spam /^yes/i"'), mails), [true, false, false]);
    assert.deepEqual(await marked(fileWith('not-header = "X-Spam /^yes/i"'), mails), [false, true, true]);
  });

  it("of logins, over TLS, with macros", async () => {
    const mails = [{ auth_authen: "alice", tls_version: "TLSv1.3" }, { auth_authen: "bob" }, {}].map((
      macros,
    ) => ({ macros }));
    const rows: readonly (readonly [string, boolean[]])[] = [
      ['only-login = "alice"', [true, false, false]],
      ['only-login = ["/^b/", "carol"]', [false, true, false]],
      ['not-login = "alice"', [false, true, true]],
      ["only-tls = true", [true, false, false]],
      ["not-tls = true", [false, true, true]],
      ['only-macro = "tls_version=TLSv1.3"', [true, false, false]],
      ['not-macro = "{auth_authen}"', [false, false, true]],
    ];
    for (const [filter, wanted] of rows) {
      assert.deepEqual(await marked(fileWith(filter), mails), wanted, filter);
    }
  });

  it("of an announced size, or of none", async () => {
    const mails: Mail[] = [{ args: ["SIZE=500"] }, { args: ["SIZE=5000000"] }, {}];
    assert.deepEqual(await marked(fileWith('only-larger = "1MB"'), mails), [false, true, true]);
    assert.deepEqual(await marked(fileWith('only-smaller = "1MB"'), mails), [true, false, true]);
  });

  it("that meets a named condition, or does not", async () => {
    const rest = `[lists]
internal = { file = "internal.txt" }
[conditions.partner]
only-from = ["partner.example"]
any-of = [{ only-client = "@internal" }, { only-tls = true, only-recipient = "ours.example" }]
[conditions.foreign]
unless = "partner"`;
    const header = [["From", "a@partner.example"]] as const;
    const mails: Mail[] = [
      { client: "10.1.2.3", header },
      { client: "10.1.2.3" },
      { header, recipients: ["x@ours.example"], macros: { tls_version: "TLSv1.3" } },
      { header, recipients: ["x@ours.example"] },
      { header, macros: { tls_version: "TLSv1.3" } },
    ];
    const more = { "internal.txt": "# us\n10.0.0.0/8\n" };
    const wanted = [true, false, true, false, false];
    assert.deepEqual(await marked(fileWith('if = "partner"', rest), mails, more), wanted);
    assert.deepEqual(
      await marked(fileWith('unless = "partner"', rest), mails, more),
      wanted.map((is) => !is),
    );
    assert.deepEqual(await marked(fileWith('if = "foreign"', rest), mails, more), wanted.map((is) => !is));
  });
});

describe("every filter", () => {
  /** What a filter needs. */
  const NEEDED: Readonly<Record<string, string>> = {
    attachments: "executable = true",
    clamd: 'server = "inet:3310@127.0.0.1"',
    "dkim-sign": 'key = "example.org:a:KEY"',
    footer: 'text = "Example Ltd, Leeds"',
    "header-rewrite": 'remove = "X-Internal"',
    milter: 'address = "inet:1@127.0.0.1"',
    "rate-limit": 'limit = "1/1h"',
    "size-limit": 'max = "25MB"',
    rules: '[[filter.rule]]\nname = "all"\ndiscard = true',
  };

  it("can be for mail that meets a named condition, or does not", async () => {
    using keys = new KeysFolder();
    const key = keys.write("a.pem", pemOf("ed25519"));
    const head = 'listen = "inet:8891@localhost"\n[conditions.office]\nonly-client = "192.0.2.0/24"';
    for (const { name } of registry) {
      const needed = (NEEDED[name] ?? "").replace("KEY", key);
      for (const option of ["if", "unless"]) {
        const text = `${head}\n[[filter]]\nname = "${name}"\n${option} = "office"\n${needed}\n`;
        await withFile(text, async (path) => {
          const { listeners } = await readConfiguration(path);
          await disposeFilters(listeners.flatMap(({ filters }) => filters));
        });
      }
    }
  });
});

describe("what is in force", () => {
  it("has the lists and conditions, and reads as the same", async () => {
    const text = fileWith(
      'if = "a"',
      '[lists]\nours = ["10.0.0.0/8"]\n[conditions.a]\nonly-client = "@ours"\nany-of = [{ only-tls = true }, { only-login = ["x", "y"] }]',
    );
    const shown = await withFile(text, async (path) => effectiveConfig(await readConfiguration(path)));
    assert.match(
      shown,
      /\[conditions\.a\]\nonly-client = \["@ours"\]\nany-of = \[\{ only-tls = true \}, \{ only-login = \["x", "y"\] \}\]/,
    );
    assert.equal(
      await withFile(shown, async (path) => effectiveConfig(await readConfiguration(path))),
      shown,
    );
  });
});

describe("what is said of a mistake", () => {
  const rows: readonly (readonly [what: string, filter: string, rest: string, says: readonly RegExp[]])[] = [
    ["an unknown condition", 'if = "partnr"', "[conditions.partner]\nonly-tls = true", [
      /^m\.toml:7:6: .*did you mean partner\?/,
    ]],
    ["no conditions at all", 'if = "x"', "", [/there is no condition x; define it as \[conditions\.x\]/]],
    ["a condition that names itself", "", '[conditions.a]\nif = "b"\n[conditions.b]\nunless = "a"', [
      /^m\.toml:5:10: the condition names itself: a names b names a/,
    ]],
    ["an unknown key", "", '[conditions.a]\nonly-clint = "10.0.0.1"', [
      /there is no "only-clint"; did you mean "only-client"\?/,
    ]],
    ["opposites", "only-tls = true\nnot-tls = true", "", [
      /invalid not-tls "true": with only-tls it leaves nothing/,
    ]],
    [
      "opposites in any-of",
      "",
      '[conditions.a]\nany-of = [{ only-client = "10.1.0.0/16", not-client = "10.0.0.0/8" }, { only-tls = true }]',
      [/^m\.toml:3:.*not-client 10\.0\.0\.0\/8 leaves nothing of it/],
    ],
    [
      "an excluded list",
      'only-client = "@a"\nnot-client = "10.0.0.0/8"',
      '[lists]\na = ["10.1.0.0/16", "10.2.0.0/16"]',
      [/not-client 10\.0\.0\.0\/8 leaves nothing of it/],
    ],
    ["a list of logins", 'only-login = "@a"', '[lists]\na = ["joe@example.org"]', [
      /invalid only-login "@a": logins are not in lists: write them here, or an expression/,
    ]],
    ["sizes between which there is none", 'only-larger = "2MB"\nonly-smaller = "1MB"', "", [
      /with only-larger 2MB it leaves nothing/,
    ]],
    ["any-of with one", "", "[conditions.a]\nany-of = [{ only-tls = true }]", [
      /any-of wants two conditions or more/,
    ]],
    ["a listener that there is not", "", '[conditions.a]\nonly-listener = "inet:9999@localhost"', [
      /^m\.toml:3:17: only-listener inet:9999@localhost is no listen address of this file, which has inet:/,
    ]],
    [
      "a listener that there is not in any-of",
      "",
      '[conditions.a]\nany-of = [{ not-listener = "inet:9999@localhost" }, { only-tls = true }]',
      [/^m\.toml:3:.*not-listener inet:9999@localhost is no listen address of this file/],
    ],
    ["an address that is none", "", '[conditions.a]\nonly-listener = "8891"', [
      /^m\.toml:3:17: invalid only-listener "8891": want unix:/,
    ]],
    ["an empty condition", "", "[conditions.a]", [/the condition a asks for nothing/]],
    ["a wrong line of a list", "", '[lists]\na = { file = "a.txt" }', [
      /a\.txt:2:1: list a: "10\.0\.0\.0\/33": want a network/,
    ]],
    ["a list without a file", "", '[lists]\na = { fil = "a.txt" }', [
      /there is no "fil" in a list; did you mean "file"\?/,
    ]],
    ["a missing file", "", '[lists]\na = { file = "b.txt" }', [
      /^m\.toml:3:14: list a: .*b\.txt: there is no such file/,
    ]],
    ["lists that name each other", "", '[lists]\na = ["@b"]\nb = ["@a"]', [
      /the list names itself: @a names @b names @a/,
    ]],
    ["a list named twice", "", 'include = "more.toml"\n[lists]\na = ["10.0.0.1"]', [
      /the list a is already in .*m\.toml:4; give one of them another name/,
    ]],
    ["a header without a name", 'only-header = "/x/"', "", [/invalid only-header/]],
  ];
  for (const [what, filter, rest, says] of rows) {
    it(`in ${what}`, async () => {
      const more = { "a.txt": "10.0.0.0/8\n10.0.0.0/33\n", "more.toml": '[lists]\na = ["10.0.0.2"]\n' };
      await withFile(fileWith(filter, rest), async (path) => {
        await assert.rejects(readConfiguration(path), (error) => {
          assert.ok(error instanceof ConfigError);
          const said = error.message.replaceAll(/\S*\/m\.toml/g, "m.toml").split("\n");
          assert.equal(said.length, says.length, error.message);
          for (const [i, reason] of says.entries()) assert.match(said[i]!, reason);
          return true;
        });
      }, more);
    });
  }
});
