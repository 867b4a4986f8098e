// What comes of tables is a configuration that loads, whatever they say.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readConfiguration } from "../../../cli/config/configuration.ts";
import { convertHeaderChecks } from "../../../cli/commands/config/from_header_checks/convert.ts";
import type { CheckTable } from "../../../cli/commands/config/from_header_checks/table.ts";
import { present } from "../../support/present.ts";

/** Converts tables, loads what comes of them, and returns the names of the rules and the notes. */
async function loaded(tables: readonly CheckTable[]) {
  const { text, notes, problems } = convertHeaderChecks(tables, ["header", "mime", "nested"]);
  assert.deepEqual(problems, []);
  const folder = mkdtempSync(join(tmpdir(), "milterkit-header-checks-"));
  try {
    const file = join(folder, "milterkit.toml");
    writeFileSync(file, `listen = "inet:8891@localhost"\n${present(text, "a configuration")}`);
    const { listeners } = await readConfiguration(file);
    const names = listeners.flatMap(({ filters }) =>
      filters.flatMap(({ values }) => values.groups.map(({ name }) => name))
    );
    return { names, notes: notes.map(({ text }) => text) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a table with odd texts loads", async () => {
  const long = "{x} ".repeat(200);
  const text = [
    "/a/ REJECT Größe, \t tab",
    `/b/ REJECT ${long}`,
    "/(c)/ REJECT $1",
    `/(d)/ REJECT $1 ${long}`,
    "/e/ HOLD Größe {i} $$",
    '/f"\\\\\\/[\\/]/ PREPEND X-A: "quoted" \\back\\ {brace',
    "/g/ REPLACE X-B:",
    "/h/ BCC joe+tag@xn--grsse-lva.example.org",
    "/i/ REDIRECT joe@[192.0.2.1]",
    `/j/ WARN ${long}`,
    "/k/ REJECT 5.7.1 4.7.1 x",
    "|[/]l| DUNNO",
    "/\u0001m/ IGNORE",
  ].join("\n");
  const { names, notes } = await loaded([{ type: "pcre", file: "/etc/postfix/header_checks", text }]);
  assert.equal(names.length, 13);
  assert.deepEqual(notes, [
    "a reply of rules is ASCII: ? stands for other characters here",
    "a reply of rules has at most 480 characters: the rest is left out here",
    "a reply of rules has at most 480 characters: the rest is left out here",
  ]);
});

test("tables with one name, or with a long one, have rules with names of their own", async () => {
  const table = (file: string, text: string): CheckTable => ({ type: "regexp", file, text });
  const { names } = await loaded([
    table("/a/checks", "/a/ WARN\n/b/ WARN\n"),
    table("/b/checks", "/c/ WARN\n"),
    table(`/c/${"long".repeat(30)}`, "/d/ WARN\n"),
  ]);
  assert.deepEqual(names, ["checks:1", "checks:2", "checks:1 (2)", `${"long".repeat(10)}:1`]);
});

test("the tables that are compared with Postfix load", async () => {
  for (const type of ["pcre", "regexp"] as const) {
    const file = fileURLToPath(
      new URL(`../../integration/header_checks/header_checks.${type}`, import.meta.url),
    );
    const { names } = await loaded([{ type, file, text: readFileSync(file, "utf8") }]);
    assert.equal(names.length, type === "pcre" ? 49 : 16);
  }
});
