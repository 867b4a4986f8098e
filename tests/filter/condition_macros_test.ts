// The macros that conditions read are requested from the MTA, and reach them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeFilter } from "../../cli/config/filter_arguments.ts";
import { scopeOf } from "../../lib/filter/scope.ts";
import { utf8Text } from "../../lib/message/text.ts";
import { rulesOf } from "../rules/support.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";

const TO = ["a@example.net"];
const MAIL = 2;
/** What MTAs send at MAIL by default, after what every chain reads. */
const USUAL = [
  ...["i", "{auth_authen}", "{auth_type}", "{auth_author}", "{mail_mailer}", "{mail_host}", "{mail_addr}"],
  "{auth_ssf}",
];

/** The names of the macros that a chain requests, by the number of their stage. */
async function requested(filters: AnyFilter[]): Promise<Record<number, string[]>> {
  const lists: Record<number, string[]> = {};
  await served(filters, async ({ open }) => {
    for (const { stage, names } of (await open()).terms.lists) lists[stage] = utf8Text(names).split(" ");
  });
  return lists;
}

describe("a condition that reads macros", () => {
  const rows: readonly (readonly [words: readonly string[], more: readonly string[]])[] = [
    [["rule a", "not-authenticated", "reject No"], []],
    [["not-authenticated", "rule a", "reject No"], []],
    [["rule a", "only-login joe", "reject No"], []],
    [["rule a", "only-tls", "reject No"], ["{tls_version}"]],
    [["rule a", "only-macro {client_ptr}=x", "reject No"], ["{client_ptr}"]],
    [["match field", "rule a", "field /^X: /", "only-tls", "reject No"], ["{tls_version}"]],
  ];
  for (const [words, more] of rows) {
    it(`has them requested besides the usual ones: ${words.join(", ")}`, async () => {
      assert.deepEqual(await requested([await rulesOf(words)]), { [MAIL]: [...USUAL, ...more] });
    });
  }

  it("has them requested by any filter", async () => {
    const { filter } = await makeFilter("size-limit", ["--max", "1MB", "--not-macro", "site=a"]);
    assert.deepEqual(await requested([filter]), { [MAIL]: [...USUAL, "{site}"] });
    const own = { name: "own", scope: scopeOf({ authenticated: true }) };
    assert.deepEqual(await requested([own]), { [MAIL]: USUAL });
    // A filter that wants its own list gets it, and the condition of another one what it wants.
    const lists = await requested([{ name: "1", macros: { mail: ["x"] }, asksMacros: ["y"] }]);
    assert.deepEqual(lists, { [MAIL]: ["i", "{auth_authen}", "x", "y"] });
  });

  it("has nothing requested where it reads none", async () => {
    assert.deepEqual(
      await requested([await rulesOf(["rule a", "only-sender example.org", "reject No"])]),
      {},
    );
  });

  it("sees them, although the filter sees only its own", async () => {
    const filters = [
      await rulesOf(["rule a", "only-macro client_ptr=mx.example.org", "reject 550 5.7.1 Seen"]),
      { name: "own", macros: { mail: ["x"] } },
    ];
    await served(filters, async ({ open }) => {
      const mta = await open();
      const macros = { mail: { client_ptr: "mx.example.org" } };
      const { event, answer } = await mta.message(MESSAGE, { to: TO, macros });
      assert.deepEqual([event, answer.reply?.lines], ["mail", ["Seen"]]);
    });
  });
});
