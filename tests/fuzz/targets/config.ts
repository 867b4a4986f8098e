/**
 * Configuration files.
 *
 * @module
 */
import { readConfiguration } from "../../../cli/config/configuration.ts";
import { effectiveConfig } from "../../../cli/config/effective.ts";
import { exampleConfig } from "../../../cli/config/example.ts";
import { ConfigError } from "../../../cli/config/problem.ts";
import { latin1Bytes, toBytes, utf8Text } from "../../../lib/message/text.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { written } from "../own_folder.ts";
import { at } from "../../support/present.ts";

const LINES = [
  'listen = "inet:8891@localhost"',
  'listen = ["inet:8892@localhost", "unix:/run/x.sock"]',
  'callback-timeout = "8s"',
  "limit-recipients = 100",
  "workers = 2",
  'log-format = "json"',
  'log-redact = ["clients", "local-parts"]',
  "[[filter]]",
  'name = "size-limit"',
  'max = "25MB"',
  'name = "header-rewrite"',
  'add = ["X-A: 1", "X-B: {i}"]',
  'remove = "X-Spam*"',
  "[[filter.options]]",
  'add = "X-C: \\u00e9\\t"',
  "[[listener]]",
  "[[listener.filter]]",
  'name = "dkim-check"',
  'not-client = "10.0.0.0/8"',
  'only-sender = "example.org"',
  'share = "10%"',
  "dry-run = true",
  "include = []",
  "# comment",
];

/** Longest file. */
const MOST_TEXT = 8192;

export const config: Target = {
  name: "config",
  promise: "a file is refused with places in it, or the configuration in force reads as the same again",
  cases: 400,
  words: [
    ...LINES,
    "[[",
    "]]",
    '"',
    "'''",
    '"""',
    " = ",
    "\\u",
    "1e9",
    "0x10",
    "2026-01-01",
    "{ a = 1 }",
    ".",
    "true",
  ],
  seeds: () => [toBytes(exampleConfig())],
  make(random) {
    const lines = [at(LINES, 0), "[[filter]]", 'name = "size-limit"', 'max = "1MB"'];
    for (let i = random.below(10); i > 0; i--) {
      lines.splice(random.below(lines.length + 1), 0, random.pick(LINES));
    }
    return latin1Bytes(lines.join(random.below(8) ? "\n" : "\r\n"));
  },
  async check(bytes) {
    // What an error quotes is then what stands in the file.
    const text = utf8Text(bytes);
    // A file is its owner's, and the parser takes its time for a key of thousands of parts.
    if (text.length > MOST_TEXT) return;
    // Other files are no part of a case.
    if (/include *=(?! *\[ *\])|"[^"\n]*[/\\][^"\n]*\.[cm]?[jt]s"/.test(text)) return;
    const file = written("case.toml", text);
    let effective: string;
    try {
      effective = effectiveConfig(await readConfiguration(file));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      checkPlaces(error, file, text);
      return;
    }
    const again = written("again.toml", effective);
    same(effectiveConfig(await readConfiguration(again)), effective, "what is in force reads as the same");
  },
};

function checkPlaces(error: ConfigError, file: string, text: string): void {
  const lines = text.split("\n");
  hold(error.value.length > 0, "something is said to be wrong");
  for (const { place, reason } of error.value) {
    same(place.file, file, "a place is in the file");
    hold(reason !== "", "a reason is given");
    hold(
      place.line >= 1 && place.line <= lines.length,
      "a line is one of the file",
      () => `${place.line} ${reason}`,
    );
    const length = at(lines, place.line - 1).length;
    hold(
      place.column >= 1 && place.column <= length + 2,
      "a column is one of its line",
      () => `${place.line}:${place.column} of ${length}, ${reason}`,
    );
  }
}
