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
    `The footer is added to what people read: to the text of the message or, if it has both, to its plain text and
its HTML. Attachments and messages inside the message stay as they are, and so does every other byte. In plain text, an empty
line comes before the footer. Without HTML of its own, it becomes paragraphs in HTML.

A part keeps its charset and encoding if they can carry the footer. If its charset lacks a character, this part alone becomes
UTF-8.

Restrict it to mail of your own users, such as with --only-authenticated or --only-client: by default, all mail gets it.

WHO DOES NOT GET IT. A text that is signed or encrypted (S/MIME, PGP) stays as it is. So does a message with a DKIM signature
or an ARC seal, which would no longer fit; with --also-signed, it gets the footer all the same. A delivery report gets none,
nor does a message without a text. The line of each message in the log says to what the footer was added, or why not.

ONCE. A message that has the footer already, such as a reply that quotes it, gets no second one. It is recognized by its
longest line, or by the words of --marker; line breaks, quote marks and formatting do not matter. So whoever writes these
words gets no footer: for a warning above mail from outside, give --repeat.

NAMES. {from}, {from_name} and {from_domain} are the author's address, name and domain as From has them, {subject} is the
subject, {date} is the day, such as 2026-11-30, {mail_from} is the envelope sender, {auth_authen} the name that the client
logged in with, {client_addr} and {client_name} the client. What is not known is empty, and a value has at most 200 characters.
{{ is a literal brace; a brace before anything else is one, too, as in CSS. There is no name for the recipient, since all
recipients get the same message.

Put it before dkim-sign. Files are read at the start and at a reload.`,
  examples: [
    [
      "A line below the mail of users who logged in, which is signed then:",
      'milterkit serve --listen inet:8825@localhost --filter footer --only-authenticated --text "Example Ltd, registered in Leeds, no. 12345" --filter dkim-sign --keys /etc/milterkit/keys',
    ],
    [
      "A warning above mail from outside:",
      'milterkit serve --listen inet:8825@localhost --filter footer --not-authenticated --top --repeat --also-signed --text "This message was sent from outside by {from}."',
    ],
    [
      "Text and HTML from files, for one domain:",
      "milterkit serve --listen inet:8825@localhost --filter footer --only-sender example.org --text-file /etc/milterkit/footer.txt --html-file /etc/milterkit/footer.html",
    ],
  ],
  content: "mime",
  changes: ["editContent"],
  verdicts: [],
  options: FOOTER_OPTIONS,
  create: (_, kit) => footerFilter(kit),
});
