// Files of lists: plain ones, and tables of Postfix.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ListUse } from "../../../lib/options/lists/list_content.ts";
import { ListFolder, listIn } from "./support.ts";

/** For each format: its text, and what it has and does not have. */
const FILES: readonly {
  readonly what: string;
  readonly type: string;
  readonly text: string;
  readonly use: ListUse;
  readonly has: readonly string[];
  readonly hasNot: readonly string[];
}[] = [
  {
    what: "a plain list of networks, with comments, Windows' line ends and a byte order mark",
    type: "",
    text: "\uFEFF# ours\r\n10.0.0.0/8\r\n\r\n  192.0.2.1  # the printer\r\n2001:db8::/32",
    use: "network",
    has: ["10.1.2.3", "192.0.2.1", "2001:db8::7", "::ffff:10.0.0.1"],
    hasNot: ["192.0.2.2", "2001:db9::", "", "unknown"],
  },
  {
    what: "a plain list of domains and addresses",
    type: "",
    text: "Example.org\n.example.com\nJoe@Example.NET\nbücher.example\n<>\n",
    use: "sender",
    has: ["a@example.org", "a@EXAMPLE.ORG", "b@x.example.com", "joe@example.net", "JOE@example.net", ""],
    hasNot: ["a@sub.example.org", "a@example.com", "jane@example.net", "example.org", "joe"],
  },
  {
    what: "a plain list of domains",
    type: "",
    text: "example.org\n.example.com\nbücher.example",
    use: "domain",
    has: ["example.org", "a.b.example.com", "xn--bcher-kva.example"],
    hasNot: ["example.com", "x.example.org", ""],
  },
  {
    what: "a cidr: table",
    type: "cidr:",
    text: "# internal\n10.0.0.0/8 OK\n  and more text\n192.0.2.1 REJECT no\n2001:db8::/32 DUNNO\n",
    use: "network",
    has: ["10.1.2.3", "192.0.2.1", "2001:db8::7"],
    hasNot: ["192.0.2.2", "2001:db9::"],
  },
  {
    what: "a cidr: table with conditions and negations",
    type: "cidr:",
    text: "if 10.0.0.0/8\n!10.1.0.0/16 OK\nif 10.1.2.0/24\n10.1.2.3 OK\nendif\nendif\n!::/1 OK\n",
    use: "network",
    has: ["10.2.0.1", "10.1.2.3", "8000::"],
    hasNot: ["10.1.0.1", "10.1.2.4", "11.0.0.1", "7fff::"],
  },
  {
    what: "a texthash: table of senders",
    type: "texthash:",
    text: "example.org OK\n.example.com REJECT\npostmaster@ OK\njoe@example.net permit\n<> OK\n",
    use: "sender",
    has: ["x@example.org", "y@a.example.com", "Postmaster@anywhere.example", "joe@example.net", ""],
    hasNot: ["x@example.com", "jane@example.net"],
  },
  {
    what: "a texthash: table of clients",
    type: "texthash:",
    text: "10 OK\n192.0.2 OK\n198.51.100.7 OK\n2001:db8 OK\n2001:db9:0:0:0:0:0:1 OK\n",
    use: "network",
    has: ["10.9.8.7", "192.0.2.77", "198.51.100.7", "2001:db8:9::", "2001:db9::1"],
    hasNot: ["192.0.3.1", "198.51.100.8", "2001:db9::2"],
  },
  {
    what: "a regexp: table",
    type: "regexp:",
    text:
      "/^joe\\+[[:alnum:]]+@Example\\.org$/ OK\nif /@example\\.net$/\n!/^no-?reply@/ OK\nendif\n/^CASE@/i OK\n",
    use: "sender",
    has: ["joe+list1@example.org", "JOE+x@EXAMPLE.ORG", "jane@example.net", "CASE@x.example"],
    hasNot: ["joe+@example.org", "noreply@example.net", "no-reply@example.net", "case@x.example"],
  },
];

describe("a file of a list:", () => {
  for (const { what, type, text, use, has, hasNot } of FILES) {
    it(what, () => {
      using folder = new ListFolder();
      const lists = listIn(folder, text, type);
      for (const one of has) assert.equal(lists.has("it", use, one), true, one);
      for (const one of hasNot) assert.equal(lists.has("it", use, one), false, one);
    });
  }
});

/** For each format: its text, and what is said of it. */
const WRONG: readonly (readonly [type: string, text: string, says: RegExp])[] = [
  ["", "", /it\.txt: it is empty; if no entry is meant, let it have a comment/],
  ["", "10.0.0.0/8\n10.1.0.0/8\n", /it\.txt:2: "10\.1\.0\.0\/8": .*write 10\.0\.0\.0\/8/],
  ["", "10.0.0.0/33", /it\.txt:1: "10\.0\.0\.0\/33": want a network/],
  ["", "10.0.0", /it\.txt:1: "10\.0\.0": want a network/],
  ["", "example.org\n\n*@example.net", /it\.txt:3: "\*@example\.net": write example\.net/],
  ["", "example.org, example.net", /it\.txt:1: .*these are several values/],
  ["", "@other", /it\.txt:1: "@other"/],
  ["cidr:", "10.0.0.0/8", /it\.txt:1: .*want a network, white space and a value/],
  ["cidr:", "example.org OK", /it\.txt:1: .*want a network/],
  ["cidr:", "# a\n10.0.0.1/8 OK", /it\.txt:2: .*write 10\.0\.0\.0\/8/],
  ["cidr:", "if 10.0.0.0/8\n10.0.0.1 OK", /it\.txt:1: "if 10\.0\.0\.0\/8": there is no endif/],
  ["cidr:", "endif", /it\.txt:1: .*there is no if/],
  ["texthash:", "example.org", /it\.txt:1: .*want a key, white space and a value/],
  ["texthash:", "300.1 OK", /it\.txt:1: "300\.1": want a network/],
  ["regexp:", "/(/ OK", /it\.txt:1: .*\(/],
  ["regexp:", "/a/", /it\.txt:1: .*white space and a value/],
  ["regexp:", "/a OK", /it\.txt:1: .*no \/ at its end/],
  ["regexp:", "example OK", /it\.txt:1: .*between slashes/],
  ["regexp:", "/(a)\\1/ OK", /it\.txt:1: .*backreference such as \\1 is not supported/],
  ["regexp:", "/\\d/ OK", /it\.txt:1: .*write \[0-9\]/],
  ["regexp:", "/[[:alfa:]]/ OK", /it\.txt:1: .*there is no \[:alfa:\]/],
  ["regexp:", "/a+?/ OK", /it\.txt:1: .*one repetition follows another/],
  ["regexp:", "/a/x OK", /it\.txt:1: .*basic expressions/],
  ["regexp:", "if /a/\n/b/ OK", /it\.txt:1: .*there is no endif/],
  ["pcre:", "/a/ OK", /pcre: tables are not read; regexp: ones are/],
  ["hash:", "a OK", /name the text that it was made of with texthash:/],
  ["cird:", "10.0.0.0/8 OK", /there is no type cird:.*did you mean cidr:\?/],
];

describe("a file of a list is refused:", () => {
  for (const [type, text, says] of WRONG) {
    it(`${type} ${JSON.stringify(text)}`, () => {
      using folder = new ListFolder();
      assert.throws(() => listIn(folder, text, type), {
        name: "ListError",
        code: "invalid-list",
        message: says,
      });
    });
  }
});
