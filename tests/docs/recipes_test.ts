// docs/recipes.md: every site on it is started by a test.
// Runs once: only files are looked at here, which are the same whatever runtime reads them.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { recipesPage } from "../../scripts/docs/recipes_page.ts";

const root = new URL("../../", import.meta.url);
const folders = readdirSync(new URL("docs/recipes/", root));

test("there are six recipes", () => assert.equal(folders.length, 6));

for (const folder of folders) {
  const path = `tests/integration/recipes/${folder.replaceAll("-", "_")}_test.ts`;
  test(`the recipe ${folder} is started by ${path}`, () => {
    assert.ok(existsSync(new URL(path, root)));
    const text = readFileSync(new URL(path, root), "utf8");
    assert.ok(text.includes(`RecipeSite.start("${folder}"`));
    for (const file of readdirSync(new URL(`docs/recipes/${folder}/`, root))) {
      const isDefault = file === "milterkit.toml" || !file.endsWith(".toml");
      assert.ok(isDefault || text.includes(`"${file}"`), `${path} does not start ${file}`);
    }
  });
}

test("a file that the page does not show is noticed", () => {
  assert.throws(
    () => recipesPage("# Recipes\n"),
    /docs\/recipes\.md does not show .*small-company\/main\.cf/,
  );
});
