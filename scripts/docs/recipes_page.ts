/**
 * Shows the files of `docs/recipes/` on the page `docs/recipes.md`.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { root } from "./examples.ts";

const FOLDER = new URL("docs/recipes/", root);
const SHOWN = /^(<!-- ([\w.\/-]+), put here by deno task docs -->\n)(?:.*?\n)??(<!-- End of file -->\n)/gms;

/**
 * The page with its files as they are.
 *
 * @param written the page as it is written
 * @throws {Error} where it names a file that there is not, or lacks one
 */
export function recipesPage(written: string): string {
  const shown = new Set([...written.matchAll(SHOWN)].map(([, , file = ""]) => file));
  const missing = files().filter((file) => !shown.has(file));
  if (missing.length > 0) {
    throw new Error(
      `docs/recipes.md does not show ${missing.join(", ")}: add "<!-- ${
        missing[0]
      }, put here by deno task docs -->" and "<!-- End of file -->", a line each`,
    );
  }
  return written.replace(SHOWN, (_, begin: string, file: string, end: string) => {
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    const language = file.endsWith(".toml") ? "toml" : "";
    return `${begin}\n\`\`\`${language}\n${text}\`\`\`\n\n${end}`;
  });
}

/** All files of the recipes, as `small-company/main.cf`. */
function files(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap((
    { name },
  ) => readdirSync(new URL(`${name}/`, FOLDER)).map((file) => `${name}/${file}`)).sort();
}
