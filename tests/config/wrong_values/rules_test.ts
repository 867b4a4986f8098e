// Wrong values of the options of rules.
import { one, type Row, testValues } from "./support.ts";

/** They stand behind `--rule a`. */
const RULES: Row[] = [
  one("reject", "450 4.7.1 Later", "want a code of 500 to 599, got 450; 450 is for --tempfail", "550 No"),
  one("reject", "250 Fine", "want a code of 500 to 599, got 250", "5 apples"),
  one(
    "reject",
    "550",
    'want a text for the sender, such as "550 5.7.1 Not here"',
    "550 5.7.1 No {mail_from}",
  ),
  one("reject", "550 4.7.1 No", "enhanced code 4.7.1 to 550: their first digits must be equal", "5.7.1 No"),
  one("reject", "Nö", "an SMTP reply is ASCII, and ö is not"),
  one("reject", "No {clientaddr}", 'there is no macro "{clientaddr}"; did you mean {client_addr}?'),
  one("tempfail", "554 5.7.1 No", "want a code of 400 to 499, got 554; 554 is for --reject", "Later"),
  one("redirect", "example.org", "want one address, such as joe@example.org", "joe@example.org"),
  one("redirect", "@partners", "want one address, such as joe@example.org"),
  one("add-recipient", "<joe@example.org>", "write joe@example.org", "joe@[192.0.2.1]"),
  one("add", "X-A", 'want "Name: value"; there is no colon', "X-A: {i}"),
  one("remove", "Subject:", '"Subject:" is not a header name: write Subject', "Subject", "X-Spam*"),
];

testValues({ name: "rules", group: ["rule", "a"] }, RULES);
