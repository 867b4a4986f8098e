import assert from "node:assert/strict";
import { test } from "node:test";
import { fileNameOf } from "../../lib/mime/file_name.ts";

for (
  const [given, name] of [
    ["invoice.pdf", "invoice.pdf"],
    ["Grüße an alle.pdf", "Grüße an alle.pdf"],
    ["../../etc/passwd", "passwd"],
    ["/etc/", undefined],
    ["C:\\Users\\joe\\invoice.exe", "invoice.exe"],
    ["C:invoice.exe", "invoice.exe"],
    ["c:", "c:"],
    ["a/b\\c.txt", "c.txt"],
    ["inv\0oice.exe\0.pdf", "invoice.exe.pdf"],
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["\u2066a\u2069\u200e\u061c.exe", "a.exe"],
    ["invoice.e\u200bxe", "invoice.exe"],
    ["invoice.exe. . ", "invoice.exe"],
    [" invoice.exe", "invoice.exe"],
    ["a\r\nb.txt", "ab.txt"],
    ["\ud800.txt", "\ufffd.txt"],
    [".htaccess", ".htaccess"],
    ["..", undefined],
    [". .", undefined],
    ["", undefined],
    ["نامه\u200cها.pdf", "نامه\u200cها.pdf"],
    ["a".repeat(255), "a".repeat(255)],
    ["a".repeat(300) + ".exe", "a".repeat(251) + ".exe"],
    ["é".repeat(300) + ".exe", "é".repeat(125) + ".exe"],
    ["a".repeat(254) + " b".repeat(30), "a".repeat(254)],
    ["a." + "b".repeat(300), "a." + "b".repeat(253)],
  ] as const
) {
  test(`${JSON.stringify(given.slice(0, 40))} is ${JSON.stringify(name?.slice(0, 40))}`, () => {
    assert.equal(fileNameOf(given), name);
  });
}
