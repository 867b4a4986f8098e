// What the executable says of itself.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import config from "../../../deno.json" with { type: "json" };
import { COMMANDS } from "../../../cli/commands/index.ts";
import { registry } from "../../../filters/registry.ts";
import { optionSpecs } from "../../../lib/filter/option_declarations.ts";
import { runMilterkit } from "../../support/milterkit.ts";

async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runMilterkit(args);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  // deno-lint-ignore no-control-regex -- no colours where nobody looks
  assert.doesNotMatch(stdout, /\x1b/);
  return stdout;
}

test("--version", { timeout: 120_000 }, async () => {
  assert.equal(await output("--version"), `milterkit ${config.version}\n`);
});

test("--help names the commands, with examples", { timeout: 120_000 }, async () => {
  const help = await output("--help");
  assert.match(help, /milterkit serve --listen/);
  assert.match(help, /milterkit filters/);
  assert.match(help, /smtpd_milters=/);
  assert.equal(await output("help"), help);
  assert.equal(await output("-h"), help);
  assert.equal(await output("help", "help"), help);
  assert.equal(await output("help", "serve"), await output("serve", "--help"));
  assert.equal(await output("help", "config", "check"), await output("config", "check", "--help"));
});

test("serve --help names its options", { timeout: 120_000 }, async () => {
  const help = await output("serve", "--help");
  for (const option of ["listen", "socket-mode", "socket-group", "stop-timeout", "log-format", "log-level"]) {
    assert.match(help, new RegExp(`--${option}\\b`));
  }
});

test("filters lists them, and shows the options of each", { timeout: 120_000 }, async () => {
  const list = await output("filters");
  assert.equal(list.trimEnd().split("\n").length, registry.length);
  for (const { name, summary, options } of registry) {
    assert.match(list, new RegExp(`^${name} +${summary}$`, "m"));
    const help = await output("filters", name);
    const served = await output("serve", "--filter", name, "--help");
    for (const shown of [help, served]) {
      for (const option of optionSpecs(options)) assert.match(shown, new RegExp(`--${option.name}\\b`));
      for (const common of ["dry-run", "on-error", "timeout"]) {
        assert.match(shown, new RegExp(`--${common}\\b`));
      }
    }
  }
});

test("every command has a help whose first line is how to call it", { timeout: 120_000 }, async () => {
  for (const { name } of COMMANDS.filter(({ name }) => name !== "help")) {
    assert.ok((await output(name, "--help")).startsWith(`milterkit ${name} `), name);
  }
});

test("filters --json is for programs", { timeout: 120_000 }, async () => {
  const all = JSON.parse(await output("filters", "--json"));
  assert.deepEqual(all.map(({ name }: { name: string }) => name), registry.map(({ name }) => name));
  const one = JSON.parse(await output("filters", "size-limit", "--json"));
  assert.equal(one.name, "size-limit");
  assert.ok(one.options.some(({ name }: { name: string }) => name === "max"));
  assert.deepEqual(JSON.parse(await output("filters", "--json", "size-limit")), one);
});

test("a rules file in the help stays a line each", { timeout: 120_000 }, async () => {
  const help = await output("filters", "header-rewrite");
  assert.match(help, /^ +if-sender .+\n +add X-Origin: ours\n +always\n +remove X-Spam\*$/m);
});
