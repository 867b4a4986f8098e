// The manual pages: troff and mandoc have nothing to say of them, and all that is declared is in them.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { COMMANDS } from "../../cli/commands/index.ts";
import { FILE_OPTIONS } from "../../cli/options/serve_options.ts";
import { optionsOf } from "../../cli/config/filter_arguments.ts";
import { registry } from "../../filters/registry.ts";
import { manualFiles } from "../../scripts/release/common_files.ts";
import { escape } from "../../scripts/release/manual/roff.ts";
import { skipFor } from "../support/instance.ts";
import { findCommand, run } from "../support/process.ts";

let folder: string;
const pages = manualFiles("1.2.3", new Date("2026-01-02T03:04:05Z"));

before(() => {
  folder = mkdtempSync(join(tmpdir(), "milterkit-manual-"));
  for (const { path, bytes } of pages) writeFileSync(join(folder, path.slice(5)), bytes);
});
after(() => rmSync(folder, { recursive: true }));

const missing = (...names: string[]) => {
  const name = names.find((name) => !findCommand(name));
  return skipFor(name && `needs ${name} (Debian's packages man-db, groff and mandoc)`);
};

/** A page as a reader of 100 columns sees it. */
async function rendered(page: string): Promise<string> {
  const { code, stdout, stderr } = await run([
    findCommand("groff")!,
    "-man",
    "-Tutf8",
    "-ww",
    "-rLL=100n",
    "-P-cbou",
    page,
  ], {
    cwd: folder,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.replaceAll("−", "-");
}

test("man shows them without a warning", { skip: missing("man") }, async () => {
  for (const page of ["milterkit.1", "milterkit.toml.5"]) {
    const { code, stdout, stderr } = await run([findCommand("man")!, "--warnings", "-l", page], {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", MANWIDTH: "100" },
    });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /Milterkit 1\.2\.3 +2026-01-02 /);
  }
});

test("mandoc finds nothing to complain of", { skip: missing("mandoc") }, async () => {
  const { code, stdout } = await run([
    findCommand("mandoc")!,
    "-T",
    "lint",
    "milterkit.1",
    "milterkit.toml.5",
  ], {
    cwd: folder,
  });
  assert.deepEqual([code, stdout], [0, ""]);
});

test("every command, filter and option is in them", { skip: missing("groff") }, async () => {
  const [program, config] = [await rendered("milterkit.1"), await rendered("milterkit.toml.5")];
  for (const { name, operands } of COMMANDS) {
    assert.ok(program.includes(`milterkit ${name} ${operands}\n`), name);
  }
  const commands = (await Promise.all(COMMANDS.map((entry) => entry.load()))).flatMap(
    ({ options, actions = [] }) => [...options, ...actions.flatMap((action) => action.options)],
  );
  const filters = registry.flatMap((filter) => optionsOf(filter));
  for (const { name } of [...commands, ...filters]) {
    assert.match(program, new RegExp(`^ +(-\\w, )?--${name}( +\\S.*)?$`, "m"));
  }
  for (const { name } of [...FILE_OPTIONS, ...filters]) {
    assert.match(config, new RegExp(`^ +${name} = \\S.*$`, "m"));
  }
  for (const { name } of registry) assert.ok(program.includes(`\n   ${name}\n`), name);
});

test("no text is an instruction to troff", async () => {
  assert.equal(escape(".TH x\n'y \\fB -z"), "\\&.TH x\n\\(aqy \\efB \\-z");
  writeFileSync(
    join(folder, "escaped.1"),
    `.TH x 1\n.SH NAME\n${escape(".so /etc/hostname \\*[x] `a^b~'")}\n`,
  );
  if (findCommand("groff")) {
    assert.ok((await rendered("escaped.1")).includes(".so /etc/hostname \\*[x] `a^b~'"));
  }
});
