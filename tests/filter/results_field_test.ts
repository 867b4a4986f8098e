// The field of a chain: what is written, taken in and removed.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headerRewrite } from "../../filters/header_rewrite/header_rewrite.ts";
import type { AuthResult } from "../../lib/auth/authentication_results.ts";
import { dryRun } from "../../lib/filter/dry_run.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { type ResultsFieldSettings, takeResults, writeResults } from "../../lib/filter/results_field.ts";
import { parseNetwork } from "../../lib/options/network.ts";

import { FIELD, filterOf, ID, send, type TestMail } from "../authentication/support.ts";

type Settings = Partial<ResultsFieldSettings>;

/** A filter that found this, and writes it. */
const writer = (results: readonly AuthResult[], settings: Settings = {}, name = "writer"): Filter => ({
  name,
  changes: ["insertHeader", "deleteHeader"],
  eom(message, context) {
    takeResults(message, context, { authservId: ID, ...settings });
    context.results.add(...results);
    writeResults(message, context, { authservId: ID, ...settings });
  },
});

/** A milter that adds a field. */
const adds = (value: string, how: "addHeader" | "insertHeader" = "insertHeader"): Filter => ({
  name: "milter",
  changes: [how],
  // Sendmail fills the place of a deleted field once a later filter has been shown the header.
  header: () => undefined,
  eom: (message) =>
    how === "addHeader" ? message.addHeader(FIELD, value) : message.insertHeader(0, FIELD, value),
});

const SPF: AuthResult = { method: "spf", result: "pass" };
const DKIM: AuthResult = { method: "dkim", result: "fail", reason: "no" };
const ours = (...texts: string[]) => [`${ID}; ${texts.join("; ")}`];
const withFields = (...values: string[]): TestMail => ({
  header: [...values.map((value) => [FIELD, value] as const), ["From", "joe@example.org"]],
});

/** The fields that the message has in the end. */
async function fields(filters: readonly Filter[], mail: TestMail = {}): Promise<string[]> {
  const { results, failures } = await send(filters, mail);
  assert.deepEqual(failures, []);
  return results;
}

describe("the field of a chain", () => {
  it("has the results of all its filters: each takes the place of the one before", async () => {
    assert.deepEqual(await fields([writer([SPF])]), ours("spf=pass"));
    const two = [writer([SPF]), writer([DKIM], {}, "second")];
    assert.deepEqual(await fields(two), ours("spf=pass", 'dkim=fail reason="no"'));
    assert.deepEqual(
      await fields([writer([SPF]), ...two]),
      ours("spf=pass", "spf=pass", 'dkim=fail reason="no"'),
    );
  });

  it("says none without results, with the note if there is one", async () => {
    assert.deepEqual(await fields([writer([])]), ours("none"));
    assert.deepEqual(await fields([writer([], { note: "not checked: why" })]), [
      `${ID} (not checked: why); none`,
    ]);
    const noted = [writer([], { note: "not checked: why" }), writer([SPF], {}, "second")];
    assert.deepEqual(await fields(noted), ours("spf=pass"));
    assert.deepEqual(await fields([writer([SPF]), writer([], { note: "x" }, "second")]), ours("spf=pass"));
  });

  it("takes in what a milter before it says under our id", async () => {
    const milter = adds(`${ID.toUpperCase()}; arc=none (no signatures); dmarc=pass header.from=example.org`);
    const all = ours(
      "spf=pass",
      "arc=none (no signatures)",
      "dmarc=pass header.from=example.org",
      'dkim=fail reason="no"',
    );
    assert.deepEqual(await fields([writer([SPF]), milter, writer([DKIM], {}, "second")]), all);
    // What is in the list already is not there twice.
    const again = writer([], {}, "third");
    assert.deepEqual(await fields([writer([SPF]), milter, writer([DKIM], {}, "second"), again]), all);
    assert.deepEqual(await fields([writer([SPF]), adds(`${ID}; spf=pass`), again]), ours("spf=pass"));
  });

  it("takes in what another filter made of it", async () => {
    const rewrite = await filterOf(headerRewrite, [["replace", `${FIELD} /spf=pass/ spf=fail`]]);
    assert.deepEqual(
      await fields([writer([SPF]), rewrite, writer([DKIM], {}, "second")]),
      ours("spf=pass", "spf=fail", 'dkim=fail reason="no"'),
    );
  });

  it("leaves alone what a milter says under another id, or not as RFC 8601 requires", async () => {
    for (
      const value of [
        "other.example; dkim=pass",
        `${ID}; dkim pass`,
        `${ID}`,
        "dkim=pass",
        `x (${ID}); dkim=pass`,
      ]
    ) {
      assert.deepEqual(await fields([writer([SPF]), adds(value), writer([DKIM], {}, "second")]), [
        ...ours("spf=pass", 'dkim=fail reason="no"'),
        value,
      ], value);
    }
  });

  it("is one of several filters with ids of their own, for the last one", async () => {
    const first = writer([SPF], { authservId: "a.example" });
    assert.deepEqual(
      await fields([first, writer([DKIM], {}, "second")]),
      ours("spf=pass", 'dkim=fail reason="no"'),
    );
  });

  it("is known to a filter before it writes", async () => {
    const early: Filter = {
      ...writer([]),
      eom(message, context) {
        takeResults(message, context, { authservId: ID });
        assert.ok(context.results.has("dkim", "pass"));
        writeResults(message, context, { authservId: ID });
      },
    };
    assert.deepEqual(await fields([adds(`${ID}; dkim=pass`), early]), ours("dkim=pass"));
  });
});

describe("a forged field", () => {
  const FORGED = [
    `${ID}; dkim=pass header.d=bank.example`,
    `(c) ${ID.toUpperCase()}. 1; dmarc=pass`,
    `"${ID}"; spf=pass`,
    `dkim=pass ${ID}`,
    `=?utf-8?q?${ID}?=; dkim=pass`,
  ];

  it("goes, whoever writes first, and says nothing", async () => {
    const mail = withFields(...FORGED, "other.example; dkim=pass");
    assert.deepEqual(await fields([writer([SPF])], mail), [...ours("spf=pass"), "other.example; dkim=pass"]);
    const two = [writer([SPF]), writer([DKIM], {}, "second")];
    assert.deepEqual(await fields(two, mail), [
      ...ours("spf=pass", 'dkim=fail reason="no"'),
      "other.example; dkim=pass",
    ]);
  });

  it("goes although the first filter that wrote was a dry run, or failed", async () => {
    const failing: Filter = {
      ...writer([SPF], {}, "failing"),
      onError: "accept",
      eom(message, context) {
        context.results.add(SPF);
        writeResults(message, context, { authservId: ID });
        throw new Error("after all");
      },
    };
    for (const first of [dryRun(writer([SPF], {}, "dry")), failing]) {
      const { results } = await send([first, writer([DKIM])], withFields(...FORGED));
      assert.deepEqual(results, ours("spf=pass", 'dkim=fail reason="no"'), first.name);
    }
    const between = [writer([SPF]), dryRun(writer([], {}, "dry")), writer([DKIM], {}, "second")];
    assert.deepEqual(await fields(between, withFields(...FORGED)), ours("spf=pass", 'dkim=fail reason="no"'));
  });

  it("stays forged when an earlier filter changes it", async () => {
    const rewrite = await filterOf(headerRewrite, [["replace", `${FIELD} /bank/ b`]]);
    const numbered: Filter = {
      name: "numbered",
      changes: ["changeHeader"],
      eom: (message) => message.changeHeaderNumber(FIELD, 1, `${ID}; dkim=pass header.d=x.example`),
    };
    for (const mta of ["postfix", "sendmail"] as const) {
      for (const first of [rewrite, numbered]) {
        const { results } = await send([first, writer([SPF])], withFields(FORGED[0] ?? ""), { mta });
        assert.deepEqual(results, ours("spf=pass"), `${mta} ${first.name}`);
      }
    }
  });

  it("leaves no place in which a milter's field would be taken for it", async () => {
    for (const mta of ["postfix", "sendmail"] as const) {
      for (const how of ["addHeader", "insertHeader"] as const) {
        const filters = [writer([SPF]), adds(`${ID}; dmarc=pass`, how), writer([DKIM], {}, "second")];
        const { results } = await send(filters, withFields(FORGED[0] ?? ""), { mta });
        assert.deepEqual(results, ours("spf=pass", "dmarc=pass", 'dkim=fail reason="no"'), `${mta} ${how}`);
      }
    }
  });

  it("goes or stays as strip says, with all others or without", async () => {
    const mail = withFields(FORGED[0] ?? "", "other.example; dkim=pass");
    const count = async (strip: "all" | "ours" | "none") =>
      (await fields([writer([SPF], { strip })], mail)).length;
    assert.deepEqual([await count("all"), await count("ours"), await count("none")], [1, 2, 3]);
  });

  it("of megabytes costs no time", async () => {
    const filler = `(${"x".repeat(900)}\n ${"y".repeat(900)}) other.example; dkim=pass`;
    const trusted = [{ id: "border.example", from: parseNetwork("192.0.2.0/24") }];
    const mail = withFields(...Array.from({ length: 300 }, () => filler));
    const left = await fields([writer([SPF], { trusted })], mail);
    assert.ok(left.length < 100, "those that are too many to read count as forged");
  });
});

describe("results of a trusted host", () => {
  const trusted = [{ id: "border.example", from: parseNetwork("192.0.2.0/24") }];
  const brought = "border.example; dmarc=pass header.from=example.org";
  const WITH = ours("dmarc=pass header.from=example.org", "spf=pass");

  it("count if its client brings them, and stay, even where all others go", async () => {
    const mail = withFields(brought, "other.example; dkim=pass");
    for (const client of ["192.0.2.1", "::ffff:192.0.2.1"]) {
      const left = await fields([writer([SPF], { trusted })], { ...mail, client });
      assert.deepEqual(left, [...WITH, brought, "other.example; dkim=pass"]);
    }
    const stripped = await fields([writer([SPF], { trusted, strip: "all" })], mail);
    assert.deepEqual(stripped, [...WITH, brought]);
    const both = [writer([SPF], { trusted }), writer([], { trusted }, "second")];
    assert.deepEqual(await fields(both, withFields(brought)), [...WITH, brought], "once");
  });

  it("are removed if another client brings them, in any form that a reader could take for them", async () => {
    const forms = [
      brought,
      "BORDER.example.; dmarc=pass",
      '"border.example" 1; dmarc=pass',
      "(c) border.example; dmarc=pass",
      "border.(c)example; dmarc=pass",
      "dmarc=pass border.example",
      "=?utf-8?q?border=2Eexample?=; dmarc=pass",
    ];
    for (const client of ["198.51.100.1", "2001:db8::1", ""]) {
      for (const strip of ["ours", "none"] as const) {
        const left = await fields([writer([SPF], { trusted, strip })], { ...withFields(...forms), client });
        assert.deepEqual(left, ours("spf=pass"), `${client} ${strip}`);
      }
    }
    // From the right client, too, what does not follow the RFC says nothing.
    const odd = await fields([writer([SPF], { trusted })], withFields(...forms.slice(5)));
    assert.deepEqual(odd, ours("spf=pass"));
  });

  it("of our own id become part of our field", async () => {
    const own = [{ id: ID, from: parseNetwork("192.0.2.0/24") }];
    assert.deepEqual(
      await fields([writer([SPF], { trusted: own })], withFields(`${ID}; arc=pass`)),
      ours("arc=pass", "spf=pass"),
    );
    const wrong = { ...withFields(`${ID}; arc=pass`), client: "198.51.100.1" };
    assert.deepEqual(await fields([writer([SPF], { trusted: own })], wrong), ours("spf=pass"));
  });

  it("of an id alone count if a milter of the chain adds them, and never from outside", async () => {
    const alone = [{ id: "border.example" }];
    assert.deepEqual(await fields([adds(brought), writer([SPF], { trusted: alone })]), [...WITH, brought]);
    assert.deepEqual(
      await fields([writer([SPF], { trusted: alone })], withFields(brought)),
      ours("spf=pass"),
    );
    assert.deepEqual(await fields([adds(brought), writer([SPF], { trusted })]), [
      ...ours("spf=pass"),
      brought,
    ]);
  });
});
