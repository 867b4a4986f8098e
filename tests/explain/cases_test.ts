// Whole reports of messages as administrators have them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { exitCodeFor } from "../../cli/commands/explain/verdict.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import { present } from "../support/present.ts";
import { CASES } from "./cases.ts";
import { explained, reportOf } from "./support.ts";

const EXIT_CODES: Readonly<Record<string, number>> = {
  include: 0,
  forwarder: 0,
  spoofed: 3,
  subdomain: 3,
  "too-many": 3,
};

const expected = (name: string): string =>
  readFileSync(new URL(`./expected/${name}.txt`, import.meta.url), "utf8");

describe("the report of a case", () => {
  for (const given of CASES) {
    it(`is that of ${given.name}.txt`, async () => {
      const explanation = await explained(given);
      const report = reportOf(given.domain ?? `${given.name}.eml`, explanation);
      assert.equal(report, expected(given.name));
      assert.equal(exitCodeFor(explanation.verdict), EXIT_CODES[given.name]);
    });
  }
});

describe("docs/explain.md", () => {
  it("shows reports as they are", () => {
    const page = readFileSync(new URL("../../docs/explain.md", import.meta.url), "utf8");
    const fences = [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)];
    const blocks = fences.flatMap(([, language, text = ""]) => language === "" ? [text] : []);
    assert.equal(blocks.length, 3);
    assert.equal(blocks[0], expected("spoofed"));
    assert.ok(expected("too-many").includes(present(blocks[1], "the second report")));
    assert.doesNotThrow(() => parseRecordsFile(present(blocks[2], "records")));
  });
});
