/** Converts a configuration of OpenDKIM that a test writes. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertOpendkim } from "../../../cli/commands/config/from_opendkim/convert.ts";
import { placeText, type Remark } from "../../../cli/commands/config/conversion/report.ts";
import { present } from "../../support/present.ts";

/** What came of a conversion, with FOLDER for the folder of the files. */
export interface Converted {
  /** The configuration; undefined if there are problems. */
  readonly text: string | undefined;
  /** `opendkim.conf:7 what is wrong`. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Converts.
 *
 * @param conf the text of opendkim.conf, with FOLDER for the folder of the files; it gets a Socket unless it mentions one
 * @param files further files, by name
 * @param copies the folder of copies of the keys
 */
export function convert(
  conf: string,
  files: Readonly<Record<string, string>> = {},
  copies?: string,
): Converted {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-opendkim-"));
  const whole = conf.includes("Socket") ? conf : `${conf}\nSocket inet:8891@localhost\n`;
  try {
    for (const [name, text] of Object.entries({ "opendkim.conf": whole, ...files })) {
      writeFileSync(join(folder, name), text.replaceAll("FOLDER", folder));
      chmodSync(join(folder, name), 0o644);
    }
    const { text, problems, notes } = convertOpendkim(join(folder, "opendkim.conf"), copies);
    const shown = (remarks: readonly Remark[]) =>
      remarks.map(({ place, text }) =>
        `${placeText(place)} ${text}`.replaceAll(`${folder}/`, "").replaceAll(folder, "FOLDER")
      );
    return { text: text?.replaceAll(folder, "FOLDER"), problems: shown(problems), notes: shown(notes) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What signs with one key for example.org, beside which a setting is tried. */
export const ONE_KEY = "Domain example.org\nSelector s\nKeyFile /k.pem\nMode s\n";

/** The value of an option in a configuration, without comments; a list as one line. */
export function optionOf({ text, problems }: Converted, name: string): string | undefined {
  const lines = present(text, `a configuration, not ${problems.join("; ")}`);
  const [, value] = new RegExp(`^${name} = (\\[(?:.*\\n(?:  .*\\n)*\\]|.*\\])|.*)`, "m").exec(lines) ?? [];
  return value?.replace(/ {2}#.*/g, "").replace(/,?\n\]/, "]").replace(/\s*\n\s*/g, " ").replace("[ ", "[");
}
