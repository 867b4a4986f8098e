import assert from "node:assert/strict";
import { test } from "node:test";
import { latin1Bytes } from "../../lib/message/text.ts";
import { decodeText } from "../../lib/mime/charset.ts";

for (
  const [label, bytes, text] of [
    [undefined, "plain", "plain"],
    [undefined, "\xe4\xb8\xad", "中"],
    [undefined, "caf\xe9 \x80", "café €"],
    [undefined, "\xef\xbf\xbdx", "\ufffdx"],
    [undefined, "\xef\xbf\xbd\xe9", "ï¿½é"],
    [undefined, "\xe2\xef\xbf\xbd", "âï¿½"],
    ["utf-8", "\xef\xbb\xbfx", "x"],
    ["UTF8", "\xe4\xb8\xad\xff", "中\ufffd"],
    [' "utf-8" ', "\xe4\xb8\xad", "中"],
    ["us-ascii", "\xe4\xb8\xad", "中"],
    ["us-ascii", "caf\xe9", "café"],
    ["iso-8859-1", "\x93a\x94", "\u201ca\u201d"],
    ["latin-1", "\xe9", "é"],
    ["iso-8859-2", "\xb3", "ł"],
    ["iso-8859-15", "\xa4", "€"],
    ["koi8-r", "\xc1", "а"],
    ["windows-1251", "\xe0", "а"],
    ["cp-1251", "\xe0", "а"],
    ["win1251", "\xe0", "а"],
    ["gb2312", "\xd6\xd0", "中"],
    ["cp936", "\xd6\xd0", "中"],
    ["eucgb2312_cn", "\xd6\xd0", "中"],
    ["euc_kr", "\xc7\xd1", "한"],
    ["shift_jis", "\x83\x65", "テ"],
    ["big5", "\xa4\xa4", "中"],
    ["cp932", "\x83\x65", "テ"],
    ["ks_c_5601-1987", "\xc7\xd1", "한"],
    ["euc-jp", "\xa5\xc6", "テ"],
    ["iso-2022-jp", "\x1b$B%F\x1b(B", "テ"],
    ["utf-16", "\xff\xfea\0", "a"],
    ["utf-16", "\xfe\xff\0a", "a"],
    ["utf-16", "a\0", "a"],
    ["utf-16be", "\0a", "a"],
    ["x-unknown", "\xe4\xb8\xad", "中"],
    ["8bit", "\xe9", "é"],
    ["", "\xe9", "é"],
    ["iso-2022-kr", "\x1b$)Ca \x0eGQ1[\x0f b\n\x0eGQ\nGQ", "a 한글 b\n한\nGQ"],
    ["hz-gb-2312", "a ~{VPND~} ~~b~\n~{VP", "a 中文 ~b中"],
    ["utf-7", "Hi Mom -+Jjo--! +- +AGwAbwB0-tery +", "Hi Mom -☺-! + lottery +"],
    ["UTF-7", "+2Dzfig-x +2Dw-\xe9", "🎊x \ufffd\ufffd"],
    ["utf-8\0'", "\xe9", "é"],
    ["__proto__", "\xe9", "é"],
    [" ".repeat(200) + "koi8-r", "\xe9", "é"],
  ] as const
) {
  test(`${JSON.stringify(bytes)} in ${label} is ${JSON.stringify(text)}`, () => {
    assert.equal(decodeText(latin1Bytes(bytes), label), text);
  });
}
