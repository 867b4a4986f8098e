import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { HeaderList } from "../../lib/message/header_list.ts";
import { latin1Bytes } from "../../lib/message/text.ts";
import { parseAddresses } from "../../lib/mime/addresses.ts";

/** What is expected of a field: name and address of each, and the group. */
type Row = readonly [given: string, ...found: (readonly [name: string, address: string, group?: string])[]];

const ROWS: readonly Row[] = [
  [""],
  [" , ;, "],
  ["joe@example.org", ["", "joe@example.org"]],
  ["<joe@example.org>", ["", "joe@example.org"]],
  ["Joe Doe <joe@example.org>", ["Joe Doe", "joe@example.org"]],
  ['"Doe, Joe" <joe@example.org>, Zoe<zoe@example.org>', ["Doe, Joe", "joe@example.org"], [
    "Zoe",
    "zoe@example.org",
  ]],
  ["=?utf-8?Q?Zo=C3=AB?=\r\n\t=?utf-8?Q?_M=C3=BCller?= <zoe@example.org>", ["Zoë Müller", "zoe@example.org"]],
  ['"=?utf-8?Q?Zo=C3=AB?=" <zoe@example.org>', ["Zoë", "zoe@example.org"]],
  // RFC 5322 appendix A.
  ['"Joe Q. Public" <john.q.public@example.com>', ["Joe Q. Public", "john.q.public@example.com"]],
  [
    'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>, <boss@nil.test>, "Giant; \\"Big\\" Box" <s@example.net>',
    ["Mary Smith", "mary@x.test"],
    ["", "jdoe@example.org"],
    ["Who?", "one@y.test"],
    ["", "boss@nil.test"],
    ['Giant; "Big" Box', "s@example.net"],
  ],
  [
    "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
    ["Ed Jones", "c@a.test", "A Group"],
    ["", "joe@where.test", "A Group"],
    ["John", "jdoe@one.test", "A Group"],
  ],
  ["Undisclosed recipients:;"],
  ["a@x.test, friends: b@x.test;, c@x.test", ["", "a@x.test"], ["", "b@x.test", "friends"], ["", "c@x.test"]],
  [
    "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
    ["Pete", "pete@silly.test"],
  ],
  [
    "A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>, joe@example.org, John <jdoe@one.test> (my dear friend); (the end of the group)",
    ["Chris Jones", "c@public.example", "A Group"],
    ["", "joe@example.org", "A Group"],
    ["John", "jdoe@one.test", "A Group"],
  ],
  ["(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"],
  ["Joe Q. Public <john.q.public@example.com>", ["Joe Q. Public", "john.q.public@example.com"]],
  [
    "Mary Smith <@node.test,@other.test:mary@example.net>, , jdoe@test  . example",
    ["Mary Smith", "mary@example.net"],
    ["", "jdoe@test.example"],
  ],
  ["John Doe <jdoe@machine(comment).  example>", ["John Doe", "jdoe@machine.example"]],
  // Local parts and domains.
  ['"joe"@example.org', ["", "joe@example.org"]],
  ['"joe doe"@example.org', ["", '"joe doe"@example.org']],
  ['"a\\"b"@example.org', ["", '"a\\"b"@example.org']],
  ['<"a@b"@example.org>', ["", '"a@b"@example.org']],
  ["joe . doe @ example . org (Joe)", ["Joe", "joe.doe@example.org"]],
  ["joe@[192.0.2.1]", ["", "joe@[192.0.2.1]"]],
  ["Joe <joe@[IPv6:2001:db8::1]>", ["Joe", "joe@[IPv6:2001:db8::1]"]],
  ["joe@[IPv6:2001:db8::1], x@y.test", ["", "joe@[IPv6:2001:db8::1]"], ["", "x@y.test"]],
  ["Zoë <zoë@grün.example>", ["Zoë", "zoë@grün.example"]],
  ["<>", ["", ""]],
  ["Joe <>", ["Joe", ""]],
  // Names in other places.
  ["joe@example.org (Joe Doe)", ["Joe Doe", "joe@example.org"]],
  ["joe@example.org (=?utf-8?Q?Zo=C3=AB?=)", ["Zoë", "joe@example.org"]],
  ["Joe Doe joe@example.org", ["Joe Doe", "joe@example.org"]],
  ["<joe@example.org> Joe Doe", ["Joe Doe", "joe@example.org"]],
  ["root", ["root", ""]],
  ["root (Cron Daemon)", ["root", ""]],
  ["(nobody)"],
  ["'joe@example.org' <x@y.test>", ["'joe@example.org'", "x@y.test"]],
  ['"ceo@bank.example" <x@evil.example>', ["ceo@bank.example", "x@evil.example"]],
  ["=?utf-8?Q?ceo=40bank.example?= <x@evil.example>", ["ceo@bank.example", "x@evil.example"]],
  ["ceo@bank.example <x@evil.example>", ["ceo@bank.example", "x@evil.example"]],
  // Characters in encoded words that RFC 2047 does not allow there.
  ["=?utf-8?Q?Doe,_Joe?= <joe@example.org>", ["Doe, Joe", "joe@example.org"]],
  ["=?utf-8?Q?ceo@bank.example?= <x@evil.example>", ["ceo@bank.example", "x@evil.example"]],
  ["=?utf-8?Q?never, joe@example.org", ["=?utf-8?Q?never", ""], ["", "joe@example.org"]],
  // Against the rules.
  ["a@x.test b@x.test", ["", "a@x.test"], ["", "b@x.test"]],
  ["<a@x.test> <b@x.test>", ["", "a@x.test"], ["", "b@x.test"]],
  ["A <a@x.test> B <b@x.test>", ["A", "a@x.test"], ["B", "b@x.test"]],
  ["A <a@x.test, B <b@x.test>", ["A", "a@x.test"], ["B", "b@x.test"]],
  ["<a@x.test <b@x.test>", ["", "a@x.test"], ["", "b@x.test"]],
  ['"Joe <joe@example.org>', ['"Joe', "joe@example.org"]],
  ["Joe (the boss <joe@example.org>", ["Joe (the boss", "joe@example.org"]],
  ["Joe) <joe@example.org>", ["Joe)", "joe@example.org"]],
  ["joe@x@y.test", ["", "joe@x@y.test"]],
  ["'joe@x.test'", ["", "joe@x.test"]],
  ["joe@", ["", "joe@"]],
  ["@x.test", ["", "@x.test"]],
  ["<joe doe@x.test>", ["", "joe doe@x.test"]],
  ["a: b: c@x.test;", ["", "c@x.test", "b"]],
  ["friends: c@x.test", ["", "c@x.test", "friends"]],
  ["Jo\0e\x1b <joe\0@x.test>", ["Joe", "joe@x.test"]],
  ["gr\xfc\xdfe <\xe9@b\xc3\xbccher.example>", ["grüße", "é@bücher.example"]],
  ["gr\xfc\xdfe <a@x.test>", ["grüße", "a@x.test"]],
];

for (const [given, ...found] of ROWS) {
  test(JSON.stringify(given), () => {
    const bytes = /[\u0100-\uffff]|ë/.test(given) ? given : latin1Bytes(given);
    const expected = found.map(([name, address, group]) => ({ name, address, ...(group ? { group } : {}) }));
    assert.deepEqual(parseAddresses(bytes), expected);
  });
}

test("a header gives the addresses of all fields with a name, and the text of the first", () => {
  const header = new HeaderList("postfix");
  header.push(HeaderField.of("To", "a@x.test"));
  header.push(HeaderField.of("Subject", "=?utf-8?Q?=C3=BC?="));
  header.push(HeaderField.of("TO", "B <b@x.test>, c@x.test"));
  assert.deepEqual(header.addresses("to").map(({ address }) => address), [
    "a@x.test",
    "b@x.test",
    "c@x.test",
  ]);
  assert.deepEqual(header.addresses("Cc"), []);
  assert.equal(header.text("SUBJECT"), "ü");
  assert.equal(header.text("Cc"), undefined);
  assert.equal(header.get("To")?.addresses, header.get("To")?.addresses);
});

test("what opens and never closes is read in linear time", () => {
  // A size that only linear work gets through.
  const pieces = [
    "(",
    "(\\",
    '"',
    '"\\',
    "<",
    ">",
    "@",
    ",",
    ":",
    ";",
    "\\",
    " ",
    "a ",
    "a@b ",
    "<a@b> ",
    "<@a,",
    "a (b) ",
  ];
  for (const piece of [...pieces, "[", "@[", "a . ", ". ", "=?a?q?", "=?a?q?,", "()", "@ () "]) {
    parseAddresses(piece.repeat(200_000 / piece.length));
    parseAddresses(`Joe <joe@example.org> ${piece.repeat(200_000 / piece.length)}`);
  }
});
