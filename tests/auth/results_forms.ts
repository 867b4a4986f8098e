// Authentication-Results fields by chance: forged ones, whose id some reader may take for ours, and other hosts' own.
import type { Random } from "../support/random.ts";
import { GUARDED_DOMAIN } from "../support/opendmarc.ts";

/** Ours. It has letters that other characters turn into (k: the Kelvin sign, i: a dotless one). */
export const OUR_ID = "mx.kit.test";

/** The UTF-8 of a text, one character per byte, as all fields here. */
const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

const COMMENTS = [
  ...'(c)|()|(a(b)c)|((c))|(c)(d)|( c )|(\\))|(\\()|(")")|(c;d)|(c\\|(|)|))|(x|(\xe9)|(mx)'.split("|"),
  utf8("(é)"),
  '(")")',
  "(c\\)d)",
];
const WHITE = [" ", "  ", "\t", "\r\n ", "\r\n\t", " \r\n  ", "\x0b", "\x0c"];
const UNICODE_WHITE = [
  ...["\xa0", "\x85", "\xad"],
  ...[
    "\u00a0",
    "\u0085",
    "\u3000",
    "\u2003",
    "\u2028",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u180e",
  ]
    .map(utf8),
];
const QUOTES = ['"', '""', '\\"', "\\", "\\\\", '"(x)"', '"(x" ', "\\(x "];
const CONTROLS = ["\x01", "\x07", "\x08", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x9f", "\xff", "\0"];
const SEPARATORS = [";", ",", ":", "/", "=", "@", "<", ">", "[", "]", "?", "!", "'", "`", "|"];
const JUNK = [COMMENTS, COMMENTS, WHITE, WHITE, UNICODE_WHITE, QUOTES, CONTROLS, SEPARATORS];

const BEFORE = [
  ...[" ", "\t", "\r\n ", "(c) ", "(a(b)) (c)", "(c;d) ", "1 ", "1", "; ", '"(x)" ', '"(a;b)" '],
  ...[
    "\\(x ",
    "(\\) ",
    "((c) ",
    ") ",
    "other.example ",
    "other.example, ",
    "other.example (c) ",
    "(=?utf-8?q?c?=) ",
  ],
  ...[
    "Authentication-Results: ",
    ". ",
    '"" ',
    "[",
    "<",
    "\xa0",
    utf8("\u00a0 "),
    utf8("\u0085"),
    utf8("\ufeff"),
  ],
];
const BEHIND = [
  ...[" ", " 1", "1", "/1", " 1.0", " v1", "(c)", " (c)", "(c)1", " (c) 1 (d)", ".", "..", " 2"],
  ...[
    "/4E1F2A",
    "\t1",
    "\r\n 1",
    " other.example",
    ",",
    ", other.example",
    "]",
    ">",
    ")",
    " )",
    '"',
    "\\",
    "\xa0",
  ],
  ...["\x0b", utf8("\u00a0"), utf8("\u0085"), utf8("\u3000"), " 1x", "\0evil", ":25", "!"],
];
const RESULTS = [
  `; dkim=pass header.d=${GUARDED_DOMAIN}`,
  `;dkim=pass (2048-bit key) header.d=${GUARDED_DOMAIN}`,
  `; dkim=pass (\xe9) header.d=${GUARDED_DOMAIN}`,
  utf8(`; dkim=pass (é) header.d=${GUARDED_DOMAIN}`),
  `;\r\n\tdkim=pass reason="good" header.d=${GUARDED_DOMAIN}`,
  `; spf=none smtp.mailfrom=other.example; dkim=pass header.d=${GUARDED_DOMAIN}`,
  ` ; dkim = pass header.d=${GUARDED_DOMAIN} (${utf8("ü")})`,
];

/** A field that may be taken for ours, or may have been spoiled by too many tricks. */
export function forgedForm(random: Random): string {
  let id = OUR_ID;
  if (random.below(5) === 0) id = respelled(random, id);
  for (let i = random.pick([0, 0, 1, 1, 1, 2, 2, 3]); i > 0; i--) {
    // Most programs take pieces between dots apart, so what stands beside a dot is the likeliest to be taken out again.
    const dots = [2, 3, 6, 7].filter((at) => at < id.length);
    const at = random.below(2) === 0 ? random.pick(dots) : random.below(id.length + 1);
    id = id.slice(0, at) + random.pick(random.pick(JUNK)) + id.slice(at);
  }
  if (random.below(6) === 0) id = wrapped(random, id);
  const before = random.below(2) === 0 ? "" : random.pick(BEFORE);
  const behind = random.below(2) === 0 ? "" : random.pick(BEHIND);
  const value = before + id + behind + random.pick(RESULTS);
  // A trick within a fold makes two fields of one, or ends the header.
  return /\r(?!\n[ \t])|(?<!\r)\n/.test(value) ? forgedForm(random) : value;
}

function respelled(random: Random, id: string): string {
  const chars = [...id].map((char) => {
    if (random.below(3) > 0) return char;
    const wide = char === "."
      ? random.pick(["．", "。", "｡"])
      : String.fromCodePoint(char.charCodeAt(0) + 0xfee0);
    const others: Record<string, string> = {
      k: "\u212a",
      s: "\u017f",
      t: "\u24e3",
      m: "\u{1d426}",
      e: "\u212f",
    };
    return random.pick([char.toUpperCase(), wide, others[char] ?? char, `\\${char}`]);
  });
  return chars.map((char) => char.length > 1 && char[0] === "\\" ? char : utf8(char)).join("");
}

function wrapped(random: Random, id: string): string {
  const words = [
    `"${id}"`,
    `" ${id} "`,
    `"${id}/1"`,
    `=?utf-8?q?${id}?=`,
    `=?US-ASCII?B?${Buffer.from(id, "latin1").toString("base64")}?=`,
    `=?utf-8?q?${id}=3B_dkim=3Dpass?=`,
    `(=?utf-8?q?)_?=) ${id}`,
    `<${id}>`,
    `(${id})`,
  ];
  return random.pick(words);
}

const OTHER_IDS = [
  ...[
    "other.example",
    "mx.example",
    "kit.test",
    "mx.kit",
    "mx",
    "test",
    "notmx.kit.test",
    "mx.kit.test.evil.example",
  ],
  ...[
    "a.mx.kit.test",
    "mx.kit.testing",
    "mx-kit.test",
    "mx.kit-test",
    "mx_kit_test",
    "mxkit.test",
    "amx.kit.test",
  ],
  ...[
    "mx.kit.test-1",
    "mx.kit.test.1",
    "mx.kit.tes",
    "x.kit.test",
    "mx.kit.test.mx",
    "xmx.kit.testx",
    "mx.kat.test",
  ],
  ...[
    "mx.xn--kit-xyz.test",
    "192.0.2.1",
    "localhost",
    "MX.KIT.TEST.EXAMPLE",
    "mx.kit.test_1",
    "1mx.kit.test",
  ],
].concat([
  '"other.example"',
  '"notmx.kit.test"',
  '"mx.kit.test.evil.example"',
  utf8("mx.prüfung.test"),
  utf8("mx.例え.test"),
]);
const OTHER_BEFORE = ["", "", "", " ", "\t", "\r\n\t", "(c) ", "(a (b) c)\r\n ", "(\\)) ", "(über) "];
const OTHER_BEHIND = [
  ...[
    "",
    "",
    "",
    " ",
    " 1",
    " 1 ",
    "\r\n\t",
    " (c)",
    "(c)",
    "(by mx.kit.test)",
    " (mx.kit.test) 1",
    " 1 (mx.kit.test;)",
  ],
  ...[' (say "mx.kit.test")', " (\\) mx.kit.test;)", ` (=?utf-8?q?mx.kit.test?=)`, " (\xe9 mx.kit.test)"],
];
const OTHER_RESULTS = [
  "; none",
  "; dkim=pass header.d=mx.kit.test",
  `; dkim=pass (mx.kit.test says so) header.d=${GUARDED_DOMAIN}`,
  '; spf=pass smtp.helo=mx.kit.test smtp.mailfrom=a@mx.kit.test; dkim=fail reason="mx.kit.test; dkim=pass"',
  `;\r\n\tdkim=pass header.d=${GUARDED_DOMAIN} (\xe9 =?utf-8?q?mx.kit.test?=)`,
  utf8("; iprev=pass (é) policy.iprev=192.0.2.1 (mx.kit.test)"),
];

/** A field that another host could have written, which no reader should take for ours. */
export function othersForm(random: Random): string {
  return random.pick(OTHER_BEFORE) + random.pick(OTHER_IDS) + random.pick(OTHER_BEHIND) +
    random.pick(OTHER_RESULTS);
}
