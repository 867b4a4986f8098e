/**
 * Builds the text of a configuration as its author wrote it, without passwords.
 *
 * @module
 */

import { FILE_OPTIONS } from "../options/serve_options.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import { readToml, type Setting, type Table } from "./toml.ts";
import { tomlText } from "./toml_text.ts";

/** A login in the address of a server, as in `redis://joe:secret@host`. */
const LOGIN = /(\b[a-z][a-z+]*:\/\/[^:@/?\s"']*):[^@\s"']+@/gi;

/**
 * Returns the text of all files as it is written, with comments, order and names of lists. Values of options that hold a
 * password are shown as logs show them; in comments, passwords in addresses of servers are hidden, too.
 *
 * @param texts the texts of the files, valid ones, in the order in which they are included
 * @returns one text; if there are several files, a comment names each
 */
export function writtenConfig(texts: ConfigSnapshot): string {
  const files = Object.entries(texts);
  return files.map(([file, text]) => {
    const shown = withoutPasswords(file, text.replace(/^\uFEFF/, ""));
    const heading = files.length === 1 ? "" : `# File ${file}\n`;
    return `${heading}${shown}${shown === "" || shown.endsWith("\n") ? "" : "\n"}`;
  }).join("\n");
}

function withoutPasswords(file: string, text: string): string {
  const root = readToml(file, text, []);
  const tables = [root, ...root.tables.get("listener") ?? []];
  const values = tables.flatMap(secretsOf).sort((a, b) => b.range[0] - a.range[0]);
  let shown = text;
  for (const { range: [start, end], text } of values) shown = shown.slice(0, start) + text + shown.slice(end);
  return shown.split("\n").map((line) => line.replace(/#.*$/, (comment) => comment.replace(LOGIN, "$1:***@")))
    .join("\n");
}

/** The values of a table that everybody may see only in part, with what they may see. */
function secretsOf(
  { settings }: Table,
): { readonly range: readonly [number, number]; readonly text: string }[] {
  return settings.flatMap(({ key, values }: Setting) => {
    const option = FILE_OPTIONS.find(({ name }) => name === key);
    if (option?.shown === undefined) return [];
    return values.flatMap(({ text, range }) => {
      const shown = option.shown!(text);
      return shown === text ? [] : [{ range, text: tomlText(shown) }];
    });
  });
}
