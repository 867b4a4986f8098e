import assert from "node:assert/strict";
import { test } from "node:test";
import { authservIdOf, bearsAuthservId, MAX_SEARCHED, OwnResultsFinder } from "../../lib/auth/authserv_id.ts";
import { bytes } from "./dkim/support.ts";

const ID = "mx.Example.net";
/** Characters of a field many times as long as what a packet holds. */
const LARGE = 1_000_000;

const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");

function removed(values: readonly string[], id: string = ID): void {
  const kept = values.filter((value) => !bearsAuthservId(value, id) || !bearsAuthservId(bytes(value), id));
  assert.deepEqual(kept, []);
}

function kept(values: readonly string[], id: string = ID): void {
  const removed = values.filter((value) => bearsAuthservId(value, id) || bearsAuthservId(bytes(value), id));
  assert.deepEqual(removed, []);
}

test("the authserv-id of a field", () => {
  const cases: [string, string | undefined][] = [
    [" mx.example.net; dkim=none", "mx.example.net"],
    ["mx.example.net", "mx.example.net"],
    [" mx.example.net 1; none", "mx.example.net"],
    ["\r\n\tmx.example.net\r\n\t;\r\n dkim=pass", "mx.example.net"],
    ["\n\tmx.example.net;", "mx.example.net"],
    [" (a (nested \\) comment)) mx.example.net (b) 1 (c); none", "mx.example.net"],
    [' "mx.example.net"; none', "mx.example.net"],
    [' "mx.ex\\ample.net" ; none', "mx.example.net"],
    [' "a b;c" ; none', "a b;c"],
    [" (unclosed mx.example.net; none", undefined],
    [' "unclosed; none', undefined],
    ["", undefined],
    [" ; dkim=pass", undefined],
    [" mx.example.net dkim=pass", undefined],
    [" a=b; none", undefined],
  ];
  for (const [value, id] of cases) {
    assert.equal(authservIdOf(value), id, JSON.stringify(value));
    assert.equal(authservIdOf(bytes(value)), id, JSON.stringify(value));
  }
});

test("fields that bear our id by the RFC are removed", () => {
  removed([
    " mx.example.net; dkim=pass",
    " MX.EXAMPLE.NET; dkim=pass",
    " mx.example.net.; dkim=pass",
    ' (x) "mx.example.net" 1; dkim=pass',
    "mx.example.net(x);dkim=pass",
  ]);
});

test("so are those that bear it to a reader who puts up with more", () => {
  removed([
    // comments, and what only looks like one
    " mx.(c)example.net; dkim=pass",
    " mx(c).example.net; dkim=pass",
    " mx.((c)d)example.net; dkim=pass",
    " mx.(c\\)d)example.net; dkim=pass",
    ' mx.("a)b")example.net; dkim=pass',
    " mx.ex(c\\)d)ample.net; dkim=pass",
    " mx.((c)d\\)example.net; dkim=pass",
    ' mx.ex((c)d")ample.net; dkim=pass',
    " mx.((c)example.net); dkim=pass",
    " mx.e)xample.net; dkim=pass",
    " mx.(c)e)xample.net; dkim=pass",
    " (mx.example.net; dkim=pass",
    " mx.(c)example.net (unclosed; dkim=pass",
    ' "(a;b" mx.example.net; dkim=pass',
    " \\(c mx.example.net; dkim=pass",
    ' mx."(c" example.net; dkim=pass',
    ' "(c" mx. "(d" example.net; dkim=pass',
    // to Mail::AuthenticationResults, which knows no escapes, the comment ends at the first parenthesis
    " (\\) mx.example.net; dkim=pass) other.example; none",
    // white space, control characters, separators
    " mx.\r\n example.net; dkim=pass",
    " mx. example.net; dkim=pass (\xe9)",
    utf8(" mx. example.net; dkim=pass (é)"),
    " m x . e x a m p l e . n e t; dkim=pass",
    " mx.example.net\0; dkim=pass",
    " mx.example.net\x0b; dkim=pass",
    " mx.ex\x01ample.net; dkim=pass",
    " m\\x.example.net; dkim=pass",
    " mx.example.net!; dkim=pass",
    ' "mx.example.net/4E1F2A"; dkim=pass',
    ' "mx. example.net."; dkim=pass',
    ' "mx.example.net; dkim=pass',
    ' "mx."example.net; dkim=pass',
    // what is not ASCII, as UTF-8 and as bytes
    ...["\u00a0", "\u0085", "\u3000", "\u2003", "\u200b", "\u00ad", "\ufeff", "é"].flatMap((char) => [
      utf8(` ${char}mx.example.net; dkim=pass`),
      utf8(`${char} mx.example.net; dkim=pass`),
      utf8(` mx.exam${char}ple.net; dkim=pass`),
      utf8(` mx.example.net${char}; dkim=pass`),
    ]),
    ...["\xa0", "\x85", "\xad", "\xff"].flatMap((char) => [
      ` ${char}mx.example.net; dkim=pass`,
      `${char} mx.example.net; dkim=pass`,
      ` mx.exam${char}ple.net; dkim=pass`,
      ` mx.example.net${char} ; dkim=pass`,
    ]),
    utf8(" mx.example.net\u00a0evil; dkim=pass"),
    utf8(" ｍｘ．ｅｘａｍｐｌｅ．ｎｅｔ; dkim=pass"),
    utf8(" mx。example｡net; dkim=pass"),
    utf8(" ｍｘ . example.net; dkim=pass ") + "(\xe9)",
    utf8(" mx（c）.example.net； dkim=pass"),
    " mx.ex\xe1mple.net; dkim=pass",
    " \xedx.example.net; dkim=pass",
    // a version, or what stands in its place
    " 1 mx.example.net; dkim=pass",
    " mx.example.net 1x; dkim=pass",
    " mx.example.net/1; dkim=pass",
    " mx.example.net 1.0; dkim=pass",
    " mx.example.net one; dkim=pass",
    // several
    " mx.example.net dkim=pass",
    " mx.example.net, dkim=pass",
    " other.example mx.example.net; dkim=pass",
    " other.example, mx.example.net; dkim=pass",
    " ; mx.example.net; dkim=pass",
    " Authentication-Results: mx.example.net; dkim=pass",
    // in pieces, of which one by itself is a host's name
    " mx.(example.net); dkim=pass",
    " mx (\\) .example.net; dkim=pass) ; none",
  ]);
  removed([utf8(" mx.\u212Ait; x"), utf8(" mx.k\u0131t; x"), utf8(" mx.K\u0130T; x")], "mx.kit");
  removed([utf8(" mx.straße; x")], "mx.strasse");
});

test("an A-label of ours is found in every spelling, and no A-label stands for a name of ours", () => {
  removed(
    [
      " mx.xn--mnchen-3ya.example; none",
      utf8(" mx.münchen.example; none"),
      utf8(" MX.MÜNCHEN.EXAMPLE; none"),
      utf8(" mx.mu\u0308nchen.example; none"),
      utf8(" (c) mx.mün(c)chen。example; none"),
      " mx.m\xfcnchen.example; none",
      utf8(" mx.münchen.example evil; none"),
    ],
    "mx.xn--mnchen-3ya.example",
  );
  removed([utf8(" βόλος.example; none"), utf8(" ΒΌΛΟΣ.example; none")], "xn--nxasmq6b.example");
  removed([" mx.xn--example-.net; none"]);
  kept([utf8(" mx.münchen.example; none"), " mx.xn--mnchen-3ya.example; none"]);
  kept([" mx.munchen.example; none", utf8(" mx.mönchen.example; none")], "mx.xn--mnchen-3ya.example");
});

test("what other hosts may have written stays", () => {
  kept([
    " mx.example.com; dkim=pass",
    " other.mx.example.net; dkim=pass",
    " mx.example.net.example.org; dkim=pass",
    " notmx.example.net; dkim=pass",
    " mx.example.network; dkim=pass",
    " mx.example.net1; dkim=pass",
    ' "notmx.example.net"; dkim=pass',
    " (c) notmx.example.net; dkim=pass",
    " (c) mx.example.net.example.org; dkim=pass",
    ' (c) "mx.example.net.example.org" 1; dkim=pass',
    " mx; dkim=pass header.d=mx.example.net",
    " mx.example 1; dkim=pass header.d=mx.example.net",
    " mx (mx.example.net); dkim=pass",
    " example; dkim=none",
    " mx.example.org (not mx.example.net); dkim=pass header.d=mx.example.net",
    ' (c) mx.example.org (say "mx.example.net"); dkim=pass header.d=mx.example.net',
    " mx.example.org (=?utf-8?q?mx.example.net?=); dkim=pass",
    " mx.example.org (\xe9); dkim=pass header.d=mx.example.net",
    " other.example; mx.example.net; dkim=pass",
    utf8(" mx.prüfung.net; dkim=pass header.d=mx.example.net"),
    utf8(" émx.example.net.org; dkim=pass"),
  ]);
});

test("a field without an id stays unless ours stands in it; one whose id is an encoded word goes", () => {
  kept([
    "",
    " ; dkim=pass",
    " spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=pass header.d=a.example",
  ]);
  removed([
    " spf=pass smtp.helo=mx.example.net; dkim=pass header.d=a.example",
    " =?utf-8?q?mx.example.net?=; dkim=pass",
    ` =?utf-16?b?${base64("\xfe\xff\0m\0x")}?=; dkim=pass`,
    ` "=?utf-8?b?${base64("mx.example.net")}?="; dkim=pass`,
    " (=?utf-8?q?)_mx.example.net=3B?=) other.example; dkim=pass",
  ]);
});

test("an id that is no host name, and one that is all dots", () => {
  removed([' "my host"; none', " my host; none", " my (c)host; none"], "my host");
  kept([" myhost; none", " my; none"], "my host");
  removed([" !!!; none"], "!!!");
  kept([" ; none", " a b; none", " (x) c; none"], "!!!");
  kept([" other.example; none", " a b; none"], "..");
});

test("of one message so many characters are searched, and what is beyond counts as ours", () => {
  const searched = " a b; none".padEnd(MAX_SEARCHED / 4, "c");
  const finder = new OwnResultsFinder(ID);
  assert.deepEqual(Array.from({ length: 5 }, () => finder.isOurs(searched)), [
    false,
    false,
    false,
    false,
    true,
  ]);
  // Those need no search.
  assert.equal(finder.isOurs(` other.example; none ${"x".repeat(MAX_SEARCHED)}`), false);
  assert.equal(finder.isOurs(` mx.example.net; none ${"x".repeat(MAX_SEARCHED)}`), true);
});

test("hostile fields are read in linear time", { timeout: 60_000 }, () => {
  const units = [
    "(",
    "()",
    '"',
    "\\",
    " ",
    ". ",
    "\r\n ",
    "mx.",
    "mx.example.net. ",
    "\xc3\xa9",
    "\xe9",
    "1",
    '"\\',
    "(\xc3\xa9",
  ];
  for (const unit of [...units, utf8("\ufdfa"), utf8("\u0301\u0323"), "xn--a- ", "=?"]) {
    for (const start of ['("', "mx.(", ""]) {
      // Work that grows faster than the field would not come to an end.
      bearsAuthservId(start + unit.repeat(LARGE / unit.length), "mx.example.net");
    }
  }
});
