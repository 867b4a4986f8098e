/**
 * Messages with a head out of the ordinary, and what filters are shown of them: as Postfix 3.7.11 and Sendmail 8.17.1.9 do
 * it over SMTP. `tests/integration/odd_heads_test.ts` asks them again.
 */

/** The fields, as `Name:value` with all that stands behind the colon; then the body. */
export type Shown = readonly [fields: readonly string[], body: string];

/** What an MTA makes of it; a number is the code with which it refuses the message. */
export type Made = Shown | number;

/** A message, every line end of which is LF here and CRLF on the wire, with what the MTAs show filters of it. */
export type OddHead = readonly [what: string, message: string, postfix: Made, sendmail?: Made];

const N = (count: number) => "n".repeat(count);
const X = (count: number) => "x".repeat(count);
const Y = (count: number) => "y".repeat(count);

/** Where only one result stands, it is that of both. */
export const ODD_HEADS: readonly OddHead[] = [
  // names
  ["a space before the colon", "A: 1\nB : 2\nC: 3\n\nbody\n", [["A: 1", "B: 2", "C: 3"], "body\n"]],
  ["a tab before the colon", "A: 1\nB\t: 2\n\nbody\n", [["A: 1", "B: 2"], "body\n"]],
  ["spaces and tabs before the colon", "B \t  : 2\n two\n\nbody\n", [["B: 2\n two"], "body\n"]],
  ["many spaces before the colon", `B${" ".repeat(300)}: 2\n\nbody\n`, [["B: 2"], "body\n"]],
  ["a space before the colon, no value", "B :\nC : \n\nbody\n", [["B:", "C: "], "body\n"]],
  ["a vertical tab before the colon", "A: 1\nB\x0b: 2\n\nbody\n", [["A: 1"], "B\x0b: 2\n\nbody\n"], [
    ["A: 1", "B: 2"],
    "body\n",
  ]],
  ["a space within the name", "A: 1\nB b: 2\n\nbody\n", [["A: 1"], "B b: 2\n\nbody\n"]],
  ["an empty name", "A: 1\n: x\nB: 2\n\nbody\n", [["A: 1"], ": x\nB: 2\n\nbody\n"]],
  ["an empty name first", ": x\nB: 2\n\nbody\n", [[], ": x\nB: 2\n\nbody\n"]],
  ["a name of 8-bit characters", "A: 1\nN\xe4me: x\n\nbody\n", [["A: 1"], "N\xe4me: x\n\nbody\n"]],
  ["a control character in the name", "A: 1\nN\x01me: x\n\nbody\n", [["A: 1"], "N\x01me: x\n\nbody\n"]],
  ["DEL in the name", "A: 1\nN\x7fme: x\n\nbody\n", [["A: 1"], "N\x7fme: x\n\nbody\n"], 553],
  ["a form feed first", "\x0cA: 1\n\nbody\n", [[], "\x0cA: 1\n\nbody\n"]],
  ["punctuation in the name", 'N(m)"<@>[,;\\]/?={}: x\n\nbody\n', [['N(m)"<@>[,;\\]/?={}: x'], "body\n"]],
  ["an address with a colon", "http://x y: z\n\nbody\n", [["http://x y: z"], "body\n"]],
  ["dots first", ".B: 2\n..C: 3\n\n.body\n", [[".B: 2", "..C: 3"], ".body\n"]],
  ["a name of 100 bytes", `${N(100)}: x\n\nbody\n`, [[`${N(100)}: x`], "body\n"]],
  ["a name of 101 bytes", `${N(101)}: x\nB: 2\n\nbody\n`, [[`${N(101)}: x`, "B: 2"], "body\n"], [
    [],
    `${N(101)}: xB: 2\n\nbody\n`,
  ]],
  // what mailboxes put before a message
  ["From_ first", "From x@y Thu\nA: 1\n\nbody\n", [["X-Mailbox-Line: From x@y Thu", "A: 1"], "body\n"], [
    ["A: 1"],
    "body\n",
  ]],
  ["From_ first, with a colon", "From x : y\nA: 1\n\nbody\n", [
    ["X-Mailbox-Line: From x : y", "A: 1"],
    "body\n",
  ], [["A: 1"], "body\n"]],
  ["From, space, colon", "From : x@y\nA: 1\n\nbody\n", [["X-Mailbox-Line: From : x@y", "A: 1"], "body\n"], [
    ["A: 1"],
    "body\n",
  ]],
  ["From_ twice", "From x\nFrom y\nA: 1\n\nbody\n", [
    ["X-Mailbox-Line: From x", "X-Mailbox-Line: From y", "A: 1"],
    "body\n",
  ], [[], "From y\nA: 1\n\nbody\n"]],
  [">From_ first", ">From x\nA: 1\n\nbody\n", [["X-Mailbox-Line: >From x", "A: 1"], "body\n"], [
    [],
    ">From x\nA: 1\n\nbody\n",
  ]],
  [">>From_ first", ">>From x\nA: 1\n\nbody\n", [["X-Mailbox-Line: >>From x", "A: 1"], "body\n"], [
    [],
    ">>From x\nA: 1\n\nbody\n",
  ]],
  ["From_, then >From_", "From x\n>From y\nA: 1\n\nbody\n", [
    ["X-Mailbox-Line: From x", "X-Mailbox-Line: >From y", "A: 1"],
    "body\n",
  ], [[], ">From y\nA: 1\n\nbody\n"]],
  ["From_, folded", "From x\n y\nA: 1\n\nbody\n", [["X-Mailbox-Line: From x"], " y\nA: 1\n\nbody\n"], [
    [],
    " y\nA: 1\n\nbody\n",
  ]],
  ["From_ in the middle", "A: 1\nFrom x\nB: 2\n\nbody\n", [["A: 1"], "From x\nB: 2\n\nbody\n"]],
  [">From_ in the middle", "A: 1\n>From x\nB: 2\n\nbody\n", [["A: 1"], ">From x\nB: 2\n\nbody\n"]],
  ["From and a tab first", "From\tx\nA: 1\n\nbody\n", [[], "From\tx\nA: 1\n\nbody\n"]],
  ["FROM_ first", "FROM x\nA: 1\n\nbody\n", [[], "FROM x\nA: 1\n\nbody\n"]],
  ["From_ behind an empty line", "\nFrom x\nA: 1\n\nbody\n", [[], "From x\nA: 1\n\nbody\n"]],
  // lines that are no fields
  ["a line without a colon first", "nothing\nA: 1\n\nbody\n", [[], "nothing\nA: 1\n\nbody\n"]],
  ["a line without a colon", "A: 1\nno thing\nB: 2\n\nbody\n", [["A: 1"], "no thing\nB: 2\n\nbody\n"]],
  ["a line without a colon, then none", "A: 1\nnothing\n\nbody\n", [["A: 1"], "nothing\n\nbody\n"]],
  ["a folded line first", " cont\nA: 1\n\nbody\n", [[], " cont\nA: 1\n\nbody\n"]],
  ["a folded line with a colon first", " : 2\nA: 1\n\nbody\n", [[], " : 2\nA: 1\n\nbody\n"]],
  ["a line of one space first", " \nA: 1\n\nbody\n", [[], " \nA: 1\n\nbody\n"]],
  ["a line of one space", "A: 1\n \nB: 2\n\nbody\n", [["A: 1\n ", "B: 2"], "body\n"]],
  ["a line of one tab at the end", "A: 1\n\t\n\nbody\n", [["A: 1\n\t"], "body\n"]],
  ["a line of one space, then a folded one", "A: 1\n \n two\n\nbody\n", [["A: 1\n \n two"], "body\n"]],
  ["a folded line with a colon", "A: 1\n : 2\n\nbody\n", [["A: 1\n : 2"], "body\n"]],
  // values
  ["no values", "A:\nB: \nC:  \nD:\tx\nE:\n x  \n\nbody\n", [
    ["A:", "B: ", "C:  ", "D:\tx", "E:\n x  "],
    "body\n",
  ]],
  ["8-bit values", "A: \xff\xfe\n\n\x80\n", [["A: \xff\xfe"], "\x80\n"]],
  ["NUL in a value", "A: 1\0 2\nB: 2\n\nbody\n", [["A: 1", "B: 2"], "body\n"], [
    ["A: 1 2", "B: 2"],
    "body\n",
  ]],
  ["NUL before a folded line", "A: 1\0 2\n x\0y\n\nbody\n", [["A: 1\n x"], "body\n"], [
    ["A: 1 2\n xy"],
    "body\n",
  ]],
  ["NUL behind the colon", "A:\0 y\n\nbody\n", [["A:"], "body\n"], [["A: y"], "body\n"]],
  ["NUL in a long line", `A: 1\0${Y(3000)}z\n\nbody\n`, [[`A: 1${Y(957)}z`], "body\n"], [
    [`A: 1${Y(3000)}z`],
    "body\n",
  ]],
  ["NUL in a name", "A: 1\nN\0: 2\n\nbody\n", [["A: 1"], "N\0: 2\n\nbody\n"], [["A: 1", "N: 2"], "body\n"]],
  ["NUL first", "\0A: 1\n\nbody\n", [[], "\0A: 1\n\nbody\n"], [["A: 1"], "body\n"]],
  ["NUL in the name of a field that is taken out", "Bc\0c: y\n\nbody\n", [[], "Bc\0c: y\n\nbody\n"], [
    ["Bcc: y"],
    "body\n",
  ]],
  ["a line of one NUL", "A: 1\n\0\nB: 2\n\nbody\n", [["A: 1"], "\0\nB: 2\n\nbody\n"], [
    ["A: 1"],
    "B: 2\n\nbody\n",
  ]],
  ["NUL before a space", "A: 1\n\0 y\nB: 2\n\nbo\0dy\n", [["A: 1"], "\0 y\nB: 2\n\nbo\0dy\n"], [
    ["A: 1"],
    " y\nB: 2\n\nbo\0dy\n",
  ]],
  ["NUL in the body", "A: 1\n\nbo\0dy\n", [["A: 1"], "bo\0dy\n"]],
  ["a line of 5000 bytes", `A: ${X(5000)}\n\nbody\n`, [[`A: ${X(5000)}`], "body\n"]],
  ["a body of one line of 5000 bytes", `${X(5000)}\n`, [[], `${X(5000)}\n`]],
  ["a field of 60000 bytes", `A: ${X(59_997)}\nB: 2\n\nbody\n`, [
    [`A: ${X(59_997)}`, "B: 2"],
    "body\n",
  ], 552],
  ["a field of 60001 bytes", `A: ${X(59_998)}\nB: 2\n\nbody\n`, [
    [`A: ${X(59_997)}`, "B: 2"],
    "body\n",
  ], 552],
  ["a field that is too long by its last line", `A: ${X(59_995)}\n y\nB: 2\n\nbody\n`, [
    [`A: ${X(59_995)}`, "B: 2"],
    "body\n",
  ], 552],
  ["a field that is not, with its last line", `A: ${X(59_994)}\n y\n\nbody\n`, [
    [`A: ${X(59_994)}\n y`],
    "body\n",
  ], 552],
  ["a field that is too long in a long line", `A: ${X(50_000)}\n ${Y(20_000)}\n z\n\nbody\n`, [
    [`A: ${X(50_000)}\n ${Y(9995)}`],
    "body\n",
  ], 552],
  ["a field of many lines that is too long", `A: ${`${X(70)}\n `.repeat(1200)}y\n\nbody\n`, [
    [`A: ${X(70)}${`\n ${X(70)}`.repeat(832)}`],
    "body\n",
  ], 552],
  // line ends
  ["CR in a value", "A: 1\rx\nB: 2\n\nbo\rdy\n", [["A: 1 x", "B: 2"], "bo dy\n"], 421],
  ["CR before the colon", "A: 1\nN\r: 2\n\nbody\n", [["A: 1", "N: 2"], "body\n"], 421],
  ["CR first in a line", "A: 1\n\r x\n\n\rbody\n", [["A: 1\n  x"], " body\n"], 421],
  ["CRs before the line's end", "A: 1\r\nB: 2\n\nx\r\ny\r\r\nz\n", [["A: 1", "B: 2"], "x\ny\nz\n"], 421],
  ["a line of one CR", "A: 1\n\r\nB: 2\n\nbody\n", [["A: 1"], "B: 2\n\nbody\n"], 421],
  // parts that are missing
  ["no header", "\nbody: x\n", [[], "body: x\n"]],
  ["no header and no empty line", "text only\n", [[], "text only\n"]],
  ["no body", "A: 1\n\n", [["A: 1"], ""]],
  ["no empty line", "A: 1\n", [["A: 1"], ""]],
  ["no end of line in the header", "A: 1", [["A: 1"], ""]],
  ["no end of line in the body", "A: 1\n\nbody", [["A: 1"], "body\n"]],
  ["no end of line, no header", "body", [[], "body\n"]],
  ["nothing", "", [[], ""]],
  ["empty lines in the body", "A: 1\n\n\n\nx\n", [["A: 1"], "\n\nx\n"]],
  // fields that are taken out
  [
    "fields that Postfix takes out",
    "Bcc: a@b,\n c@d\nA: 1\nbcc: c@d\nReturn-Path: <x@y>\nContent-Length: 5\nResent-Bcc: q@z\nBCC : s\n" +
    "Return-path:\n <z@y>\nX-Bcc: 1\ncontent-length: 7\nresent-bcc: n@m\nStatus: RO\nReturn-Receipt-To: a@b\n\nbody\n",
    [["A: 1", "X-Bcc: 1", "Status: RO", "Return-Receipt-To: a@b"], "body\n"],
    [
      [
        ...["Bcc: a@b,\n c@d", "A: 1", "bcc: c@d", "Return-Path: <x@y>", "Content-Length: 5"],
        ...["Resent-Bcc: q@z", "BCC: s", "Return-path:\n <z@y>", "X-Bcc: 1", "content-length: 7"],
        ...["resent-bcc: n@m", "Status: RO", "Return-Receipt-To: a@b"],
      ],
      "body\n",
    ],
  ],
];
