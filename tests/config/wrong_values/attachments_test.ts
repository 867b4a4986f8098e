// Wrong values of the options of attachments.
import { one, type Row, testValues } from "./support.ts";

const ATTACHMENTS: Row[] = [
  one("file-name", "exe", "a pattern is for the whole name; write *.exe", "*.exe"),
  one("file-name", ".exe", "a pattern is for the whole name; write *.exe", "*.exe", "a.exe"),
  one(
    "file-name",
    "dir/*.exe",
    "names are matched without their folders; leave out what is before the last slash",
  ),
  one(
    "file-name",
    "*.{exe,scr",
    "it has an unmatched brace, or braces inside braces",
    "*.{exe,scr}",
  ),
  one("file-name", "*.{a,{b,c}}", "it has an unmatched brace, or braces inside braces"),
  one(
    "file-name",
    "{a,b,c,d}".repeat(6),
    "its braces stand for more than 1000 patterns",
    "{a,b,c,d}".repeat(4),
  ),
  one(
    "type",
    "zip",
    "want a media type, such as application/x-msdownload or image/*",
    "application/zip",
    "*/zip",
  ),
  one(
    "type",
    "multipart/*",
    "it has parts, which are looked at one by one; want the type of one that has none",
  ),
  one("max-size", "10", "write 10MB, or 10B if you mean bytes", "10MB"),
  [
    [["file-name", "*.exe"], ["except-file-name", "*"]],
    "it excludes everything that --file-name matches",
    [["file-name", "*"], ["except-file-name", "*.pdf"]],
  ],
  [[["executable"], ["except-file-name", "*.pdf"]], "it works only with --file-name"],
  [[["executable"], ["double-extension"]], "--executable finds these files, too; leave one of the two out"],
  [
    [["archive-depth", "0"], ["encrypted-archive"]],
    "with --archive-depth 0, archives are not examined",
    [["archive-depth", "1"], ["encrypted-archive"]],
  ],
  [
    [["max-size", "1MB"], ["ambiguous"], ["archive-depth", "2"]],
    "--max-size and --ambiguous alone do not look into archives",
    [["executable"], ["ambiguous"], ["archive-depth", "2"]],
  ],
  [
    [["executable"], ["archive-bytes", "10kB"]],
    "it must be at least 1MB",
    [["executable"], ["archive-bytes", "1MB"]],
  ],
  [[["executable"], ["archive-depth", "11"]], "it must be at most 10", [["executable"], [
    "archive-depth",
    "10",
  ]]],
  [
    [["executable"], ["action", "accept"]],
    "want one of reject, tempfail, discard, quarantine, mark, strip",
    [["executable"], ["on-limit", "accept"]],
  ],
  [
    [["executable"], ["on-limit", "strip"]],
    "want one of action, reject, tempfail, quarantine, mark, accept",
    [["executable"], ["on-limit", "mark"], ["mark-header", "X-A"]],
  ],
  [[["executable"], ["mark-header", "X-A"]], "it works only with --action mark"],
  [[["executable"], ["keep", "/var/tmp"]], "it works only with --action strip"],
  [[["executable"], ["on-unstrippable", "mark"]], "it works only with --action strip"],
  [
    [["executable"], ["action", "strip"], ["keep", "/var/tmp"], ["keep-nothing"]],
    "leave it out, or --keep",
    [["executable"], ["action", "strip"], ["keep", "/var/tmp"]],
  ],
  [
    [["executable"], ["action", "strip"], ["keep", "/dev/null"]],
    "it is no folder",
    [["executable"], ["action", "strip"], ["keep-nothing"]],
  ],
  [
    [["executable"], ["action", "strip"], ["keep-nothing"], ["note", "/dev/null"]],
    "it is empty",
    [["executable"], ["action", "strip"], ["keep-nothing"], ["on-unstrippable", "mark"], [
      "mark-header",
      "X-A",
    ]],
  ],
];

testValues({ name: "attachments" }, ATTACHMENTS);
