// Who is signed by what: Domain with one key, and tables of keys and senders.
import assert from "node:assert/strict";
import { test } from "node:test";
import { convert, type Converted, ONE_KEY, optionOf } from "./support.ts";

const KEYS = "a a.example:s:/k/a.pem\nb b.example:s:/k/b.pem\n";

function tables(signing: string, lines = "", keys = KEYS): Converted {
  const kind = /^.*\*.*@|@.*\*|^\*/m.test(signing) ? "refile:" : "";
  return convert(`Mode s\nKeyTable FOLDER/keys\nSigningTable ${kind}FOLDER/signing\n${lines}`, {
    keys,
    signing,
  });
}
const literal = (signing: string, lines = "", keys = KEYS) =>
  convert(`Mode s\nKeyTable FOLDER/keys\nSigningTable FOLDER/signing\n${lines}`, { keys, signing });
const signOf = (converted: Converted) => optionOf(converted, "sign");

test("one key signs for each domain of a list", () => {
  const list = convert("Domain B.example, a.example\nSelector s\nKeyFile /k.pem\nSubDomains yes\n");
  assert.equal(optionOf(list, "key"), '["b.example:s:/k.pem", "a.example:s:/k.pem"]');
  assert.equal(optionOf(list, "subdomains"), "true");
  assert.equal(signOf(list), undefined);
});

test("one key signs for every domain, or for patterns of them, as the domain itself", () => {
  const any = convert("Domain *\nSelector s\nKeyFile /k.pem\n");
  assert.equal(optionOf(any, "key"), '["%:s:/k.pem"]');
  assert.equal(signOf(any), '["*=%/s"]');
  const patterns = convert("Domain refile:FOLDER/d\nSelector s\nKeyFile /k.pem\n", {
    d: "*.example.org\nexample.*\nx.example\n",
  });
  assert.equal(signOf(patterns), '[".example.org=%/s", "*@example.*=%/s", "x.example=%/s"]');
});

test("domains that are left alone come first", () => {
  const exempt = convert(
    "Domain example.org\nSelector s\nKeyFile /k.pem\nSubDomains yes\nExemptDomains A.example.org\n",
  );
  assert.equal(
    signOf(exempt),
    '["a.example.org=none", "example.org=example.org/s", ".example.org=example.org/s"]',
  );
  assert.equal(optionOf(exempt, "subdomains"), undefined);
  assert.equal(optionOf(exempt, "exempt-domain"), '["a.example.org"]');
});

test("a literal table is looked up from the address to its domain and those above it", () => {
  const signing =
    "* a\njoe@* b\n.org a\n.example.org b\njoe@.example.org a\nExample.org b\nJoe@example.org a\n";
  assert.equal(
    signOf(literal(signing)),
    '["joe@example.org=a.example/s", "example.org=b.example/s", "joe@*.example.org=a.example/s", ' +
      '".example.org=b.example/s", ".org=a.example/s", "joe@*=b.example/s", "*=a.example/s"]',
  );
});

test("what a literal table never finds is left out with a note", () => {
  const { notes } = literal(
    "*@example.org a\nexample.org a\nEXAMPLE.org b\n@example.net a\n*.example.net a\n",
  );
  assert.deepEqual(notes, [
    "signing:1 OpenDKIM never finds *@example.org: * is a wildcard only in tables that refile: names, and this one expects example.org. It is left out here",
    "signing:3 OpenDKIM never finds EXAMPLE.org: it was there before. It is left out here",
    "signing:4 OpenDKIM never finds @example.net: it expects example.net, without @. It is left out here",
    "signing:5 OpenDKIM never finds *.example.net: * is a wildcard only in tables that refile: names, and this one expects .example.net. It is left out here",
  ]);
});

test("a table of patterns is in the order of the file", () => {
  const signing =
    "*@*.example.org a\njoe@example.org b\n*@Example.org a\nj*@b.example b\n*.example.net b\n*@x.* a\n*@* a\n";
  assert.equal(
    signOf(tables(signing)),
    '[".example.org=a.example/s", "joe@example.org=b.example/s", "example.org=a.example/s", ' +
      '"j*@b.example=b.example/s", ".example.net=b.example/s", "*@x.*=a.example/s", "*=a.example/s"]',
  );
});

test("what a table of patterns never finds is left out with a note", () => {
  const { notes, text } = tables(
    "*@example.org a\nexample.net a\n *@b.example b\n@*x a\n*@.x.example a\njoe@example.org b\n",
  );
  assert.deepEqual(notes.slice(0, 5), [
    "signing:2 OpenDKIM never finds example.net: a pattern expects the whole address, as in *@example.net. It is left out here",
    "signing:3 OpenDKIM ignores a line of patterns that begins with white space, and it is left out here",
    "signing:4 OpenDKIM never finds @*x: no address is like that; it expects *@*x. It is left out here",
    "signing:5 OpenDKIM never finds *@.x.example: no address is like that; it expects *@*.x.example. It is left out here",
    "signing:6 OpenDKIM never gets to joe@example.org, since example.org in line 1 comes first. It is left out here",
  ]);
  assert.match(text ?? "", /"example\.org=a\.example\/s",/);
});

test("with MultipleSignatures every entry signs, and those of one sender become one", () => {
  const all = tables(
    "*@example.org a\n*@* b\n*@example.org b\n*@example.org a\n",
    "MultipleSignatures yes\n",
  );
  assert.equal(signOf(all), '["example.org=a.example/s,b.example/s", "*=b.example/s"]');
  assert.equal(optionOf(all, "sign-all"), "true");
  assert.match(
    all.notes.join("\n"),
    /conf:4 of more than two entries that match, OpenDKIM signs with the first and the last/,
  );
});

test("a signer that is named for i= gets a note", () => {
  const { notes } = tables("*@example.org a:%\n");
  assert.deepEqual(notes, ["signing:1 dkim-sign does not add i=%, which receivers do not need"]);
});

test("% finds the domains that the KeyTable names", () => {
  const keys =
    "a.example a.example:s:/k/a.pem\nx.b.example b.example:s:/k/b.pem\nA.Example a.example:t:/k/t.pem\n";
  assert.equal(signOf(tables("*@* %\n", "", keys)), '["a.example=a.example/s", "x.b.example=b.example/s"]');
  assert.equal(
    signOf(literal(".example %\njoe@.b.example %\n", "", keys)),
    '["joe@x.b.example=b.example/s", "a.example=a.example/s", "x.b.example=b.example/s"]',
  );
  assert.match(
    tables("*@* %\n", "", keys).notes[0] ?? "",
    /^signing:1 % finds only domains that the KeyTable names/,
  );
});

test("a KeyTable has the author's domain for %, also in the name of the file", () => {
  const each = tables("*@* own\n", "", "own %:s:/k/%/s.pem\n");
  assert.equal(optionOf(each, "key"), '["%:s:/k/%/s.pem"]');
  assert.equal(signOf(each), '["*=%/s"]');
  assert.deepEqual(each.notes, []);
  assert.equal(
    optionOf(tables("*@* own\n", "", "own a.example:s:/k/%/s.pem\n"), "key"),
    '["a.example:s:/k/a.example/s.pem"]',
  );
  const found = convert("Mode s\nKeyTable refile:FOLDER/keys\nSigningTable refile:FOLDER/signing\n", {
    keys: "* %:s:/k/%.pem\n",
    signing: "*@*.example.org %\n",
  });
  assert.equal(signOf(found), '[".example.org=%/s"]');
});

test("one key for any author is warned of", () => {
  assert.deepEqual(tables("*@* a\n").notes, [
    "signing:1 signs mail of any author as a.example, which helps neither of them with DMARC",
  ]);
});

const REFUSED: readonly (readonly [pattern: string, why: string])[] = [
  [
    "*example.org",
    "*example.org also finds domains such as notexample.org; write *@example.org and *@*.example.org, a line each",
  ],
  [
    "*@*example.org",
    "*@*example.org also finds domains such as notexample.org; write *@example.org and *@*.example.org, a line each",
  ],
  ["joe@mail*.example.org", "in a domain, dkim-sign has * for whole labels alone, as in joe@*.example.org"],
  ["joe*", "write joe* with its @, as in *@example.org"],
  [
    "joe@example.(org|net)",
    "OpenDKIM takes joe@example.(org|net) for a regular expression, which dkim-sign has not; write it with * alone",
  ],
];
for (const [pattern, why] of REFUSED) {
  test(`a pattern that dkim-sign has not is an error with its line: ${pattern}`, () => {
    const conf = "Mode s\nKeyTable FOLDER/keys\nSigningTable refile:FOLDER/signing\n";
    assert.deepEqual(convert(conf, { keys: KEYS, signing: `*@a.example a\n${pattern} b\n` }).problems, [
      `signing:2 ${why}`,
    ]);
    const domains = convert("Mode s\nDomain refile:FOLDER/d\nSelector s\nKeyFile /k\n", {
      d: "x.example\n*example.org\n",
    });
    assert.deepEqual(domains.problems, [
      "d:2 *example.org also finds domains such as notexample.org; write example.org and *.example.org, a line each",
    ]);
  });
}

const WRONG: readonly (readonly [keys: string, signing: string, problem: string])[] = [
  [
    "a a.example:s\n",
    "*@* a\n",
    "keys:1 want NAME DOMAIN:SELECTOR:FILE, as in mine example.org:2026:/etc/dkimkeys/mine.private",
  ],
  [
    "a a.example:s:MIIEpAIBAAKCAQEA\n",
    "*@* a\n",
    "keys:1 the key itself stands in the table; put it into a file that only its owner can read, and name that",
  ],
  ["a x.%:s:/k\n", "*@* a\n", "keys:1 % stands for the author's domain only alone, not in x.%"],
  [KEYS, "*@x.example c\n", "signing:1 the KeyTable has no key c"],
  ["A a.example:s:/k/a\n", "*@x.example a\n", "signing:1 the KeyTable has no key a"],
  [KEYS, "*@x.example\n", "signing:1 *@x.example names no key of the KeyTable"],
  [
    KEYS,
    "(a|b)@x.example a\n*@x.example b\n",
    "signing:1 OpenDKIM takes (a|b)@x.example for a regular expression, which dkim-sign has not; write it with * alone",
  ],
  [
    "a x.example:s:/k/a\nb X.example:s:/k/b\n",
    "*@a.example a\n*@b.example b\n",
    "keys:2 /k/b and /k/a are two keys for s._domainkey.X.example: give one another selector",
  ],
];
for (const [keys, signing, problem] of WRONG) {
  test(`a table that cannot be converted is an error with its line: ${problem}`, () => {
    const { problems, text } = tables(signing, "", keys);
    assert.deepEqual(problems, [problem]);
    assert.equal(text, undefined);
  });
}

test("what a KeyTable takes the place of is said", () => {
  assert.deepEqual(tables("*@x.example a\n", ONE_KEY).notes.map((note) => note.replace(/^\S+ /, "")), [
    "Mode is set again in line 7, and OpenDKIM takes the last one",
    "OpenDKIM ignores Domain beside a KeyTable",
    "OpenDKIM ignores Selector beside a KeyTable",
    "OpenDKIM ignores KeyFile beside a KeyTable",
  ]);
});

test("a key that dkim-sign would refuse is said", () => {
  const conf = "Domain example.org\nSelector s\nKeyFile FOLDER/k\nMode s\n";
  const [note = "", ...more] = convert(conf, { k: "a key that everybody can read" }).notes;
  assert.match(
    note,
    /^opendkim\.conf:3 dkim-sign refuses k: it has mode 0644, .*, so everybody can read it\. With --keys FOLDER it gets a copy$/,
  );
  assert.deepEqual(more, []);
  assert.equal(convert(conf, { k: "" }, "/etc/keys").notes.length, 1);
});

test("copies of keys are named with the commands that make them", () => {
  const files = {
    keys: "a a.example:s:/k/it's.pem\ne %:e:/k/%/e.pem\no %:o:/k/o.pem\n",
    signing: "*@a.example a\n*@b.example e\n*@* o\n",
  };
  const conf = "Mode s\nKeyTable FOLDER/keys\nSigningTable refile:FOLDER/signing\n";
  const copied = convert(conf, files, "/etc/keys");
  assert.equal(
    optionOf(copied, "key"),
    '["a.example:s:/etc/keys/a.example/s.pem", "%:e:/etc/keys/%/e.pem", "%:o:/etc/keys/o.pem"]',
  );
  assert.deepEqual(copied.notes, [
    "keys:1 copy the key: install -D -o root -g milterkit -m 0640 '/k/it'\\''s.pem' /etc/keys/a.example/s.pem",
    "keys:2 copy the key of each domain, which stands for %: install -D -o root -g milterkit -m 0640 /k/%/e.pem /etc/keys/%/e.pem",
    "keys:3 copy the key: install -D -o root -g milterkit -m 0640 /k/o.pem /etc/keys/o.pem",
  ]);
});
