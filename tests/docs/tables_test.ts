// The tables of failures, limits and promises: every row names tests that there are, options and defaults are the program's.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { SERVE_OPTIONS } from "../../cli/options/serve_options.ts";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { registry } from "../../filters/registry.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import { at } from "../support/present.ts";

const root = new URL("../../", import.meta.url);
const PAGES = ["failures", "limits", "security"];
const OPTIONS = [
  ...SERVE_OPTIONS,
  ...COMMON_OPTIONS,
  ...registry.flatMap(({ options }) => optionSpecs(options)),
];

/** The rows of a page's tables whose last column is `tests`, by the names of their columns. */
function rowsOf(page: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  let columns: string[] | undefined;
  for (const line of readFileSync(new URL(`docs/${page}.md`, root), "utf8").split("\n")) {
    const cells = line.startsWith("|") ? line.slice(1, -1).split("|").map((cell) => cell.trim()) : undefined;
    if (!cells) columns = undefined;
    else if (!columns) columns = cells;
    else if (columns.at(-1) === "tests" && !/^-+$/.test(at(cells, 0))) {
      assert.equal(cells.length, columns.length, line);
      rows.push(Object.fromEntries(cells.map((cell, i) => [columns![i], cell])));
    }
  }
  return rows;
}

/** The names of a file's tests, as they stand in it. */
function testsIn(file: string): Set<string> {
  const url = new URL(`tests/${file}`, root);
  assert.ok(existsSync(url), `there is no tests/${file}`);
  const titles = readFileSync(url, "utf8").matchAll(/\b(?:test|it)\(\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)/g);
  return new Set([...titles].map(([, title = ""]) => title.slice(1, -1).replace(/\\(.)/g, "$1")));
}

for (const page of PAGES) {
  describe(`docs/${page}.md`, () => {
    const rows = rowsOf(page);

    it("has tests for each row, which there are", () => {
      assert.ok(rows.length > 5, `${rows.length} rows`);
      for (const { tests = "", ...row } of rows) {
        const said = `${Object.values(row)[0]}: ${tests}`;
        for (const named of tests.split("<br>")) {
          const [, file, title = ""] = /^`([\w/]+_test\.ts)` "(.+)"$/.exec(named) ?? [];
          assert.ok(file, `want \`file_test.ts\` "name": ${said}`);
          assert.ok(testsIn(file).has(title), `tests/${file} has no test ${JSON.stringify(title)}: ${said}`);
        }
      }
    });

    it("names options that there are", () => {
      for (const { option = "" } of rows) {
        for (const [, name = ""] of option.matchAll(/`--([\w-]+)`/g)) {
          assert.ok(OPTIONS.some((each) => each.name === name), `there is no --${name}`);
        }
      }
    });
  });
}

describe("docs/limits.md", () => {
  const rows = rowsOf("limits");

  it("has the defaults of the options", () => {
    for (const { option = "", default: said = "" } of rows) {
      const name = /^`--([\w-]+)`$/.exec(option)?.[1];
      if (name === undefined) continue;
      // Filters may have options of the same name.
      const defaults = OPTIONS.filter((each) => each.name === name).map((each) => each.default ?? "none");
      assert.ok(
        defaults.some((actual) => new RegExp(`^${actual}\\b`).test(said)),
        `--${name}: ${said}, want ${defaults.join(" or ")}`,
      );
    }
  });

  it("has every limit and time that serve has an option for", () => {
    const limits = SERVE_OPTIONS.map(({ name }) => name)
      .filter((name) => /^limit-|-timeout$|^spool-(memory|total)$/.test(name));
    assert.ok(limits.length >= 13, limits.join());
    const named = new Set(rows.map(({ option }) => option));
    assert.deepEqual(limits.filter((name) => !named.has(`\`--${name}\``)), []);
  });
});
