/**
 * Type-checks the examples in README and docs: every block of TypeScript is a program. tests/docs runs them.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../../tests/support/process.ts";
import { runProcess } from "../run_process.ts";

/** The folder of the checkout. */
export const root = new URL("../../", import.meta.url);

/** An example. */
export interface Example {
  /** Such as `docs/tutorial.md:20`. */
  readonly place: string;
  /** Its lines. */
  readonly code: string;
}

/** All blocks of TypeScript in README and docs. */
export function examples(): Example[] {
  const pages = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md")).sort();
  return ["README.md", ...pages.map((name) => `docs/${name}`)].flatMap((page) => {
    const text = readFileSync(new URL(page, root), "utf8");
    return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = "", index }) => ({
      place: `${page}:${text.slice(0, index).split("\n").length}`,
      code,
    }));
  });
}

/** Returns Deno's type errors in the examples; none if all are correct. */
export async function exampleProblems(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-examples-"));
  try {
    const files = examples().map(({ place, code }) => {
      const file = join(folder, `${place.replace(/\W+/g, "_")}.ts`);
      // A module, even where it imports nothing: else all scripts share their names.
      writeFileSync(file, `${code.replaceAll(`"./mod.ts"`, `"milterkit"`)}\nexport {};\n`);
      return file;
    });
    const config = fileURLToPath(new URL("deno.json", root));
    const command: Argv = [process.execPath, "check", "--quiet", "--config", config, ...files];
    const { code, output } = await runProcess(command);
    return code === 0 ? [] : [output];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
