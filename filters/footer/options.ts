/**
 * The options of `footer`.
 *
 * @module
 */

import type { OptionDeclarations } from "../../lib/filter/option_declarations.ts";

/** All options. */
export const FOOTER_OPTIONS = {
  text: {
    kind: "string",
    metavar: "TEXT",
    example: "Example Ltd, registered in Leeds, no. 12345",
    description: "The footer for plain text, and for HTML unless --html-file is given",
  },
  "text-file": {
    kind: "file",
    metavar: "FILE",
    example: "/etc/milterkit/footer.txt",
    description: "Read the footer for plain text from this file, in UTF-8",
  },
  "html-file": {
    kind: "file",
    metavar: "FILE",
    example: "/etc/milterkit/footer.html",
    description: "Read the footer for HTML from this file, in UTF-8: elements that may stand inside <body>",
  },
  top: { kind: "flag", description: "Put the footer above the text instead of below it" },
  marker: {
    kind: "string",
    metavar: "TEXT",
    example: "registered in Leeds",
    description:
      "Words of the footer by which it is recognized; by default its longest line. A message that contains them gets no footer",
  },
  repeat: {
    kind: "flag",
    description: "Also add the footer to messages that contain it already, such as replies that quote it",
  },
  "also-signed": {
    kind: "flag",
    description: "Also add the footer to messages with a DKIM signature or an ARC seal, and break these",
  },
} as const satisfies OptionDeclarations;
