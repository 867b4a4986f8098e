import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Given } from "../support/made_filter.ts";
import { actionsOf, makeFilter, type Message, rewrite } from "./support.ts";

/** Which of the fields `X: 1`, `X: 2` … the rules added. */
async function added(given: Given, message: Message = {}): Promise<string> {
  const lines = await rewrite(given, message);
  return lines.filter((line) => line.startsWith("X: ")).map((line) => line.slice(3)).join(" ");
}

describe("a condition", () => {
  const holds = async (word: string, text: string, message: Message) =>
    await added([[word, text], ["add", "X: yes"]], message) === "yes";

  const cases: [name: string, text: string, message: Message, holds: boolean][] = [
    ["header", "Subject /^hello/", { header: ["A: a", "Subject: hello you"] }, true],
    ["header", "subject /HELLO/i", { header: ["Subject: hello"] }, true],
    ["header", "Subject /hello/", { header: ["A: hello"] }, false],
    ["header", "A /2/", { header: ["A: 1", "A: 2"] }, true],
    ["header", "A /^one two$/", { header: ["A: one\n two"] }, true],
    ["header", "A /caf\xe9/", { header: ["A: caf\xe9"] }, true],
    ["sender", "/@example\\.com$/", { sender: "a@example.com" }, true],
    ["sender", "/@example\\.com$/", { sender: "a@example.com.invalid" }, false],
    ["sender", "/^$/", { sender: "" }, true],
    ["recipient", "/^b@/", { recipients: ["a@example.net", "b@example.net"] }, true],
    ["recipient", "/^c@/", { recipients: ["a@example.net", "b@example.net"] }, false],
    ["client", "192.0.2.0/24", { client: { address: "192.0.2.9", hostname: "h" } }, true],
    ["client", "192.0.2.0/24", { client: { address: "198.51.100.9", hostname: "h" } }, false],
    ["client", "2001:db8::/32", { client: { address: "2001:db8::5", hostname: "h" } }, true],
  ];
  for (const [name, text, message, expected] of cases) {
    it(`${name} ${text} ${expected ? "holds" : "does not hold"} for ${JSON.stringify(message)}`, async () => {
      assert.equal(await holds(`if-${name}`, text, message), expected);
      assert.equal(await holds(`unless-${name}`, text, message), !expected);
    });
  }

  it("remembers nothing of the message before", async () => {
    const filter = await makeFilter([["if-sender", "/a/"], ["if-header", "B /b/"], ["add", "X: yes"]]);
    for (let i = 0; i < 3; i++) {
      assert.equal((await actionsOf([filter], { sender: "a", header: ["B: b"] })).length, 1);
    }
    for (const flag of ["g", "y"]) {
      for (const condition of [["if-sender", `/a/${flag}`], ["if-header", `B /b/${flag}`]] as const) {
        await assert.rejects(makeFilter([condition, ["add", "X: yes"]]), /leave out the flag [gy]/);
      }
    }
  });
});

describe("conditions", () => {
  const yes = ["if-sender", "/./"] as const;
  const no = ["if-sender", "/nobody/"] as const;
  const add = (text: string) => ["add", `X: ${text}`] as const;

  it("hold for all rules up to the next conditions, which begin anew", async () => {
    assert.equal(await added([add("1"), no, add("2"), add("3"), yes, add("4"), no, add("5")]), "1 4");
  });

  it("in a row are all needed", async () => {
    assert.equal(await added([yes, no, add("1"), no, yes, add("2"), yes, yes, add("3")]), "3");
  });

  it("end with always", async () => {
    assert.equal(await added([no, add("1"), ["always", ""], add("2")]), "2");
  });

  it("see what earlier rules did, where they stand", async () => {
    const seen: Given = [
      ["set", "A: new"],
      ["if-header", "A /new/"],
      add("1"),
      ["if-header", "A /old/"],
      add("2"),
    ];
    assert.equal(await added(seen, { header: ["A: old"] }), "1");
  });

  it("are asked once for their whole group", async () => {
    assert.equal(await added([["if-header", "A /a/"], ["remove", "A"], add("1")], { header: ["A: a"] }), "1");
  });
});
