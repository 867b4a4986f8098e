/**
 * Rejects, holds, marks or strips messages with unwanted attachments.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import { OptionError } from "../../lib/options/options.ts";
import { attachmentFilter } from "./callbacks.ts";
import { folderProblem } from "./keep.ts";
import { readNote } from "./note.ts";
import { ATTACHMENT_OPTIONS, CHANGES_OF_ACTIONS } from "./options.ts";
import { attachmentSettings } from "./settings_of_options.ts";

/** The filter `attachments`. */
export const attachments = defineFilter({
  name: "attachments",
  summary: "Rejects, holds, marks or strips unwanted attachments",
  description:
    `The filter examines every part of a message: attachments, pictures, texts, and the content of attached messages. A
part is found if one of the options matches it; give at least one of --file-name, --type, --executable,
--double-extension, --max-size, --encrypted-archive, --unreadable-archive and --ambiguous.

NAMES are decoded, and include every name that some mail program may show. Folders, invisible characters, and dots and
spaces at the end are removed. Programs are also recognized by their content, whatever their names and types say.

ARCHIVES are listed without unpacking them: zip files (and formats based on zip, such as Office documents), tar, gzip,
RAR, 7z, cabinet files and winmail.dat. --file-name, --executable and --double-extension examine the names in them;
--type and --executable also examine the content if it is uncompressed or compressed by zip or gzip. Archives in
archives are listed down to --archive-depth. Damaged archives, and those of other kinds, count as
--unreadable-archive. The content of encrypted messages cannot be examined.

LIMITS on archives and on the structure of a message (1000 parts, 50 levels of nesting, 64 KiB of header in a part)
keep the filter fast. Anything that they prevent it from examining counts as found, unless --on-limit says otherwise.

ACTIONS. reject answers 550 5.7.1 with the name, tempfail 451 4.7.1, each at the end of the message; for parts that
are too large the answers are 552 5.3.4 and 452 4.3.4. mark adds a field such as "X-Attachments-Found: executable
(invoice.exe in files.zip)" and lets the message pass. strip replaces the part with a note and leaves every other byte
unchanged. It saves the original in a folder (--keep) or, with --keep-nothing, nowhere. It never changes signed or
encrypted content: see --on-unstrippable.

Put strip after filters that check signatures and before those that sign. For several actions, use several attachments
filters.

See docs/attachments.md.`,
  examples: [
    [
      "Refuse programs, even in archives:",
      "milterkit serve --listen inet:8825@localhost --filter attachments --executable",
    ],
    [
      "Quarantine documents with macros, and encrypted archives:",
      "milterkit serve --listen inet:8825@localhost --filter attachments --file-name 'vbaProject.bin' --encrypted-archive --action quarantine",
    ],
    [
      "Remove HTML pages and programs, and keep the originals:",
      "milterkit serve --listen inet:8825@localhost --filter attachments --file-name '*.{htm,html}' --executable --action strip --keep /var/lib/milterkit/stripped",
    ],
  ],
  changes: [...new Set(Object.values(CHANGES_OF_ACTIONS).flat())],
  verdicts: ["eom"],
  content: "mime",
  options: ATTACHMENT_OPTIONS,
  create(_, kit) {
    const settings = attachmentSettings(kit.options);
    const { strip } = settings;
    const isDryRun = kit.options.get("flag", "dry-run") ?? false;
    const folder = isDryRun ? undefined : strip?.keep;
    const problem = folder === undefined ? undefined : folderProblem(folder);
    if (problem !== undefined) throw new OptionError("keep", folder, problem);
    return attachmentFilter(settings, {
      stripping: strip &&
        { note: readNote(strip.note, strip.keep !== undefined), folder, isTrial: !kit.live },
      found: kit.counter("found_total", "Parts in which something was found, by rule", ["rule"]),
    });
  },
});
