/**
 * Generates the pages, and parts of pages, that derive from the code.
 *
 *     deno task docs          writes the pages
 *     deno task check         reports pages that are out of date
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { exampleConfig } from "../cli/config/example.ts";
import { architecturePage } from "./docs/architecture_page.ts";
import { filtersPage } from "./docs/filters_page.ts";
import { opendkimPage } from "./docs/opendkim_page.ts";
import { recipesPage } from "./docs/recipes_page.ts";

const PAGES: readonly {
  readonly path: string;
  readonly make: (written: string) => string | Promise<string>;
}[] = [
  { path: "docs/filters.md", make: filtersPage },
  { path: "docs/architecture.md", make: architecturePage },
  { path: "docs/moving-from-opendkim.md", make: opendkimPage },
  { path: "docs/recipes.md", make: recipesPage },
  { path: "docs/milterkit.toml", make: exampleConfig },
];

/** Returns a line for each page that is out of date. */
export async function pageProblems(): Promise<string[]> {
  const problems: string[] = [];
  for (const { path, make } of PAGES) {
    if (await make(read(path)) !== read(path)) problems.push(`${path} is out of date: run deno task docs`);
  }
  return problems;
}

function read(path: string): string {
  return existsSync(fileOf(path)) ? readFileSync(fileOf(path), "utf8") : "";
}

function fileOf(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

if (import.meta.main) {
  for (const { path, make } of PAGES) writeFileSync(fileOf(path), await make(read(path)));
}
