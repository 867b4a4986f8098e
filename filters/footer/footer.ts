/**
 * Adds a footer to messages.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import { footerFilter } from "./footer_filter.ts";
import { FOOTER_OPTIONS } from "./options.ts";

/** The filter `footer`. */
export const footer = defineFilter({
  name: "footer",
  summary: "Adds a footer to the text of messages",
  description:
    `The footer is added to the readable text of the message: to its plain text, its HTML, or both. Attachments, attached
messages and all other bytes stay unchanged. In plain text, an empty line precedes the footer. Without --html-file,
the text becomes paragraphs in HTML.

A part keeps its charset and encoding if they can represent the footer. If its charset lacks a character, only this
part is converted to UTF-8.

By default all mail gets the footer. Restrict it to your own users' mail, for example with --only-authenticated or
--only-client.

EXCEPTIONS. A signed or encrypted text (S/MIME, PGP) stays as it is. So does a message with a DKIM signature or an ARC
seal, which the footer would break; --also-signed adds the footer anyway. Delivery reports and messages without a text
get none. Each message's log line says where the footer was added, or why it was not.

ONCE. A message that contains the footer already, such as a reply that quotes it, gets no second one. The footer is
recognized by its longest line, or by the words of --marker; line breaks, quote marks and formatting do not matter. So
anybody can avoid the footer by writing these words: for a warning above mail from outside, give --repeat.

NAMES. {from}, {from_name} and {from_domain} are the author's address, name and domain from From; {subject} is the
subject; {date} is the date, such as 2026-11-30; {mail_from} is the envelope sender; {auth_authen} is the name that
the client logged in with; {client_addr} and {client_name} are the client's address and name. An unknown value is
empty; a value has at most 200 characters. {{ is a literal brace, as is a brace before anything else, for example in
CSS. There is no name for the recipient, since all recipients get the same message.

Put it before dkim-sign. Files are read at startup and on reload.`,
  examples: [
    [
      "Add a line below the mail of users who logged in, then sign it:",
      'milterkit serve --listen inet:8825@localhost --filter footer --only-authenticated --text "Example Ltd, registered in Leeds, no. 12345" --filter dkim-sign --keys /etc/milterkit/keys',
    ],
    [
      "Add a warning above mail from outside:",
      'milterkit serve --listen inet:8825@localhost --filter footer --not-authenticated --top --repeat --also-signed --text "This message was sent from outside by {from}."',
    ],
    [
      "Read text and HTML from files, for one domain:",
      "milterkit serve --listen inet:8825@localhost --filter footer --only-sender example.org --text-file /etc/milterkit/footer.txt --html-file /etc/milterkit/footer.html",
    ],
  ],
  content: "mime",
  changes: ["editContent"],
  verdicts: [],
  options: FOOTER_OPTIONS,
  create: (_, kit) => footerFilter(kit),
});
