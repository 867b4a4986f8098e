/**
 * Adds a footer to the text and HTML of messages. Put it before the filter or milter that signs mail.
 *
 *     milterkit serve --listen inet:8825@localhost --filter ./footer.ts --text "Example Ltd, 1 High Street"
 */

import { defineFilter } from "milterkit";

export default defineFilter({
  name: "footer",
  summary: "Adds a footer to mail that nobody has signed",
  options: {
    text: { kind: "string", repeatable: true, required: true, description: "A line of the footer" },
    "max-size": { kind: "size", default: "1MB", description: "Leave larger messages as they are" },
  },
  content: "mime",
  changes: ["editContent"],
  verdicts: [],
  create: ({ text, maxSize }) => ({
    async eom({ headers, content }, { remark }) {
      const isSigned = headers.get("DKIM-Signature") ?? headers.get("ARC-Seal");
      if (isSigned) return remark("no footer: somebody has signed the message");
      if (content.size > maxSize) return remark("no footer: the message is too large");
      const { done, refused } = await content.addText({ text: ["-- ", ...text].join("\n") });
      if (!done) remark(`no footer: ${refused.map(({ message }) => message).join(", ")}`);
    },
  }),
});
