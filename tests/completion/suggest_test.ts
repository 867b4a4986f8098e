// What could stand at the cursor, for each place of a command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMAND_LINES } from "../../cli/commands/command_line.ts";
import { COMMANDS } from "../../cli/commands/command_list.ts";
import { suggest } from "../../cli/commands/completion/suggest.ts";
import { optionsOf } from "../../cli/config/filter_arguments.ts";
import { SERVE_OPTIONS } from "../../cli/options/serve_options.ts";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { findFilter, registry } from "../../filters/registry.ts";

/** The suggestions for a line whose last word is at the cursor; files as `<type of what they may be>`. */
function at(line: string): string[] {
  const words = line.split(" ");
  return suggest(words.slice(0, -1), words.at(-1)!).map((suggestion) =>
    suggestion.kind === "literal" ? suggestion.text : `<${suggestion.type}>`
  );
}

const flags = (options: readonly { name: string }[]) => options.map(({ name }) => `--${name}`);
const names = registry.map(({ name }) => name);

test("every command of the list has a command line, and no other", () => {
  assert.deepEqual(Object.keys(COMMAND_LINES), COMMANDS.map(({ name }) => name));
});

test("commands", () => {
  assert.deepEqual(at(""), [...COMMANDS.map(({ name }) => name), "--help", "--version"]);
  assert.deepEqual(at("co"), ["config", "completion"]);
  assert.deepEqual(at("--v"), ["--version"]);
  assert.deepEqual(at("nonesuch "), []);
  assert.deepEqual(at("constructor "), []);
});

test("a command's own options, without those that were given and come once", () => {
  assert.deepEqual(at("serve --"), [...flags(SERVE_OPTIONS), "--filter", "--help"]);
  const later = at("serve --listen inet:1@localhost --log-format json --");
  assert.ok(later.includes("--listen") && !later.includes("--log-format") && later.includes("--log-level"));
  assert.ok(!at("serve --log-format=json --").includes("--log-format"));
  assert.deepEqual(at("trace --soc"), ["--socket-mode", "--socket-group"]);
});

test("values of options", () => {
  assert.deepEqual(at("serve --mta "), ["auto", "postfix", "sendmail"]);
  assert.deepEqual(at("serve --mta s"), ["sendmail"]);
  assert.deepEqual(at("serve --mta=p"), ["--mta=postfix"]);
  assert.deepEqual(at("serve --config "), ["<any>"]);
  assert.deepEqual(at("serve --spool-folder "), ["<directory>"]);
  assert.deepEqual(at("trace --write "), ["<any>"]);
  assert.deepEqual(at("serve --workers "), []);
  assert.deepEqual(at("serve --nonesuch="), []);
});

test("filters, and each one's options behind it", () => {
  assert.deepEqual(at("serve --filter "), [...names, "<any>"]);
  assert.deepEqual(at("serve --filter=d"), ["--filter=dkim-check", "<any>"]);
  assert.deepEqual(at("serve --filter size-limit --"), [
    ...flags(optionsOf(findFilter("size-limit")!)),
    "--filter",
    "--help",
  ]);
  assert.deepEqual(at("serve --filter size-limit --on-error "), ["tempfail", "reject", "accept"]);
  assert.ok(at("serve --filter size-limit --max 1MB --filter=dkim-check --").includes("--on-dns-error"));
  // A filter's options are its own, and the first one's are over.
  assert.ok(!at("serve --filter size-limit --filter dkim-check --").includes("--max"));
  assert.deepEqual(at("serve --filter ./mine.ts --"), [...flags(COMMON_OPTIONS), "--filter", "--help"]);
});

test("operands", () => {
  assert.deepEqual(at("check mail"), ["<any>"]);
  assert.equal(at("check ")[0], "<any>");
  assert.deepEqual(at("check mail.eml --filter size-limit --max 1MB mai"), ["<any>"]);
  assert.deepEqual(at("filters mil"), ["milter", "<any>"]);
  assert.deepEqual(at("filters milter "), ["--json", "--help"]);
  assert.deepEqual(at("completion "), ["bash", "zsh", "fish", "--help"]);
  assert.deepEqual(at("config "), ["check", "example"]);
  assert.deepEqual(at("config check my"), ["<any>"]);
  assert.deepEqual(at("config example --"), ["--help"]);
});
