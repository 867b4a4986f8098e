// The example docs/examples/aliases.ts.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deliver, type FilterLogLine, make, TestClock } from "milterkit/testing";
import definition from "../../docs/examples/aliases.ts";
import { until } from "../server/support.ts";
import { sleep } from "../support/process.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-aliases-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileWith(text: string): string {
  const file = join(folder, `aliases-${++files}`);
  writeFileSync(file, text);
  return file;
}

const ALIASES = `# Our lists
board@lists.example: ann@example.com, bob@example.com

Info@Lists.Example: ann@example.com
out@example.org: carl@example.net
`;

test("aliases go where the file says, each address once, and other recipients stay", async () => {
  await using filter = await make(definition, { file: fileWith(ALIASES), for: "lists.example" });
  const to = ["BOARD@lists.example", "info@lists.example", "out@example.org", "dave@example.org"];
  const delivered = await deliver(filter, { to: [...to, "out@example.org"] });
  delivered.assertAccepted()
    .assertRecipients("ann@example.com", "bob@example.com", "carl@example.net", "dave@example.org");
  assert.equal(delivered.modifications.length, 3 + 3);
  (await deliver(filter, { to: "dave@example.org" })).assertAccepted().assertUnchanged();
});

test("mail for an unknown alias is held, with what is known of the others", async () => {
  await using filter = await make(definition, {
    file: fileWith(ALIASES),
    for: ["lists.example", "old@example.org"],
  });
  const to = ["board@lists.example", "bored@lists.example", "bored@lists.example", "old@example.org"];
  (await deliver(filter, { to })).assertHeld("unknown: bored@lists.example, old@example.org")
    .assertRecipients("ann@example.com", "bob@example.com", ...to.slice(1));
});

test("the file is read again; with mistakes in it, or without it, what was read last is kept", async () => {
  const file = fileWith(ALIASES);
  const clock = new TestClock();
  const logged: FilterLogLine[] = [];
  await using filter = await make(definition, { file, for: "lists.example" }, {
    clock,
    onLog: (line) => logged.push(line),
  });
  const recipients = async () => (await deliver(filter, { to: "board@lists.example" })).recipients.join();
  // Reading a file takes time that no clock of a test knows.
  const reloaded = async (wanted: string) => {
    await clock.advance(60_000);
    for (let tries = 0; await recipients() !== wanted; tries++) {
      assert.ok(tries < 1000, `mail does not go to ${wanted}`);
      await sleep(2);
    }
  };
  const failed = async (lines: number) => {
    await clock.advance(60_000);
    await until(() => logged.length === lines);
    assert.equal(await recipients(), "eve@example.com");
    return logged.at(-1)?.text ?? "";
  };

  assert.equal(await recipients(), "ann@example.com,bob@example.com");
  writeFileSync(file, "board@lists.example: eve@example.com\n");
  await reloaded("eve@example.com");
  writeFileSync(file, "board@lists.example: ann@example.com\nboard@lists.example nobody\n");
  assert.match(await failed(1), /line 2: "board@lists\.example nobody" is no address/);
  rmSync(file);
  assert.match(await failed(2), /ENOENT/);
  writeFileSync(file, "board@lists.example: fay@example.com\n");
  await reloaded("fay@example.com");
  assert.equal(logged.length, 2);
});

for (
  const [what, text, reason] of [
    ["a line without a target", "a@lists.example\n", /line 1: a@lists\.example goes to nobody/],
    ["a line with an empty target", "# x\na@lists.example: b@x, \n", /line 2: "" is no address/],
    ["a line without an alias", ": b@example.com\n", /line 1: "" is no address/],
  ] as const
) {
  test(`${what} is an error at the start`, async () => {
    const file = fileWith(text);
    await assert.rejects(make(definition, { file, for: "lists.example" }), (error: Error) => {
      assert.equal(error.name, "OptionError");
      assert.match(error.message, reason);
      return true;
    });
  });
}

test("a file that does not exist is an error at the start", async () => {
  const file = join(folder, "none");
  await assert.rejects(make(definition, { file, for: "lists.example" }), {
    name: "OptionError",
    option: "file",
  });
});
