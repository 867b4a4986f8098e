// What could stand at the cursor, for each place of a command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../cli/commands/index.ts";
import { suggest } from "../../cli/commands/completion/suggest.ts";
import { optionsOf } from "../../cli/config/filter_arguments.ts";
import { SERVE_OPTIONS } from "../../cli/options/serve_options.ts";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { findFilter, registry } from "../../filters/registry.ts";

/** The suggestions for a line whose last word is at the cursor; files as `<type of what they may be>`. */
async function at(line: string): Promise<string[]> {
  const words = line.split(" ");
  const suggestions = await suggest(COMMANDS, words.slice(0, -1), words.at(-1)!);
  return suggestions.map((suggestion) =>
    suggestion.kind === "literal" ? suggestion.text : `<${suggestion.type}>`
  );
}

const flags = (options: readonly { name: string }[]) => options.map(({ name }) => `--${name}`);
const names = registry.map(({ name }) => name);

test("commands", async () => {
  assert.deepEqual(await at(""), [...COMMANDS.map(({ name }) => name), "--help", "--version"]);
  assert.deepEqual(await at("co"), ["config", "completion"]);
  assert.deepEqual(await at("--v"), ["--version"]);
  assert.deepEqual(await at("nonesuch "), []);
  assert.deepEqual(await at("constructor "), []);
});

test("a command's own options, without those that were given and come once", async () => {
  assert.deepEqual(await at("serve --"), [...flags(SERVE_OPTIONS), "--filter", "--help"]);
  const later = await at("serve --listen inet:1@localhost --log-format json --");
  assert.ok(later.includes("--listen") && !later.includes("--log-format") && later.includes("--log-level"));
  assert.ok(!(await at("serve --log-format=json --")).includes("--log-format"));
  assert.deepEqual(await at("trace --soc"), ["--socket-mode", "--socket-group"]);
});

test("an option with a short form", async () => {
  assert.deepEqual(await at("test -t "), []);
  assert.deepEqual(await at("test -t x --"), ["--watch", "--help"]);
  assert.deepEqual(await at("test --watch --"), ["--test-name-pattern", "--help"]);
  assert.deepEqual(await at("new a --with "), ["options", "state"]);
});

test("values of options", async () => {
  assert.deepEqual(await at("serve --mta "), ["auto", "postfix", "sendmail"]);
  assert.deepEqual(await at("serve --mta s"), ["sendmail"]);
  assert.deepEqual(await at("serve --mta=p"), ["--mta=postfix"]);
  assert.deepEqual(await at("serve --config "), ["<any>"]);
  assert.deepEqual(await at("serve --spool-folder "), ["<directory>"]);
  assert.deepEqual(await at("trace --write "), ["<any>"]);
  assert.deepEqual(await at("serve --workers "), []);
  assert.deepEqual(await at("serve --nonesuch="), []);
});

test("filters, and each one's options behind it", async () => {
  assert.deepEqual(await at("serve --filter "), [...names, "<any>"]);
  assert.deepEqual(await at("serve --filter=d"), [
    "--filter=dkim-check",
    "--filter=dkim-sign",
    "--filter=dmarc-check",
    "<any>",
  ]);
  assert.deepEqual(await at("serve --filter size-limit --"), [
    ...flags(optionsOf(findFilter("size-limit")!)),
    "--filter",
    "--help",
  ]);
  assert.deepEqual(await at("serve --filter size-limit --on-error "), ["tempfail", "reject", "accept"]);
  assert.ok(
    (await at("serve --filter size-limit --max 1MB --filter=dkim-check --")).includes("--on-dns-error"),
  );
  // A filter's options are its own, and the first one's are over.
  assert.ok(!(await at("serve --filter size-limit --filter dkim-check --")).includes("--max"));
  assert.deepEqual(await at("serve --filter ./mine.ts --"), [...flags(COMMON_OPTIONS), "--filter", "--help"]);
});

test("options in groups", async () => {
  const outside = await at("serve --filter rules --");
  assert.ok(outside.includes("--rule") && outside.includes("--match") && outside.includes("--only-tls"));
  assert.ok(!outside.includes("--reject"));
  const inside = await at("serve --filter rules --only-tls --rule a --reject No --rule b --");
  for (const name of ["--rule", "--reject", "--only-tls", "--filter", "--help"]) {
    assert.ok(inside.includes(name), name);
  }
  assert.ok(!inside.includes("--match") && !inside.includes("--label"));
  assert.ok(!(await at("serve --filter rules --rule a --reject No --")).includes("--reject"));
});

test("operands", async () => {
  assert.deepEqual(await at("check mail"), ["<any>"]);
  assert.equal((await at("check "))[0], "<any>");
  assert.deepEqual(await at("check mail.eml --filter size-limit --max 1MB mai"), ["<any>"]);
  assert.deepEqual(await at("filters mil"), ["milter", "<any>"]);
  assert.deepEqual(await at("filters milter "), ["--json", "--help"]);
  assert.deepEqual(await at("completion "), ["bash", "zsh", "fish", "--help"]);
  assert.deepEqual(await at("new "), ["--with", "--help"]);
  assert.deepEqual(await at("help co"), ["config", "completion"]);
  assert.deepEqual(await at("config "), ["check", "example", "from-opendkim", "from-header-checks"]);
  assert.deepEqual(await at("config check my"), ["<any>"]);
  assert.deepEqual(await at("config example --"), ["--help"]);
});

test("only the command of the line is loaded", async () => {
  const loaded: string[] = [];
  const commands = COMMANDS.map((entry) => ({
    ...entry,
    load() {
      loaded.push(entry.name);
      return entry.load();
    },
  }));
  await suggest(commands, [], "");
  await suggest(commands, ["nonesuch"], "");
  assert.deepEqual(loaded, []);
  await suggest(commands, ["replay"], "--");
  assert.deepEqual(loaded, ["replay"]);
});
