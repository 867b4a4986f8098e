// The text of key records, as zone files and forms want it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyRecordName, txtStrings, zoneRecord } from "../../cli/commands/dkim/zone_text.ts";

describe("a record in a zone file", () => {
  it("has strings of at most 255 bytes, in quotes and parentheses, and an absolute name", () => {
    const text = `v=DKIM1; k=rsa; p=${"A".repeat(400)}`;
    const name = keyRecordName("20261130", "example.org");
    assert.equal(name, "20261130._domainkey.example.org");
    assert.equal(
      zoneRecord(name, text),
      `20261130._domainkey.example.org. IN TXT (\n    "${text.slice(0, 255)}"\n    "${
        text.slice(255)
      }"\n    )\n`,
    );
  });

  it("loses nothing at the limits", () => {
    for (const length of [0, 1, 254, 255, 256, 510, 511, 800]) {
      const text = Array.from({ length }, (_, i) => "abcdefg;"[i % 8]).join("");
      const strings = txtStrings(text);
      assert.equal(strings.join(""), text);
      assert.ok(strings.every((string) => string.length <= 255));
      assert.equal(strings.length, Math.max(1, Math.ceil(length / 255)));
    }
  });

  it("escapes what ends a string", () => {
    assert.match(zoneRecord("a.example", 'say "x\\'), /"say \\"x\\\\"/);
  });
});
