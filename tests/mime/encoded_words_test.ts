import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeWords } from "../../lib/mime/encoded_words.ts";
import { latin1Bytes } from "../../lib/message/text.ts";

for (
  const [what, given, decoded] of [
    ["nothing", "", ""],
    ["plain text", "You won the lottery", "You won the lottery"],
    ["base64", "=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=", "You won the lottery"],
    ["Q", "=?utf-8?Q?You_won_the_=6Cottery?=", "You won the lottery"],
    ["small letters", "=?UTF-8?b?bG90?= =?utf-8?q?=c3=bc?=", "lotü"],
    ["another charset", "=?iso-8859-1?q?caf=E9?=", "café"],
    ["Japanese", "=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=", "テスト"],
    [
      "Japanese in two words",
      "=?iso-2022-jp?B?GyRCJUYbKEI=?= =?iso-2022-jp?B?GyRCJTklSBsoQg==?=",
      "テスト",
    ],
    ["a language", "=?us-ascii*en?Q?Keith?=", "Keith"],
    // RFC 2047 section 8.
    ["one of the RFC", "(=?ISO-8859-1?Q?a?=)", "(a)"],
    ["a word beside text", "(=?ISO-8859-1?Q?a?= b)", "(a b)"],
    ["adjacent words", "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"],
    ["adjacent words with more between", "(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"],
    ["adjacent words with a fold between", "(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"],
    ["an underscore", "(=?ISO-8859-1?Q?a_b?=)", "(a b)"],
    ["a space in a second word", "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"],
    // What senders do.
    ["a character cut in two", "=?utf-8?Q?=E4=B8?= =?utf-8?Q?=AD?=", "中"],
    ["a character cut in two encodings", "=?utf-8?B?5Lg=?= =?utf-8?Q?=AD?=", "中"],
    ["words without space between", "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"],
    ["a word within text", "lot=?utf-8?Q?te?=ry", "lottery"],
    ["a word in quotation marks", '"=?utf-8?Q?lottery?="', '"lottery"'],
    ["spaces within", "=?utf-8?Q?You won?=", "You won"],
    ["base64 without padding", "=?utf-8?B?bG90dA?=", "lott"],
    ["base64 in two groups", "=?utf-8?B?bG90dA==ZXJ5?=", "lottery"],
    ["base64 with rubbish", "=?utf-8?B?bG!90dA==?=", "lott"],
    ["a question mark", "=?utf-8?Q?why??=", "why?"],
    ["an = at the end", "=?utf-8?Q?a=?=", "a="],
    ["an = that encodes nothing", "=?utf-8?Q?=G1=4?=", "=G1=4"],
    ["an empty word", "a =?utf-8?Q??= b", "a  b"],
    ["bytes within", latin1Bytes("=?iso-8859-1?Q?caf\xe9?="), "café"],
    ["UTF-8 outside", "grüße =?utf-8?Q?=C3=BC?=", "grüße ü"],
    ["other bytes outside", latin1Bytes("caf\xe9 =?utf-8?Q?=C3=BC?="), "café ü"],
    ["other bytes in text", "caf\udce9", "café"],
    // What is broken is shown.
    ["an unknown charset with UTF-8", "=?x-unknown?Q?=C3=BC?=", "ü"],
    ["an unknown charset without", "=?x-unknown?Q?=FC?=", "ü"],
    ["bytes that the charset does not have", "=?utf-8?Q?=FCx?=", "\ufffdx"],
    ["base64 that encodes nothing", "a=?utf-8?B?!?= =?utf-8?Q?b?=", "a=?utf-8?B?!?= b"],
    ["no end", "=?utf-8?Q?lottery", "=?utf-8?Q?lottery"],
    ["an unknown encoding", "=?utf-8?X?lottery?=", "=?utf-8?X?lottery?="],
    ["no charset", "=??Q?lottery?=", "=??Q?lottery?="],
    ["a word that begins in another", "=?utf-8?Q?a=?utf-8?Q?b?=", "=?utf-8?Q?ab"],
    ["something like a word in another", "=?utf-8?Q?a=?b?=", "a=?b"],
    ["a beginning before a word", "=?=?utf-8?Q?a?=", "=?a"],
  ] as const
) {
  test(`${what}: ${JSON.stringify(given)}`, () => assert.equal(decodeWords(given), decoded));
}

test("adjacent words of other charsets are decoded each by its own", () => {
  assert.equal(decodeWords("=?utf-8?Q?=C3=BC?= =?iso-8859-1?Q?=FC?= =?utf-8?Q?=C3=BC?="), "üüü");
});

test("beginnings, ends and halves of words are read in linear time", () => {
  // A size that only linear work gets through.
  for (const piece of ["=?", "?=", "=?a?q?", "=?a?q?=", "=?a?b?x?", "=?a?q?x?=", "=?a?q?=?", '=?"?q?']) {
    const text = piece.repeat(200_000 / piece.length);
    assert.ok(decodeWords(text).length <= text.length);
  }
});
