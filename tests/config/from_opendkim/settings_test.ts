// opendkim.conf as OpenDKIM reads it: comments, line ends, repetitions, files that include others, words with a mistake.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keywordNames } from "../../../cli/commands/config/from_opendkim/keywords.ts";
import { convert, ONE_KEY, optionOf } from "./support.ts";

const problemsOf = (conf: string, files?: Record<string, string>) => convert(conf, files).problems;

test("comments, white space, CRLF and the case of keywords do not matter", () => {
  const plain = convert(ONE_KEY).text?.replace(/ {2}#.*/g, "");
  const odd = convert(
    "# mine\r\n\r\n \t domain\t \texample.org # ours\r\nSELECTOR s#\r\nKeyFile   /k.pem  \r\nmode s",
  );
  assert.equal(odd.text?.replace(/ {2}#.*/g, "").replace(/^#.*\n/gm, ""), plain?.replace(/^#.*\n/gm, ""));
  assert.deepEqual(odd.notes, []);
});

test("of a setting that comes again, the last counts, with a note", () => {
  const again = convert(`${ONE_KEY}SignatureTTL 5\nSignatureTTL 0x100\n`);
  assert.equal(optionOf(again, "lifetime"), '"256s"');
  assert.deepEqual(again.notes, [
    "opendkim.conf:5 SignatureTTL is set again in line 6, and OpenDKIM takes the last one",
  ]);
});

test("an included file counts at its place, and relative names are looked for beside the file that has them", () => {
  const files = { "more.conf": "Domain example.net\nInclude deep.conf\n", "deep.conf": "Selector deep\n" };
  const included = convert(`${ONE_KEY}Include more.conf\n`, files);
  assert.equal(optionOf(included, "key"), '["example.net:deep:/k.pem"]');
  assert.deepEqual(included.notes, [
    "opendkim.conf:1 Domain is set again in more.conf:1, and OpenDKIM takes the last one",
    "opendkim.conf:2 Selector is set again in deep.conf:1, and OpenDKIM takes the last one",
  ]);
  assert.deepEqual(
    problemsOf("Include FOLDER/opendkim.conf"),
    [
      "opendkim.conf:1 files include each other more than 5 deep",
      "opendkim.conf:1 there is nothing to convert: OpenDKIM neither signs nor checks anything",
    ].slice(0, 1),
  );
  assert.deepEqual(problemsOf("Include none.conf"), [
    "opendkim.conf:1 cannot read none.conf: there is no such file",
  ]);
});

test("BaseDirectory is where relative names belong", () => {
  const based = convert("Domain example.org\nSelector s\nKeyFile k.pem\nBaseDirectory /etc/dkim\n");
  assert.equal(optionOf(based, "key"), '["example.org:s:/etc/dkim/k.pem"]');
  assert.equal(
    optionOf(convert("Domain example.org\nSelector s\nKeyFile k.pem\n"), "key"),
    '["example.org:s:FOLDER/k.pem"]',
  );
});

const WRONG: readonly (readonly [line: string, problem: string])[] = [
  ["SigningTabel /x", "OpenDKIM has no setting SigningTabel; did you mean SigningTable?"],
  ["InternalHost 10.0.0.0/8", "OpenDKIM has no setting InternalHost; did you mean InternalHosts?"],
  ["Domain", "Domain has no value"],
  ["Include", "Include has no value"],
  ["SubDomains maybe", "SubDomains expects yes or no, not maybe"],
  ["SignatureTTL 1d", "SignatureTTL expects a number, not 1d"],
  ["UMask 009", "UMask expects a number, not 009"],
  ["Mode x", "Mode expects s, v or sv, not x"],
  ["Canonicalization nofws", "Canonicalization expects simple or relaxed, as in relaxed/simple"],
  ["SignatureAlgorithm rsa-md5", "there is no algorithm rsa-md5; OpenDKIM knows rsa-sha256"],
  ["On-BadSignature rejct", "On-BadSignature has no action rejct; did you mean reject?"],
  [
    "Socket 8891@localhost",
    "8891@localhost is not an address to listen on: want unix:/path, inet:port@host, inet6:port@host, fd:N or fd:NAME",
  ],
  [
    "SetupPolicyScript /x.lua",
    "SetupPolicyScript cannot be converted: Lua scripts are not supported; use tables to say who is signed with which key, or write a filter in TypeScript. Then remove this line",
  ],
  [
    "InternalHosts ldap://localhost/x",
    "LDAP is not supported: export the entries to a text file, and name that",
  ],
  ["InternalHosts dsn:mysql://x/y", "SQL is not supported: export the table to a text file, and name that"],
  [
    "InternalHosts /x/y.db",
    "Berkeley DB is not supported: name the text file that the database was made from",
  ],
  ["InternalHosts lua:/x", "Lua is not supported: write the table as a text file, and name that"],
  [
    "InternalHosts memcache:localhost/x",
    "memcached is not supported: write the table as a text file, and name that",
  ],
  [
    "InternalHosts erlang:a@b:c:d:e",
    "Erlang is not supported: write the table as a text file, and name that",
  ],
  ["InternalHosts refil:/x", "there is no kind refil of data sets; did you mean refile:?"],
  ["InternalHosts ::1, 127.0.0.1", "OpenDKIM does not take a list that begins so; write csl:::1, 127.0.0.1"],
  ["InternalHosts /none", "cannot read /none: there is no such file"],
  [
    "InternalHosts mail.example.org",
    "clients are known by their addresses, not by their names: write the address of mail.example.org",
  ],
  ["MacroList refile:FOLDER/opendkim.conf", "OpenDKIM expects a list, or a table with file:"],
  ["SenderHeaders X-*", "dkim-sign expects whole names of header fields, not X-*"],
  [
    "DontSignMailTo refile:FOLDER/re",
    "OpenDKIM takes [a-z]@example.org for a regular expression, which dkim-sign has not; write it with * alone",
  ],
];
for (const [line, problem] of WRONG) {
  const at = `opendkim.conf:6 `;
  test(`"${line}" is an error with its line`, () => {
    const { problems, text } = convert(`${ONE_KEY}Mode sv\n${line}\n`, { re: "[a-z]@example.org\n" });
    const place = line.startsWith("DontSignMailTo") ? "re:1 " : at;
    assert.deepEqual(problems.filter((each) => each.startsWith(place)), [place + problem]);
    assert.equal(text, undefined);
  });
}

test("what signs nothing is said", () => {
  assert.deepEqual(problemsOf("Mode s\n"), [
    "opendkim.conf:1 there is nothing to convert: OpenDKIM neither signs nor checks anything",
  ]);
  const nothing = "opendkim.conf:1 without Domain and SigningTable, OpenDKIM signs nothing";
  assert.ok(convert("Syslog no\n").notes.includes(nothing));
  assert.deepEqual(problemsOf("Domain example.org\n"), [
    "opendkim.conf:1 to sign, OpenDKIM needs Domain, Selector and KeyFile",
  ]);
  assert.deepEqual(problemsOf("KeyTable csl:a=b:c:/d\n"), [
    "opendkim.conf:1 a KeyTable needs a SigningTable, which is not set",
  ]);
  assert.deepEqual(problemsOf("SigningTable csl:a=b\n"), [
    "opendkim.conf:1 a SigningTable needs a KeyTable, which is not set",
  ]);
  assert.deepEqual(convert("Selector s\nKeyFile /k\n").notes, [
    "opendkim.conf:2 without Domain, OpenDKIM signs nothing",
  ]);
});

test("a keyword is there once, with something to say", () => {
  assert.deepEqual(keywordNames.filter((name, i) => keywordNames.indexOf(name) !== i), []);
});
