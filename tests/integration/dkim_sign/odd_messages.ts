/** Messages out of the ordinary, and what becomes of them behind each MTA. */

/** Signed, refused by the MTA with a code, or not signed for a reason that the log has. */
export type Fate = "signed" | number | RegExp;

/** A message, every line end of which is LF here and CRLF on the wire. */
export interface OddMessage {
  readonly what: string;
  readonly message: string;
  readonly postfix: Fate;
  readonly sendmail: Fate;
  /** What becomes of it with `simple` for the header, if that is something else. */
  readonly sendmailSimple?: Fate;
}

const FROM = "From: Ann <ann@example.test>\n";
const REST =
  "To: b@example.com\nSubject: hello\nDate: Mon, 6 Oct 2025 10:00:00 +0000\nMessage-ID: <1@example.test>\n";
const HEAD = FROM + REST;

function one(what: string, message: string, postfix: Fate = "signed", sendmail: Fate = postfix): OddMessage {
  return { what, message, postfix, sendmail };
}

const from = (value: string, ...fates: Fate[]) =>
  one(`From: ${value}`, `From: ${value}\n${REST}\nhi\n`, ...fates);
const to = (value: string, ...fates: Fate[]) =>
  one(`To: ${value.slice(0, 70)}`, HEAD.replace(/To: .*\n/, `To: ${value}\n`) + "\nhi\n", ...fates);
const subject = (text: string, ...fates: Fate[]) =>
  one(
    `Subject${JSON.stringify(text).slice(0, 60)}`,
    HEAD.replace("Subject: hello", `Subject${text}`) + "\nhi\n",
    ...fates,
  );
const body = (what: string, text: string, ...fates: Fate[]) => one(what, `${HEAD}\n${text}`, ...fates);
const field = (text: string, ...fates: Fate[]) => one(text.slice(0, 60), `${HEAD}${text}\n\nhi\n`, ...fates);

const X = (count: number) => "x".repeat(count);
const BREAKS = /^not signed: .*line of.* bytes,? (and|which) (Postfix|Sendmail) breaks/;
const REWRITES = /^not signed: Sendmail may rewrite the addresses in (From|To|Cc|Reply-To|Sender)$/;
const NO_FROM = /^not signed: there is no From$/;
const UNREADABLE = /^not signed: From has /;
const SEVERAL = /^not signed: (there are \d+ From fields|From names several domains: )/;
const KEYLESS = /^not signed: there is no key for /;

const many = (count: number, separator: string) =>
  Array.from({ length: count }, (_, i) => `user${i}@long.example.org`).join(separator);

/** All of them. */
export const ODD_MESSAGES: readonly OddMessage[] = [
  body("plain", "hi\n"),
  // bodies
  body("no body", ""),
  one("no empty line", HEAD),
  one("no final line end in the header", HEAD.trim()),
  body("one empty line", "\n"),
  body("empty lines alone", "\n\n\n\n"),
  body("empty lines at the end", "hi\n\n\n\n"),
  body("lines of white space at the end", "hi\n \n\t\n  \t \n"),
  body("white space at the ends of lines", "a \nb\t\n c  \t d \n"),
  body("no final line end", "hi"),
  body("no final line end, white space", "hi \t"),
  body("dots", ".\n..\n.x\n...\n"),
  body("a dot alone at the end", "x\n."),
  body("From_ in the body", "From x\n>From y\nFrom z Thu Jan 1\n"),
  body("8-bit", "caf\xe9 \xff\x80\n"),
  body("UTF-8", "caf\xc3\xa9 \xe2\x82\xac\n"),
  one(
    "8-bit, declared",
    `${HEAD}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ncaf\xc3\xa9\n`,
  ),
  body("NUL", "a\0b\n\0\0\nc\n"),
  body("control characters", "a\x01\x02\x08\x0b\x0c\x1b\x7fz\n"),
  body("bare CR", "a\rb\r\r\nc\r\n", "signed", 421),
  body("one line as long as Postfix delivers", `${X(998)}\nend\n`, "signed", BREAKS),
  body("one line as long as Sendmail delivers", `${X(990)}\nend\n`),
  body("one line too long for Sendmail", `${X(991)}\nend\n`, "signed", BREAKS),
  body("one line too long", `${X(999)}\nend\n`, BREAKS),
  body("the last line too long", `hi\n${X(999)}`, BREAKS),
  body("a line of 70 kB", `${X(70_000)}\nend\n`, BREAKS),
  body("long lines, just short enough", `${X(989)}\n`.repeat(40)),
  body("20,000 lines", "some text here, and more of it\n".repeat(20_000)),
  body("many empty lines", "\n".repeat(3000) + "x\n"),
  one(
    "multipart",
    `${HEAD}MIME-Version: 1.0\nContent-Type: multipart/mixed;\n\tboundary="=_x"\n\npreamble\n--=_x\nContent-Type: text/plain\n\na\n--=_x\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n${
      "QUJD".repeat(19)
    }\n--=_x--\n`,
  ),
  // From
  from("ann@example.test"),
  from("<ann@example.test>"),
  from("Ann Example <ann@example.test>"),
  from('"Example, Ann" <ann@example.test>'),
  from("ANN@EXAMPLE.TEST"),
  from("Ann <ann@Example.Test>"),
  from("ann@example.test (Ann)"),
  from("Ann (home) <ann@example.test>"),
  from("=?utf-8?Q?J=C3=B6rg?= <ann@example.test>"),
  from("=?utf-8?Q?A._B?= <ann@example.test>"),
  from("J\xc3\xb6rg <ann@example.test>"),
  from("J\xf6rg <ann@example.test>"),
  from("Ann B. Example <ann@example.test>"),
  from("O'Brien <ann@example.test>"),
  from("ann@example.test <ann@example.test>"),
  from('"ceo@bank.example" <ann@example.test>'),
  from("Ann\n Example\n\t<ann@example.test>"),
  from("  ann@example.test"),
  from("ann@example.test  "),
  from("Ann <ann@example.test>  "),
  from("Ann<ann@example.test>"),
  from('"Ann"<ann@example.test>'),
  from("ann+tag@example.test"),
  from('"a b"@example.test'),
  from("ann@example.test, bob@example.test"),
  from("ann@example.test,bob@example.test"),
  from("Ann <ann@example.test>,\n\tBob <bob@example.test>"),
  from("team: ann@example.test, bob@example.test;", "signed", REWRITES),
  from("undisclosed-sender:;", UNREADABLE),
  from("ann@example.test, bob@other.example", SEVERAL),
  from("Ann <ann@other.example>", KEYLESS),
  from("Ann <ann@sub.example.test>", KEYLESS),
  from("ann", UNREADABLE),
  from("Ann <ann>", UNREADABLE),
  from("", UNREADABLE, NO_FROM),
  from("Ann <>", UNREADABLE),
  from("ann@example.test <bob@other.example>", SEVERAL),
  from("<@relay.example:ann@example.test>", UNREADABLE),
  from("ann@[127.0.0.1]", UNREADABLE),
  from("ann @ example.test", UNREADABLE),
  from("ann@example.test;bob@other.example", SEVERAL),
  one("no From", `${REST}\nhi\n`, NO_FROM),
  one("two From fields", `${HEAD}From: bob@example.test\n\nhi\n`, SEVERAL),
  one("two From fields, one of others", `From: ceo@bank.example\n${HEAD}\nhi\n`, SEVERAL),
  one("From without a space", `From:ann@example.test\n${REST}\nhi\n`),
  one("From with a tab", `From:\tann@example.test\n${REST}\nhi\n`),
  one("From in capitals", `FROM: ann@example.test\n${REST}\nhi\n`),
  one("From, folded at once", `From:\n ann@example.test\n${REST}\nhi\n`),
  one("From as the last field", `${REST}${FROM}\nhi\n`),
  one("From alone", `${FROM}\nhi\n`),
  // To and others with addresses
  to("b@example.com, c@example.com"),
  to("b@example.com,c@example.com"),
  to("b@example.com ,\tc@example.com"),
  to("b@example.com,\n\tc@example.com,\n d@example.com"),
  to("Bob B. <b@example.com>, 'Carl' <c@example.com>"),
  to('"B, Bob" <b@example.com>,c@example.com (Carl), <d@example.com>'),
  to("undisclosed-recipients:;"),
  to("friends: b@example.com, c@example.com;", "signed", REWRITES),
  to("b", "signed", REWRITES),
  to("root, b@example.com", "signed", REWRITES),
  to("Bob <b>", "signed", REWRITES),
  to("b@localhost", "signed", REWRITES),
  to("b@host", "signed", REWRITES),
  to("b@example.com.", "signed", REWRITES),
  to("Bob, Inc. <b@example.com>", "signed", REWRITES),
  to("b@example.com;c@example.com", "signed", REWRITES),
  to("<@relay.example:b@example.com>", "signed", REWRITES),
  to("b!c@example.com", "signed", REWRITES),
  to('Bob \\" <b@example.com>', "signed", REWRITES),
  to("Bob <b@example.com", "signed", REWRITES),
  to(`b@example.com (${X(300)})`, "signed", REWRITES),
  to("", "signed", "signed"),
  to("b@example.com, , c@example.com,"),
  to(many(30, ", ")),
  to(many(30, ",")),
  to(many(30, ",\n ")),
  to(many(200, ", "), BREAKS, "signed"),
  one("two To fields", `${HEAD}To: c@example.com,d@example.com\n\nhi\n`),
  field("Cc: c@example.com,d@example.com"),
  field("Cc: c", "signed", REWRITES),
  field("Reply-To: Carl C. <c@example.com>"),
  field("Reply-To: c", "signed", REWRITES),
  field("Sender: c@example.com"),
  field("Sender: c", "signed", REWRITES),
  field("Resent-From: c@example.com,d@example.com"),
  field("Resent-To: c@example.com,d@example.com"),
  field("Errors-To: c"),
  // other fields
  subject(":hello"),
  subject(":\thello"),
  subject(": hello  \t"),
  subject(":"),
  subject(": "),
  subject(":    "),
  subject(": a  b\t\tc"),
  subject(": hello\n\tthere\n  you"),
  subject(":\n hello"),
  subject(": hello\n \n there"),
  subject(" : hello"),
  subject(": caf\xc3\xa9"),
  subject(": caf\xe9"),
  subject(": =?utf-8?Q?caf=C3=A9?="),
  subject(": a\x01b\x7f"),
  subject(": a\0b"),
  subject(": a\rb", "signed", 421),
  subject(": <a>;:,@[]\\\"' (x"),
  subject(`: ${X(981)}`),
  subject(`: ${X(982)}`, "signed", BREAKS),
  subject(`: ${X(990)}`, BREAKS),
  subject(`: ${X(70)}\n ${X(900)}\n\t${X(900)}`),
  one("Subject twice", `${HEAD}Subject: another\n\nhi\n`),
  one("no Subject", HEAD.replace(/Subject.*\n/, "") + "\nhi\n"),
  one("no Date", HEAD.replace(/Date.*\n/, "") + "\nhi\n"),
  one("no Message-ID", HEAD.replace(/Message-ID.*\n/, "") + "\nhi\n"),
  one("no To", HEAD.replace(/To.*\n/, "") + "\nhi\n"),
  field("MESSAGE-ID: <2@example.test>"),
  field(`References: ${"<abc@example.org> ".repeat(60)}`, BREAKS),
  field(`References: ${"<abc@example.org>\n ".repeat(60)}<x@y>`),
  field("In-Reply-To: <a@x>,<b@x>"),
  field(`Comments: ${X(3000)}`),
  field("Keywords: a,b\nComments: a,b  c"),
  field("Bcc: hidden@example.com"),
  field("Return-Path: <x@example.com>\nContent-Length: 3\nFull-Name: Ann"),
  field("Received: from a by b; Mon, 6 Oct 2025 10:00:00 +0000"),
  field("Authentication-Results: mx.example.test; dkim=pass"),
  field(
    "List-Unsubscribe: <mailto:x@example.com>,\n\t<https://example.com/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
  ),
  field("List-Id: Friends <friends.example.com>\nPrecedence: list"),
  field(
    'MIME-Version: 1.0\nContent-Type: text/plain; charset="us-ascii";\n format=flowed\nContent-Transfer-Encoding: 7bit',
  ),
  field("DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=x; h=from; bh=AA==; b=AA=="),
  field("X-Long-Name-" + "n".repeat(60) + ": x"),
  one("a hundred fields", HEAD + "X-Some: thing\n".repeat(100) + "\nhi\n"),
  one("a hundred Subject fields", HEAD + "Subject: again\n".repeat(99) + "\nhi\n"),
  one("From_ before the header", `From x@y Thu Jan 1 00:00:00 1970\n${HEAD}\nhi\n`),
];
