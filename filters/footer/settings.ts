/**
 * Makes settings of the options of `footer`.
 *
 * @module
 */

import { comparable } from "../../lib/mime/edit/text/text_finder.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { readTextFile } from "../../lib/options/text_file.ts";
import { hasMarker, htmlMarker, SHORTEST_MARKER, textMarker } from "./marker.ts";
import { type FooterTemplate, parseFooter } from "./template.ts";

/** What the filter adds, and to which messages. */
export interface FooterSettings {
  /** The footer for plain text. */
  readonly text: FooterTemplate;
  /** The footer for HTML; undefined: made of the text. */
  readonly html: FooterTemplate | undefined;
  /** Where it goes. */
  readonly at: "end" | "top";
  /** A message that has one of these texts gets no footer. */
  readonly markers: readonly string[];
  /** Whether messages that are signed by DKIM get it too. */
  readonly alsoSigned: boolean;
}

/**
 * Reads the settings.
 *
 * @param options what was given
 * @throws {OptionError} for conflicting options, a file that cannot be read, or a footer that is not valid
 */
export function footerSettings(options: OptionValues): FooterSettings {
  const text = textTemplate(options);
  const html = fileTemplate(options, "html-file");
  return {
    text,
    html,
    at: options.get("flag", "top") ? "top" : "end",
    markers: markersOf(options, text, html),
    alsoSigned: options.get("flag", "also-signed") ?? false,
  };
}

function textTemplate(options: OptionValues): FooterTemplate {
  const text = options.get("string", "text");
  const file = options.text("text-file");
  if (text !== undefined && file !== undefined) {
    throw new OptionError("text-file", file, "--text gives the footer already");
  }
  if (text === undefined) {
    const template = fileTemplate(options, "text-file");
    if (template !== undefined) return template;
    const wanted = options.text("html-file") === undefined ? "" : " for plain text too";
    throw new OptionError("text", undefined, `give the footer${wanted}, with this or with --text-file`);
  }
  return template(options, "text", text);
}

function fileTemplate(options: OptionValues, name: "text-file" | "html-file"): FooterTemplate | undefined {
  const path = options.get("file", name);
  if (path === undefined) return undefined;
  return template(options, name, readTextFile(name, path));
}

function template(options: OptionValues, name: string, text: string): FooterTemplate {
  const fail = (reason: string): never => {
    throw new OptionError(name, options.text(name), reason);
  };
  if (text.trim() === "") return fail("it contains no text");
  const problem = name === "html-file" ? htmlProblem(text) : textProblem(text);
  if (problem !== undefined) return fail(problem);
  // deno-lint-ignore no-control-regex -- they are what is looked for
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) return fail("it holds control characters");
  return parseFooter(text, fail);
}

/** Finds likely mistakes in a text. */
function textProblem(text: string): string | undefined {
  if (/^\s*<(?:!doctype|a|b|br|div|em|font|hr|html|i|p|span|strong|table)\b[^>]*>/i.test(text)) {
    return "it is HTML; want plain text here, and the HTML in a file for --html-file";
  }
  if (/^(?:\.{0,2}\/|~\/)[\w./-]+$/.test(text.trim())) {
    return "it is a path; want the text itself, or --text-file with the path";
  }
  return /\\[nr]/.test(text)
    ? "\\n is no line break here; write a line break as it is, or use --text-file"
    : undefined;
}

/** Refuses tags of a whole document, which would end up inside another document. */
function htmlProblem(html: string): string | undefined {
  const [, tag] = /<\/?(html|head|body|!doctype)\b/i.exec(html) ?? [];
  return tag === undefined
    ? undefined
    : `it has a ${tag.toLowerCase()} tag; want only what may stand in a body`;
}

function markersOf(
  options: OptionValues,
  text: FooterTemplate,
  html: FooterTemplate | undefined,
): readonly string[] {
  const given = options.get("string", "marker");
  const repeats = options.get("flag", "repeat") ?? false;
  if (repeats) {
    if (given !== undefined) {
      throw new OptionError(
        "marker",
        given,
        "leave it out: with --repeat, the footer is added without looking for it",
      );
    }
    return [];
  }
  if (given === undefined) {
    const marker = textMarker(text) ??
      unrecognizable(options, options.text("text") === undefined ? "text-file" : "text");
    const ofHtml = html === undefined ? marker : htmlMarker(html) ?? unrecognizable(options, "html-file");
    return [...new Set([marker, ofHtml])];
  }
  const fail = (reason: string): never => {
    throw new OptionError("marker", given, reason);
  };
  if (comparable(given).length < SHORTEST_MARKER) {
    return fail(
      `want at least ${SHORTEST_MARKER} letters and digits, which are not in others' mail by accident`,
    );
  }
  if (!hasMarker(text, given, false)) {
    return fail("it must be in the text of the footer, which is recognized by it");
  }
  if (html !== undefined && !hasMarker(html, given, true)) {
    return fail("it must be in the HTML of the footer too, which is recognized by it");
  }
  return [given];
}

function unrecognizable(options: OptionValues, name: string): never {
  throw new OptionError(
    name,
    options.text(name),
    `no line of it has ${SHORTEST_MARKER} letters and digits, by which replies that have it could be recognized; ` +
      "write more, or give --repeat",
  );
}
