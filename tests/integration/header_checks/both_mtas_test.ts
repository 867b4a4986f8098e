// Rules that change single header fields, behind Postfix and behind Sendmail: the header that is delivered is the same.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { behindEachMta } from "../../support/behind_each_mta.ts";

const RULES = [
  ["--filter", "rules", "--match", "field", "--fields", "header", "--fields", "mime"],
  ["--rule", "removed", "--field", "/^X-Gone: 2/", "--remove-field"],
  ["--rule", "replaced", "--field", "/^X-Old: (.*)/", "--replace-field", "X-New: $1"],
  ["--rule", "changed", "--field", "/^X-Same: (.*)/", "--replace-field", "X-Same: <$1>"],
  ["--rule", "prepended", "--field", "/^X-Below: (.*)/", "--prepend-field", "X-Above: $1"],
  ["--rule", "refused", "--field", "/name=a\\.exe/", "--reject", "554 5.7.1 No programs, $&"],
].flat();

const HEADER = [
  "X-Gone: 1",
  "X-Old: folded",
  "  value",
  "X-Gone: 2",
  "X-Below: 1",
  "X-Gone: 3",
  "X-Same: a",
  "X-Below: 2",
  "X-Old: second",
];

await behindEachMta(RULES, (mta) => {
  test(`fields are removed, replaced and prepended where they stand behind ${mta.kind}`, async () => {
    const sent = await mta.send((sender) => `From: <${sender}>\r\n${HEADER.join("\r\n")}\r\n\r\nx\r\n`);
    const arrived = await sent.arrived();
    const fields = arrived.split("\r\n\r\n")[0]!.split("\r\n").filter((line) => /^X-|^ /.test(line));
    assert.deepEqual(fields.filter((line) => line.startsWith("X-")), [
      "X-Gone: 1",
      "X-New: folded  value",
      "X-Above: 1",
      "X-Below: 1",
      "X-Gone: 3",
      "X-Same: <a>",
      "X-Above: 2",
      "X-Below: 2",
      "X-New: second",
    ]);
  });

  test(`a field of a part refuses a message behind ${mta.kind}`, async () => {
    const sent = await mta.send((sender) =>
      [
        `From: <${sender}>`,
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: application/x; name=a.exe",
        "",
        "x",
        "--b--",
        "",
      ].join("\r\n")
    );
    assert.deepEqual(sent.reply.lines, ["554 5.7.1 No programs, name=a.exe"]);
  });
});
