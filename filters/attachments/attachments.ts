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
    `It looks at every part of a message: attachments, pictures, texts, and what is in attached messages. A part is found if one of
the options fits it; at least one of --file-name, --type, --executable, --double-extension, --max-size, --encrypted-archive,
--unreadable-archive and --ambiguous must be given.

NAMES are the decoded ones, all that any mail program may show, without folders, invisible characters, and dots and spaces at
the end. Programs are also known by their content, whatever their names and types say.

ARCHIVES are listed without unpacking them: zip files (and what is one inside, such as documents of Office), tar, gzip, RAR, 7z,
cabinet files and winmail.dat. --file-name, --executable and --double-extension look at the names in them, --type and --executable at
the content too, where it is not packed or packed by zip or gzip. Archives in archives are listed to --archive-depth. Archives
of other kinds, or which are damaged, count as --unreadable-archive. The content of encrypted messages cannot be looked at.

LIMITS of archives and of the message's structure (1000 parts, 50 inside one another, 64 KiB of header in a part) keep the
filter fast whatever comes. What they keep from being looked at counts as found, unless --on-limit says otherwise.

ACTIONS. reject answers 550 5.7.1 and the name, tempfail 451 4.7.1, each at the end of the message; parts that are too large get
552 5.3.4 or 452 4.3.4. mark adds a field such as "X-Attachments-Found: executable (invoice.exe in files.zip)" and lets the message
pass. strip puts a note in the place of the part and leaves every other byte as it is. It keeps the original in a folder
(--keep) or, with --keep-nothing, nowhere. It never changes what is signed or encrypted: see --on-unstrippable.

Put strip after filters that check signatures and before those that sign. For several actions, use the filter several times.

See docs/attachments.md.`,
  examples: [
    [
      "No programs, also not in archives:",
      "milterkit serve --listen inet:8825@localhost --filter attachments --executable",
    ],
    [
      "Macros in documents, and what nobody can look into, go to quarantine:",
      "milterkit serve --listen inet:8825@localhost --filter attachments --file-name 'vbaProject.bin' --encrypted-archive --action quarantine",
    ],
    [
      "Take out pages and programs, and keep the originals:",
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
