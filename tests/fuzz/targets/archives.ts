/**
 * Archives in attachments.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { Effort } from "../../../filters/attachments/archive/effort.ts";
import { ArchiveLimitError } from "../../../filters/attachments/archive/errors.ts";
import { fileKind, HEAD_OF_ALL_KINDS } from "../../../filters/attachments/archive/kinds.ts";
import { archiveFormat, listArchive } from "../../../filters/attachments/archive/list.ts";
import { PROGRAM, tar, tnef, zip } from "../../attachments/archives.ts";
import { OTHERS_ARCHIVES } from "../../attachments/others_archives.ts";
import { cuttings } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";

const LIMITS = { depth: 3, files: 100, bytes: 1_000_000 };
const PROGRAM_FILE = { name: "a.exe", content: PROGRAM };

export const archives: Target = {
  name: "archives",
  promise: "an archive is listed the same however it is cut, within its limits, and every source is closed",
  cases: 300,
  words: [
    "PK\x01\x02",
    "PK\x03\x04",
    "PK\x05\x06",
    "PK\x06\x06",
    "PK\x06\x07",
    "Rar!\x1a\x07\x01\0",
    "MSCF",
    "\x1f\x8b\x08",
  ],
  seeds: () => [
    ...OTHERS_ARCHIVES.map(({ bytes }) => bytes),
    zip([PROGRAM_FILE, { name: "inner.zip", content: zip([PROGRAM_FILE]) }]),
    zip(
      [{ ...PROGRAM_FILE, hidden: true }, { name: "b.txt", localName: "b.exe", content: "b", method: 0 }],
      "!",
    ),
    gzipSync(tar([PROGRAM_FILE, { name: "b.zip", content: zip([PROGRAM_FILE]) }])),
    tnef([{ title: "A~1.EXE", longName: "a.exe", content: PROGRAM }]),
  ],
  make: (random) => {
    const files = Array.from({ length: random.below(5) }, (_, n) => ({
      name: random.pick(["a.exe", `${n}.txt`, "dir/", "b.zip", ""]),
      content: random.pick([PROGRAM, zip([PROGRAM_FILE]), "text"]),
      method: random.pick([0, 8, 9]),
      hidden: random.below(4) === 0,
      encrypted: random.below(8) === 0,
    }));
    return random.below(3) === 0 ? tar(files) : zip(files);
  },
  async check(bytes) {
    const kind = fileKind(bytes.subarray(0, HEAD_OF_ALL_KINDS));
    const format = archiveFormat(kind, "a.zip");
    let wanted: string | undefined;
    for (const pieces of cuttings(bytes)) {
      let [open, files] = [0, 0];
      const source = {
        async *open(from = 0) {
          open++;
          try {
            let at = 0;
            for (const piece of pieces) {
              const wanted = piece.subarray(Math.max(0, from - at));
              at += piece.length;
              if (wanted.length > 0) yield wanted;
            }
          } finally {
            open--;
          }
        },
      };
      let listing = "";
      try {
        for await (
          const found of listArchive({ source, format: format!, name: "a.zip" }, new Effort(LIMITS))
        ) {
          if (found.type === "file") files++;
          listing += `${JSON.stringify(found)}\n`;
        }
      } catch (error) {
        if (!(error instanceof ArchiveLimitError)) throw error;
        listing += error.message;
      }
      hold(files <= LIMITS.files, "there are no more files than allowed");
      same(open, 0, "every source is closed");
      same(listing, wanted ??= listing, "the listing is the same however the archive is cut");
    }
  },
};
