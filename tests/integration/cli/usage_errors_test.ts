// A command line that is wrong: exit code 2, one line that names what and the nearest right one, and nothing listens.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { newFolder, writeShared } from "../../support/instance.ts";
import { runMilterkit } from "../../support/milterkit.ts";

const folder = newFolder("milterkit-usage-");
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeShared(join(folder, name), text);
  return join(folder, name);
};
const rules = file("rules", "# rules\nadd X-A: 1\nremov X-B\n");
const openRules = file("open-rules", "add X-A: 1\n\nif-sender /a/\n");
const badRules = file("bad-rules", "replace Subject /(/ x\n");
const records = file("records", 'a.example "v=DKIM1"\nb.example "open\n');

const listen = ["--listen", `unix:${join(folder, "milter.sock")}`];
const serve = (...more: string[]) => ["serve", ...listen, ...more];
const sizeLimit = ["--filter", "size-limit", "--max", "1MB"];
const rewrite = (...more: string[]) => serve("--filter", "header-rewrite", ...more);

/** What is wrong, the command line, and all that the line has to say. */
const cases: [what: string, args: string[], says: RegExp[]][] = [
  ["a command", ["sreve", ...listen, ...sizeLimit], [/\bsreve\b/, /did you mean serve\?/]],
  ["a command to help with", ["help", "sreve"], [/\bsreve\b/, /did you mean serve\?/]],
  ["an operand where none can be", ["config", "example", "milterkit.toml"], [
    /config example/,
    /"milterkit.toml"/,
  ]],
  ["a second filter to show", ["filters", "size-limit", "dkim-check"], [/\bdkim-check\b/]],
  ["a filter", serve("--filter", "size-limt", "--max", "1MB"), [
    /\bsize-limt\b/,
    /did you mean size-limit\?/,
  ]],
  ["a second filter", serve(...sizeLimit, "--filter", "dkim"), [/\bdkim\b/, /did you mean dkim-sign\?/]],
  ["no such folder", serve("--spool-folder", join(folder, "missing"), ...sizeLimit), [
    /--spool-folder \S+missing/,
    /there is no such folder/,
  ]],
  ["a folder that is a file", serve("--spool-folder", rules, ...sizeLimit), [
    /--spool-folder \S+rules/,
    /not a folder/,
  ]],
  ["a size", serve("--spool-memory", "12q", ...sizeLimit), [/--spool-memory/, /12q/, /KiB/]],
  ["an MTA", serve("--mta", "exim", ...sizeLimit), [/--mta/, /exim/, /postfix/]],
  ["no filter", serve(), [/Missing --filter: /]],
  ["a filter without a name", serve("--filter"), [/--filter needs a name/, /size-limit/]],
  ["no address", ["serve", ...sizeLimit], [/Missing --listen: /]],
  ["a flag of serve", serve("--log-formt", "json", ...sizeLimit), [/--log-formt\b/, /--log-format\b/]],
  ["a flag of a filter", serve("--filter", "size-limit", "--mx", "1MB"), [/--mx\b/, /--max\b/, /size-limit/]],
  ["a misplaced flag", serve(...sizeLimit, "--log-format", "json"), [
    /--log-format\b/,
    /before the first --filter/,
  ]],
  [
    "a filter's flag before it",
    serve("--max", "1MB", "--filter", "size-limit"),
    [/--max\b/, /after --filter size-limit/],
  ],
  ["a flag without its value", serve("--filter", "size-limit", "--max"), [/--max\b/, /SIZE/]],
  ["a filter without what it needs", serve("--filter", "size-limit"), [/size-limit/, /--max\b/]],
  ["a size", serve("--filter", "size-limit", "--max", "1XB"), [/--max\b/, /1XB/, /25MB/]],
  ["a time", serve("--stop-timeout", "5parsecs", ...sizeLimit), [/--stop-timeout\b/, /5parsecs/, /8s/]],
  [
    "a time that is too long",
    serve("--callback-timeout", "3h", ...sizeLimit),
    [/--callback-timeout\b/, /3h/],
  ],
  ["a choice", serve("--log-level", "verbos", ...sizeLimit), [/--log-level\b/, /verbos/, /debug, info/]],
  ["a choice of a filter", serve(...sizeLimit, "--action", "rejct"), [/--action\b/, /rejct/, /reject/]],
  ["a mode", serve("--socket-mode", "999", ...sizeLimit), [/--socket-mode\b/, /999/, /660/]],
  ["an address", ["serve", "--listen", "inett:1@a", ...sizeLimit], [/inett:1@a/, /inet:port@host/]],
  ["a port", ["serve", "--listen", "inet:99999@localhost", ...sizeLimit], [/99999/]],
  ["a second address", serve("--listen", "unix:", ...sizeLimit), [/unix:/]],
  ["a regular expression", rewrite("--if-sender", "/(/", "--add", "X-A: 1"), [/--if-sender\b/, /\/\(\//]],
  ["a rule", rewrite("--replace", "Subject"), [/--replace\b/, /Subject/, /NAME \/expression\//]],
  ["a header name", rewrite("--add", "X A: 1"), [/--add\b/, /X A/]],
  ["a network", rewrite("--if-client", "192.0.2.0/33", "--add", "X-A: 1"), [
    /--if-client\b/,
    /192\.0\.2\.0\/33/,
  ]],
  ["a rule file", rewrite("--rules", join(folder, "none")), [/--rules\b/, /\/none\b/]],
  ["a word in a rule file", rewrite("--rules", rules), [/\/rules:3\b/, /"remov"/, /did you mean "remove"\?/]],
  ["an expression in a rule file", rewrite("--rules", badRules), [/\/bad-rules:1\b/, /\(/]],
  ["a condition without a rule", rewrite("--rules", openRules), [/\/open-rules:3\b/, /no rule follows/]],
  ["a records file", serve("--filter", "dkim-check", "--dns-records", records), [
    /--dns-records\b/,
    /line 2/,
  ]],
  ["an id", serve("--filter", "dkim-check", "--authserv-id", "a b"), [/--authserv-id\b/, /"a b"/]],
  ["a filter to show", ["filters", "size-limt"], [/\bsize-limt\b/, /did you mean size-limit\?/]],
  ["a value with control characters", serve("--filter", "size-limit", "--max", "1\x1b[31m\nMB"), [/--max\b/]],
  ["a command with control characters", ["ser\x1b[31m\nve"], [/did you mean serve\?/]],
  ["a filter with control characters", serve("--filter", "size-limit\x1b[31m\n"), [
    /did you mean size-limit\?/,
  ]],
  ["a flag with control characters", serve("--max\x1b[31m\n", ...sizeLimit), [/--max/]],
  ["an address with control characters", ["serve", "--listen", "inet:\x1b[31m\n", ...sizeLimit], [/inet:/]],
  [
    "a rule file's word with control characters",
    rewrite("--rules", file("hostile-rules", "remov\x1b[31m X-B\n")),
    [/\/hostile-rules:1\b/],
  ],
];

for (const [what, args, says] of cases) {
  test(`wrong: ${what}`, { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await runMilterkit(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^milterkit[^\n]+\n$/, "one line");
    for (const part of says) assert.match(stderr, part);
    // deno-lint-ignore no-control-regex -- a terminal must not act on what it is shown
    assert.doesNotMatch(stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("milter.sock")), []);
  });
}

test("wrong: nothing at all", { timeout: 120_000 }, async () => {
  const { code, stderr } = await runMilterkit([]);
  assert.equal(code, 2);
  assert.match(stderr, /milterkit serve/);
});

/** What is right to write, but not to be had here: exit code 1. */
const failures: [what: string, args: string[], says: RegExp][] = [
  ["a folder that is not there", ["serve", "--listen", `unix:${folder}/none/m.sock`, ...sizeLimit], /none/],
  ["a file at the socket's path", ["serve", "--listen", `unix:${rules}`, ...sizeLimit], /\/rules\b/],
  ["an unknown group", serve("--socket-group", "no-such-group", ...sizeLimit), /no-such-group/],
  ["an unknown host", ["serve", "--listen", "inet:0@host.invalid", ...sizeLimit], /host\.invalid/],
];

for (const [what, args, says] of failures) {
  test(`fails: ${what}`, { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await runMilterkit(args);
    assert.equal(code, 1, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^milterkit[^\n]+\n$/);
    assert.match(stderr, says);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("milter.sock")), []);
  });
}
