/**
 * Renders forms that search, filled in with what was searched for.
 *
 * @module
 */

import { type Content, type Markup, markup } from "./markup.ts";

/** A field of a form. */
export interface SearchField {
  /** The parameter of the URL. */
  readonly name: string;
  readonly label: string;
  /** An example of what to write. */
  readonly hint?: string;
  /** What may be chosen: value and text; without it, any text may be written. */
  readonly choices?: readonly (readonly [value: string, text: string])[];
  /** Texts that are proposed. */
  readonly proposals?: readonly string[];
  /** Whether it takes a whole line. */
  readonly wide?: boolean;
}

/** The times that forms offer to look back. */
export const SINCE: SearchField = {
  name: "since",
  label: "Since",
  choices: [["", "any time"], ["5m", "5 minutes"], ["1h", "1 hour"], ["6h", "6 hours"], ["1d", "1 day"]],
};

/**
 * Renders a form. It works without the page's script, which searches while somebody types.
 *
 * @param action the page that answers it
 * @param fields its fields
 * @param query what was searched for; it opens the fields that are not in the first line
 */
export function searchForm(action: string, fields: readonly SearchField[], query: URLSearchParams): Markup {
  const first = fields.filter((each) => each.wide || each.choices);
  const more = fields.filter((each) => !first.includes(each));
  const open = more.some(({ name }) => query.get(name)?.trim());
  return markup`<form id="search" class="search" action="${action}" role="search">
<div class="first">${
    first.map((each) => label(each, query))
  }<p><button type="submit">Search</button> <a href="${action}">Clear</a></p></div>
<details${open ? markup` open` : undefined}><summary>${more.map(({ label }) => label).join(", ")}</summary>
<div class="fields">${more.map((each) => label(each, query))}</div></details>
</form>`;
}

function label(field: SearchField, query: URLSearchParams): Markup {
  return markup`<label${field.wide ? markup` class="wide"` : undefined}><span>${field.label}</span>${
    input(field, query)
  }</label>\n`;
}

function input({ name, hint, choices, proposals }: SearchField, query: URLSearchParams): Content {
  const value = query.get(name)?.trim() ?? "";
  if (choices) {
    // What somebody wrote into the URL is kept.
    const all = choices.some(([known]) => known === value) ? choices : [...choices, [value, value] as const];
    return markup`<select name="${name}">${
      all.map(([each, text]) =>
        markup`<option value="${each}"${each === value ? markup` selected` : undefined}>${text}</option>`
      )
    }</select>`;
  }
  const list = proposals && proposals.length > 0
    ? markup`<datalist id="known-${name}">${
      proposals.map((text) => markup`<option value="${text}">`)
    }</datalist>`
    : undefined;
  return markup`<input name="${name}" value="${value}" maxlength="300" autocomplete="off" spellcheck="false"${
    hint === undefined ? undefined : markup` placeholder="${hint}"`
  }${list ? markup` list="known-${name}"` : undefined}>${list}`;
}
