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
    description: "The footer for plain text; for HTML too, if no HTML is given",
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
    description: "Read the footer for HTML from this file, in UTF-8: elements as they stand in a body",
  },
  top: { kind: "flag", description: "Put it above the text, and not below" },
  marker: {
    kind: "string",
    metavar: "TEXT",
    example: "registered in Leeds",
    description:
      "Words of the footer by which it is recognized; by default its longest line. A message that has them gets no other footer",
  },
  repeat: {
    kind: "flag",
    description: "Also add it to messages that have it already, such as replies that quote it",
  },
  "also-signed": {
    kind: "flag",
    description: "Also add it to messages with a DKIM signature or an ARC seal, which then no longer fit",
  },
} as const satisfies OptionDeclarations;
