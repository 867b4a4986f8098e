/**
 * Messages for tables of header_checks: each line of the table finds something in one, and just misses something in another.
 * What is not written gets a usual Subject, From and body.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonMessages } from "../../mime/corpus/python_messages.ts";

/** A message. */
export interface HeaderCase {
  /** What to call it: its own first line, or where it comes from. */
  readonly name: string;
  /** The message, with LF. */
  readonly bytes: Uint8Array;
}

/** Headers, each field on a line or more; further lines after an empty one are the body. */
const HEADERS: readonly string[] = [
  "Subject: nothing special",
  "Subject: about viagra [Ticket #1234]",
  "Subject: about viagra [Ticket #none]",
  "X-Loop: tickets@example.org\nX-Refuse: not looked at",
  "X-Refuse: looked at\nX-Loop: tickets@example.org",
  "X-Loop: tickets@example.org.net",
  "Received: from pc7 (pc7.lan [192.168.1.7])\n\tby mail.example.org with ESMTP id 1;\n\tMon, 1 Jun 2026 10:00:00 +0000",
  "Received: from gw (gw.example.com [198.51.100.7])\n\tby internal.example.org with ESMTP;\n\tMon, 1 Jun 2026 10:00:00 +0000",
  "Received: from gw (gw.example.com [198.51.100.7])\n\tby internal.example.orgx with ESMTP;\n\tMon, 1 Jun 2026 10:00:00 +0000",
  "Received: from [198.51.100.7] by web.example.com with HTTP; Mon, 1 Jun 2026 10:00:00 +0000",
  "Received: one\nReceived: from a (b [10.1.2.3])\nReceived: three\nReceived: from c (d [10.1.2.3]) x",
  "X-Originating-IP: [198.51.100.9]",
  "X-Mailer: Bulk Sender 2000",
  "User-Agent: Mail/1.0\nX-Mailer: other {x} $1",
  "X-Mailer:none",
  "X-PHP-Originating-Script: 1001:mailer.php",
  "X-PHP-Script: 33:/var/www/x.php",
  "X-PHP-Script: www.example.com/index.php for 198.51.100.1",
  "Subject:",
  "Subject: ",
  "Subject:   \n ",
  "Subject: cheap V1AGRA",
  "Subject: cheap viag\n ra",
  "Subject: clevitra",
  "Subject: buy levitra",
  "Subject: Your lottery prize: claim now",
  "Subject: Your lottery\n prize: please\n claim now",
  "Subject: claim your lottery",
  "Subject: Grüße aus Köln",
  "Subject: Привет, как дела",
  "Subject: 你好",
  "Subject: ÄÖ",
  "Subject: [EXT] Minutes of the meeting",
  "Subject: [EXT] [EXT] Minutes of the\n meeting",
  "Subject: [ext]none",
  "Subject: AW: RE: Offer 17",
  "Subject: Re: Fwd: Offer 17",
  "Subject: HELLO THERE 123",
  "Subject: 12345",
  `Subject: ${"long subject ".repeat(10)}`,
  `Subject: Re: ${"long subject ".repeat(10)}`,
  `Subject: [list] ${"long subject ".repeat(10)}`,
  `Subject: [LIST-1] ${"long subject ".repeat(10)}`,
  `Subject: ${"long folded\n subject ".repeat(6)}`,
  "Subject: hi                 xyzzy",
  "Subject: hi          xyzzy and more",
  "Subject: =?gb2312?B?xOO6ww==?=",
  "Subject: =?UTF-8?B?xOO6ww==?=",
  "Subject: =?gb2312x?B?xOO6ww==?=",
  "From: Boss <boss@example.org>",
  "From: boss@mail.example.org",
  "From: boss@notexample.org",
  'From: "service@paypal.com" <x@evil.test>',
  "From: service@ebay.co.uk <x@evil.test>",
  "From: paypal <x@evil.test>",
  "From: <new@offer.zip>",
  "From: new@offer.zipper",
  "Reply-To: a@b.mov",
  "Sender: <bounce+77=joe-example.net@list.test>",
  "From: undisclosed",
  "From: Joe\n <joe@example.com>",
  "Reply-To: Joe <scam@evil.test>",
  "Reply-To: Joe <scam@evil.test>\nX-Refuse: later",
  "X-Refuse: earlier\nReply-To: Joe <scam@evil.test>",
  `To: ${"a@example.net,\n ".repeat(51)}b@example.net`,
  `To: ${"a@example.net, ".repeat(49)}b@example.net`,
  "To: undisclosed-recipients:;",
  "Cc: Boss <boss@example.net>, x@example.net",
  "Cc: bigboss@example.net",
  "List-Id: <all.example.net>\nList-Unsubscribe: <mailto:x@example.net>",
  "Auto-Submitted: auto-replied",
  "Auto-Submitted: no",
  "Auto-Submitted: nothing",
  "Precedence: bulk",
  "Precedence: first-class",
  "X-Spam-Flag: YES",
  "X-Spam-Flag: YES\nX-Refuse: not looked at",
  "X-Spam-Flag: NO",
  "X-Spam-Status: Yes, score=12.7 required=5",
  "X-Spam-Status: No, score=-1.0",
  "X-Campaign-Id: abcdefgh123",
  "X-MailChimpId: abcdefgh $1 {2}",
  "X-Campaign-Id: short",
  "Message-ID: <no-host>",
  "Message-Id: <a@b>",
  "Date: Mon, 1 Jun 1970 10:00:00 +0000",
  "Date: Mon, 1 Jun 2026 10:00:00 +0000",
  "Date: Mon, 1 Jun 2041 10:00:00 +0000",
  "Content-Type: text/plain; charset=gb2312",
  'Content-Type: text/plain;\n charset="koi8-u"',
  "Content-Type: application/octet-stream; name=setup.exe",
  'Content-Disposition: attachment;\n filename="Invoice.PDF.scr"',
  "Content-Disposition: attachment; filename=exe.txt",
  "Content-Type: application/x; name=report.docm",
  "Content-Transfer-Encoding: x-uuencode",
  "X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: a",
  "Disposition-Notification-To: joe@example.com\nReturn-Receipt-To: joe@example.com",
  "X-Priority: 1 (Highest)",
  "X-Priority: 10",
  "Authentication-Results: mx.example.org; spf=pass",
  "Authentication-Results: mx.example.com; spf=pass",
  "X-Virus-Scanned: at example.com viagra",
  "Errors-To: x@example.com\nErrors-to : y@example.com",
  "Received-SPF: pass (x)\nReceived-SPF: Softfail (y)\nReceived-SPF: none",
  "Sender: <>",
  "Sender: a@example.com, b@example.com",
  "X-Defer: please",
  "X-Later: please\nX-Refuse: please",
  "X-Refuse:",
  "X-Bell: \x07",
  "X-Tab: a\tb",
  "Subject: [EXT] twice\nSubject: [EXT] again\nX-Priority: 2\nX-Mailer: x\nX-Originating-IP: x",
  "Subject: shouted".toUpperCase() + "\nX-Refuse: after holding",
  "Cc: boss@example.net\nCc: boss@example.net\nX-Spam-Flag: YES",
  "Bcc: boss@example.net",
  "Subject:v1agra without a space",
  "Subject : v1agra with one before the colon",
  "subject: v1agra in small letters",
  "X-Empty:\nX-Priority:1",
  "Subject: viagra\u2028or not",
  "Subject: lottery\u2028winner",
  "Subject: lottery\u00a0winner",
  "Subject: buy now!!!",
  "Subject: only $$ 7",
  "Subject: ${2}",
  "X.Dot: odd\nX/Slash: odd",
  "x-virus-scanned: yes",
  'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: application/x;\n name="setup.exe"\n\nx\n--b--',
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nX-Refuse: in a part\n\nx\n--b--",
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nX-Refuse: in the text\n--b--",
  "Content-Type: message/rfc822\n\nSubject: v1agra inside\n\nx",
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: hello\nX-Mailer: inside\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Disposition: attachment; filename=a.vbs\n\nx\n--c--\n--b--",
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/rfc822-headers\n\nSubject: v1agra\n--b--",
  "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: v1agra\n\nx\n--b--",
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nnot a field\nX-Refuse: behind what is none\n\nx\n--b--",
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nX-Later: in a part, in\n lines\n\nx\n--b--\nX-Refuse: after the end",
  "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename=a.xlsm\nX-Originating-IP: x\n\nx\n--b--",
];

/** All messages: our own, those that other tests have, and those that Python tests its email package with. */
export function headerCases(): readonly HeaderCase[] {
  return [
    ...HEADERS.map((header) => ({
      name: header.slice(0, 70),
      bytes: new TextEncoder().encode(whole(header)),
    })),
    ...[...files(), ...pythonMessages()].map(({ name, bytes }) => ({ name, bytes: withLineFeeds(bytes) }))
      // An mbox line, and a message without a header, are no messages for SMTP.
      .filter(({ bytes }) => /^[!-9;-~]+[ \t]*:/.test(new TextDecoder("latin1").decode(bytes))),
  ];
}

function whole(header: string): string {
  const [fields = ""] = header.split("\n\n");
  const lacks = (name: string) => !new RegExp(`^${name}\\s*:`, "im").test(fields);
  const added = [
    ...lacks("From") ? ["From: Joe <joe@example.com>\n"] : [],
    ...lacks("Subject") ? ["Subject: hello\n"] : [],
  ];
  const text = `${added.join("")}${header}`;
  return text.includes("\n\n") ? `${text}\n` : `${text}\n\nx\n`;
}

function files(): readonly HeaderCase[] {
  const folder = fileURLToPath(new URL("../../messages", import.meta.url));
  return readdirSync(folder).filter((name) => name.endsWith(".eml")).sort()
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));
}

function withLineFeeds(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => byte !== 0x0d || bytes[i + 1] !== 0x0a);
}
