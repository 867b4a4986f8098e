/**
 * Formats manual pages with the man(7) macros, which every troff and mandoc supports.
 *
 * @module
 */

import type { CommandOption, Help } from "../../../cli/terminal/arguments.ts";

/** The head of a page. */
export interface PageHead {
  readonly name: string;
  readonly section: number;
  readonly version: string;
  /** The date of the page. */
  readonly date: Date;
  /** A short description: the line that apropos(1) shows. */
  readonly about: string;
}

/** Returns the first lines of a page. */
export function pageHead({ name, section, version, date, about }: PageHead): string {
  const day = date.toISOString().slice(0, 10);
  return `.TH ${name.toUpperCase()} ${section} ${day} "Milterkit ${version}"\n` +
    // Text to be copied must not be hyphenated.
    ".nh\n.ad l\n" +
    heading("name") + `${escape(name)} \\- ${escape(about)}\n`;
}

/** Joins the parts of a page. */
export function page(parts: readonly string[]): string {
  // A heading already begins a paragraph.
  return parts.join("").replace(/^(\.S[HS] .*\n)\.PP\n/gm, "$1");
}

/** A section heading; in man pages they are in capitals. */
export function heading(text: string): string {
  return `.SH ${quoted(text.toUpperCase())}\n`;
}

/** A subsection heading. */
export function subheading(text: string): string {
  return `.SS ${quoted(text)}\n`;
}

/** Escapes text so that troff interprets no character of it. */
export function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq").replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha").replaceAll("~", "\\(ti").replace(/^\./gm, "\\&.");
}

/** Paragraphs with wrapped lines; a paragraph that begins with a space keeps its lines. */
export function paragraphs(text: string): string {
  return text.split("\n\n").map((paragraph) =>
    paragraph.startsWith(" ") ? example(paragraph.replace(/^ +/gm, "")) : `.PP\n${sentences(paragraph)}`
  ).join("");
}

/** Lines to be copied. */
export function example(text: string): string {
  return `.PP\n.RS 4\n.nf\n${escape(text.replace(/\n$/, ""))}\n.fi\n.RE\n`;
}

/** An entry of a list. */
export function item(term: string, text: string): string {
  return `.TP\n.B ${quoted(term)}\n${sentences(text)}`;
}

/** An option with its description: with dashes for the command line, without for the file. */
export function option(spec: CommandOption, style: "flag" | "key"): string {
  const metavar = spec.kind === "flag" ? "" : spec.metavar ?? spec.kind.toUpperCase();
  const short = spec.short === undefined ? "" : `-${spec.short}, `;
  const term = style === "flag"
    ? `.BI ${quoted(`${short}--${spec.name}${metavar ? " " : ""}`)} ${quoted(metavar)}`.trimEnd()
    : `.BI ${quoted(`${spec.name} = `)} ${quoted(metavar || "true")}`;
  const notes = [
    ...(spec.choices ? [`one of ${spec.choices.join(", ")}`] : []),
    ...(spec.default === undefined ? [] : [`default ${spec.default}`]),
    ...(spec.example === undefined ? [] : [`such as ${spec.example}`]),
    ...(spec.repeatable ? [style === "flag" ? "can be repeated" : "a list for several values"] : []),
  ];
  const text = spec.description + (notes.length > 0 ? ` (${notes.join("; ")})` : "");
  return `.TP\n${term.replace(/ ""$/, "")}\n${sentences(`${text}.`)}`;
}

/** Example command lines with their descriptions. */
export function examples(list: Help["examples"]): string {
  return (list ?? []).map(([what, command]) =>
    `.PP\n${sentences(what)}` + example(command.replaceAll(" --filter ", " \\\n  --filter "))
  ).join("");
}

/** One sentence per line, as formatters detect the end of a sentence by it; long sentences are wrapped. */
function sentences(text: string): string {
  const one = text.replace(/\s*\n\s*/g, " ").trim();
  const lines = one.split(/(?<=[a-z)\d][.?]) (?=[A-Z])/).flatMap(fold);
  return lines.map((line) => `${escape(line)}\n`).join("");
}

function fold(line: string): string[] {
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines.at(-1)!;
    // Escaping makes it a little longer.
    if (last !== "" && last.length + word.length > 70) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

function quoted(text: string): string {
  return `"${escape(text).replaceAll('"', "\\(dq")}"`;
}
