// The pages: all are in the index, and links lead somewhere.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const docs = new URL("../../docs/", import.meta.url);
const pages = readdirSync(docs, { recursive: true }).map(String).filter((name) => name.endsWith(".md"));

/** A page's text without its blocks of code. */
function textOf(page: URL): string {
  return readFileSync(page, "utf8").replace(/^```.*?^```$/gms, "");
}

/** Where the links of a page lead to, as written, those to other sites left out. */
function linksOf(page: URL): string[] {
  return [...textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The headings of a page, as GitHub makes anchors of them. */
function anchorsOf(page: URL): Set<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")),
  );
}

test("docs/README.md names every page, once", () => {
  const named = linksOf(new URL("README.md", docs)).filter((target) => !target.startsWith("../")).sort();
  assert.deepEqual(named, pages.filter((name) => name !== "README.md").sort());
});

for (const page of [new URL("../README.md", docs), ...pages.map((name) => new URL(name, docs))]) {
  const name = page.href.slice(new URL("../", docs).href.length);
  test(`links of ${name} lead somewhere`, () => {
    assert.deepEqual(linksOf(page).filter((target) => !existsSync(new URL(target, page))), []);
  });

  test(`links of ${name} to headings lead to one`, () => {
    const links = [...textOf(page).matchAll(/\]\(([^)#:\s]*)#([^)\s]+)\)/g)];
    const dead = links.filter(([, target = "", anchor = ""]) =>
      !anchorsOf(new URL(target, page)).has(anchor)
    );
    assert.deepEqual(dead.map(([link]) => link), []);
  });
}
