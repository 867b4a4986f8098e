// The pages: all are in the index, and links lead somewhere.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const docs = new URL("../../docs/", import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith(".md"));

/** Where the links of a page lead to, as written, those to other sites left out. */
function linksOf(page: URL): string[] {
  const text = readFileSync(page, "utf8").replace(/^```.*?^```$/gms, "");
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

test("docs/README.md names every page, once", () => {
  const named = linksOf(new URL("README.md", docs)).filter((link) => !link.startsWith("../")).sort();
  assert.deepEqual(named, pages.filter((name) => name !== "README.md").sort());
});

for (const page of [new URL("../README.md", docs), ...pages.map((name) => new URL(name, docs))]) {
  const name = page.href.slice(new URL("../", docs).href.length);
  test(`links of ${name} lead somewhere`, () => {
    assert.deepEqual(linksOf(page).filter((target) => !existsSync(new URL(target, page))), []);
  });
}
