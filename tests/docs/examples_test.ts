// Every block of TypeScript in README and docs is a program that runs, on each runtime.
import assert from "node:assert/strict";
import { test } from "node:test";
import { examples } from "../../scripts/docs/examples.ts";
import { runExample } from "./examples.ts";

const found = examples();

test("the docs have examples", () => {
  assert.ok(found.length >= 10, `found ${found.length}`);
});

test("an example that fails is noticed", async () => {
  const code =
    `import assert from "node:assert/strict";\nimport { reject } from "milterkit";\nassert.equal(reject().kind, "accept");\n`;
  await assert.rejects(runExample({ place: "here", code }), /reject/);
});

for (const example of found) {
  test(`${example.place} runs`, async () => void (await runExample(example)));
}
