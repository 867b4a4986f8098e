/**
 * Names copies of keys instead of OpenDKIM's own files.
 *
 * OpenDKIM requires that only its own user can read a key, dkim-sign that only root can replace it. So both programs can
 * only run side by side if each has files of its own.
 *
 * @module
 */

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileProblem } from "../../../../filters/dkim_sign/keys/permissions.ts";
import type { SigningKey } from "./key_table.ts";
import type { Report } from "../conversion/report.ts";
import type { WhoSigns } from "./who_signs.ts";

/**
 * The same with copies of the keys.
 *
 * @param who who is signed by what
 * @param folder the folder for the copies
 * @param report receives the commands that make them
 */
export function withCopies(who: WhoSigns, folder: string, report: Report): WhoSigns {
  return { ...who, keys: who.keys.map((key) => copyOf(key, resolve(folder), report)) };
}

/**
 * Notes which of OpenDKIM's own files dkim-sign would refuse.
 *
 * @param who who is signed by what
 * @param report receives the notes
 */
export function noteRefusedKeys({ keys }: WhoSigns, report: Report): void {
  for (const { file, place } of keys) {
    const stats = statSync(file, { throwIfNoEntry: false });
    const problem = stats && fileProblem(file, stats)?.replace(/; run .*/s, "");
    if (problem === undefined) continue;
    report.note(place, `dkim-sign refuses ${file}: ${problem}. With --keys FOLDER it gets a copy`);
  }
}

function copyOf(key: SigningKey, folder: string, report: Report): SigningKey {
  const { domain, selector, file, place } = key;
  const isEach = file.includes("%");
  const copy = domain === "%" && !isEach
    ? join(folder, `${selector}.pem`)
    : join(folder, domain, `${selector}.pem`);
  const command = `install -D -o root -g milterkit -m 0640 ${quoted(file)} ${quoted(copy)}`;
  report.note(
    place,
    isEach ? `copy the key of each domain, which stands for %: ${command}` : `copy the key: ${command}`,
  );
  return { ...key, file: copy };
}

/** A word for a shell. */
function quoted(path: string): string {
  return /^[\w./%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
