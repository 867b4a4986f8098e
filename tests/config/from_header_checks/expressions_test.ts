// What the expressions of tables become.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableType } from "../../../cli/commands/config/from_header_checks/pattern.ts";
import { field } from "./support.ts";

const rows = (type: TableType, all: readonly (readonly [string, string])[]) => {
  for (const [expression, becomes] of all) {
    it(`${type} ${expression}`, () => assert.equal(field(expression, type), becomes));
  }
};

describe("an expression becomes", () => {
  rows("pcre", [
    ["/^Subject: x/", "/^Subject: x/i"],
    ["/^Subject: x/i", "/^Subject: x/"],
    ["!/x/", "!/x/i"],
    ["! ! /x/", "/x/i"],
    ["/a.b/", "/a.b/is"],
    ["/a[.]b\\.c/", "/a[.]b\\.c/i"],
    ["/a.b/ims", "/a.b/s"],
    ["|a/b|", "/a\\/b/i"],
    ["/(?i)x/", "/x/i"],
    ["/(?-i)x/", "/x/"],
    ["/(?s-i)x/", "/x/"],
    ["/a(?i)b/", "/ab/i"],
    ["/a(?i:b|c)/", "/a(?:b|c)/i"],
    ["/\\Ax\\z/", "/^x$/i"],
    ["/a\\hb\\Rc\\Nd/", "/a[ \\t]b(?:\\r\\n|[\\n-\\r])c[^\\n]d/i"],
    ["/\\Qa.b*\\Ec+/", "/a\\.b\\*c+/i"],
    ["/a(?#why)b/", "/ab/i"],
    ["/a b # c\\n/x", "/ab/i"],
    ["/(?P<a>x)(?<b>y)(?'c'z)/", "/(?<a>x)(?<b>y)(?<c>z)/i"],
    ["/[[:alpha:]][^[:digit:]_]/", "/[A-Za-z][^0-9_]/i"],
    ["/[]a][^]b][a\\]]/", "/[\\]a][^\\]b][a\\]]/i"],
    ["/[\\x80-\\xff]{3}/", "/[\\x80-\\uffff]{3}/i"],
    ["/\\x{41}\\012\\x4/", "/\\x41\\x0a\\x04/i"],
    ["/\\x{20ac}/", "/\\u20ac/i"],
    ["/\\xc3\\xa4\\xe9/", "/\\xc3\\xa4\\xe9/i"],
    ["/a\\xc3\\xa4b/", "/aäb/i"],
    ["/a{,3}b{x}/", "/a\\{,3\\}b\\{x\\}/i"],
    ["/a}]/", "/a\\}\\]/i"],
    ["/a*?b+?/", "/a*?b+?/i"],
    ["/a\tb/", "/a\\tb/i"],
    ["/x/A", "/^(?:x)/i"],
    ["/x$/E", "/x$/i"],
  ]);
  rows("regexp", [
    ["/^Subject: x/", "/^Subject: x/i"],
    ["/[[:space:]]\\<a\\>/", "/[ \\t-\\r]\\ba\\b/i"],
    ["/a/!/b/", "/a/i !/b/i"],
    ["!/a/!!/b/i", "!/a/i /b/"],
    ["/a{,3}/", "/a{0,3}/i"],
  ]);
});

describe("a lookahead behind a fixed start becomes an expression of its own", () => {
  rows("pcre", [
    ["/^(?!Subject:)/", "!/^(?:Subject:)/i"],
    ["/^(?=Subject:)X/", "/^X/i /^(?:Subject:)/i"],
    ["/^Subject: (?!Re:)(?!.*ok).*bad/", "/^Subject: .*bad/is !/^Subject: (?:.*ok)/is !/^Subject: (?:Re:)/i"],
    ["/^[A-Z]\\d\\.(?!x|y)z/", "/^[A-Z]\\d\\.z/i !/^[A-Z]\\d\\.(?:x|y)/i"],
  ]);
});

describe("an expression cannot be translated", () => {
  const around =
    "it looks around, which is taken over only right after a fixed start, such as in ^Subject: (?!x), at character";
  rows("pcre", [
    ["/^Subject:.*(?!x)/", `${around} 12`],
    ["/a(?!x)/", `${around} 2`],
    ["/^(?!a)b|c/", `${around} 2`],
    ["/(?<=a)b/", `${around} 1`],
    ["!/^(?!a)b/", "it looks ahead and is negated; write two lines, or if and endif"],
    [
      "/(a)\\1/",
      "it refers back to what a group matched; write out the texts that can repeat, at character 4",
    ],
    [
      "/(?>a+)b/",
      "an atomic group can refuse what it has matched before; write (?: if that does not matter, at character 1",
    ],
    [
      "/a++b/",
      "++ at character 2 can refuse what it has matched before; leave out the second + if that does not matter",
    ],
    ["/a(?-i)b/", "(?-i) at character 2 is for a part of the expression only"],
    ["/\\p{L}/", "Postfix asks for bytes, which have no Unicode properties, at character 1"],
    ["/\\x{1F600}/", "\\x{1F600} is beyond \\x{ffff}, the last character that can be given by its number"],
    [
      "/[a\\o{373000}]/",
      "\\o{373000} is beyond \\x{ffff}, the last character that can be given by its number",
    ],
    ["/(?(1)a|b)/", "it has a condition, at character 1"],
    ["/(*SKIP)a/", "it has a verb, at character 1"],
    ["//", "an empty expression matches everything; write /^/"],
    ["/(/", "there is no ) for this (, at character 1"],
  ]);
  rows("regexp", [
    ["/a\\(b\\)/x", "the flag x asks for basic expressions, which are not supported; write an extended one"],
    ["/(a)\\1/", "a backreference such as \\1 is not supported"],
    ["/(?i)a/", "POSIX has no (?; a group begins with ( alone"],
  ]);
});
