// What conditions say about why they are true, false or in doubt.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wholeCondition } from "../../filters/common/condition_options.ts";
import { scopeOfOptions } from "../../filters/common/scope_options.ts";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { allOf, anyOf, type ScopeCondition, written } from "../../lib/filter/condition.ts";
import { explainCondition } from "../../lib/filter/condition_reason.ts";
import { ResultList } from "../../lib/filter/results.ts";
import type { ConditionFacts } from "../../lib/filter/scope.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { HeaderList } from "../../lib/message/header_list.ts";
import { Lists } from "../../lib/options/lists/lists.ts";
import { OptionValues } from "../../lib/options/options.ts";

const LISTS = new Lists([{ name: "internal", entries: ["10.0.0.0/8"] }]);

function valuesOf(...given: (readonly [name: string, text: string])[]): OptionValues {
  return new OptionValues(COMMON_OPTIONS, given, LISTS);
}

function condition(...given: (readonly [name: string, text: string])[]): ScopeCondition {
  return wholeCondition(valuesOf(...given), new Map());
}

function facts(known: Partial<ConditionFacts> = {}): ConditionFacts {
  return {
    client: { hostname: "h", family: "inet", address: "192.0.2.1", port: 1 },
    listener: "inet:8892@localhost",
    sender: EnvelopeAddress.of("<joe@example.com>", ["SIZE=2000"]),
    macro: (name) => name === "auth_authen" ? "alice" : undefined,
    recipients: ["a", "b", "c", "d"].map((name) => EnvelopeAddress.of(`<${name}@${name}.example>`)),
    results: new ResultList(),
    headers: undefined,
    ...known,
  };
}

function header(...fields: (readonly [name: string, value: string])[]): ConditionFacts {
  const headers = new HeaderList("postfix");
  for (const [name, value] of fields) headers.push(HeaderField.of(name, value));
  return facts({ headers });
}

describe("why a condition is true or not", () => {
  it("names it as its author wrote it, with what was seen", () => {
    const cases: [string, string, string][] = [
      ["only-client", "@internal", "only-client @internal, but the client is 192.0.2.1"],
      ["not-client", "@internal", "not-client @internal, and the client is 192.0.2.1"],
      ["not-client", "192.0.2.1", "not-client 192.0.2.1, but the client is 192.0.2.1"],
      [
        "only-listener",
        "inet:8892@localhost",
        "only-listener inet:8892@localhost, and the MTA connected to inet:8892@localhost",
      ],
      ["only-sender", "<>", "only-sender <>, but the sender is <joe@example.com>"],
      [
        "only-recipient",
        "a.example",
        "only-recipient a.example, in doubt: the recipients are <a@a.example>, <b@b.example>, <c@c.example> and 1 more",
      ],
      ["not-authenticated", "", 'not-authenticated, but the macro {auth_authen} is "alice"'],
      ["only-tls", "", "only-tls, but there is no macro {tls_version}"],
      ["only-larger", "1KB", "only-larger 1KB, and the client announced 2000 bytes"],
      ["only-result", "dkim=pass", "only-result dkim=pass, but there is no result of dkim"],
      ["only-from", "example.org", "only-from example.org, but there is no From"],
    ];
    for (const [name, text, reason] of cases) {
      assert.equal(explainCondition(condition([name, text]), facts()), reason);
    }
  });

  it("shows header fields, shortened", () => {
    const known = header(["From", "Joe <joe@example.com>"], [
      "Subject",
      `=?utf-8?q?gr=C3=BCn?= ${"x".repeat(100)}`,
    ]);
    assert.equal(
      explainCondition(condition(["only-from", "example.org"]), known),
      "only-from example.org, but From names example.com",
    );
    assert.equal(
      explainCondition(condition(["only-subject", "/lottery/i"]), known),
      `only-subject /lottery/i, but Subject is "grün ${"x".repeat(75)}…"`,
    );
    assert.equal(
      explainCondition(condition(["not-header", "Subject"]), known).slice(0, 41),
      'not-header Subject, but Subject is "grün ',
    );
    assert.equal(
      explainCondition(condition(["only-from", "example.com"]), header(["From", "joe@example.com ("])),
      'only-from example.com, in doubt: From is unclear: "joe@example.com ("',
    );
  });

  it("names the first of all that is not met, and all of them if they are", () => {
    const both = condition(["only-tls", ""], ["only-sender", "example.org"]);
    assert.equal(
      explainCondition(both, facts()),
      "only-sender example.org, but the sender is <joe@example.com>",
    );
    const met = condition(["only-sender", "example.com"], ["only-authenticated", ""]);
    assert.equal(
      explainCondition(met, facts()),
      'only-sender example.com, and the sender is <joe@example.com>; only-authenticated, and the macro {auth_authen} is "alice"',
    );
  });

  it("names all of any that are not met, and the first that is", () => {
    const logins = condition(["only-login", "bob"], ["only-login", "carol"]);
    const seen = 'but the macro {auth_authen} is "alice"';
    assert.equal(explainCondition(logins, facts()), `only-login bob, ${seen}; only-login carol, ${seen}`);
    const met = condition(["only-login", "bob"], ["only-login", "alice"]);
    assert.equal(explainCondition(met, facts()), 'only-login alice, and the macro {auth_authen} is "alice"');
  });

  it("says of a named condition what it asks", () => {
    const partner = anyOf([condition(["only-client", "@internal"]), condition(["only-tls", ""])]);
    const named = new Map([["partner", allOf([written("any-of", partner)])]]);
    const whole = (name: string) => wholeCondition(valuesOf([name, "partner"]), named);
    const why =
      "only-client @internal, but the client is 192.0.2.1; only-tls, but there is no macro {tls_version}";
    assert.equal(explainCondition(whole("if"), facts()), `if partner: any-of: ${why}`);
    assert.equal(explainCondition(whole("unless"), facts()), `unless partner: any-of: ${why}`);
    const scope = scopeOfOptions(valuesOf(["if", "partner"]), named)!;
    assert.equal(scope.reason!("message", facts()), `if partner: any-of: ${why}`);
  });

  it("is what a scope gives where it leaves something out", () => {
    const scope = scopeOfOptions(valuesOf(["only-client", "@internal"], ["only-sender", "example.com"]))!;
    assert.equal(scope.reason!("connection", facts()), "only-client @internal, but the client is 192.0.2.1");
    assert.equal(scope.reason!("message", facts()), undefined);
    const share = scopeOfOptions(valuesOf(["share", "10%"]), undefined, () => 0.5)!;
    assert.equal(share.connection!({ client: undefined, listener: undefined }), false);
    assert.equal(share.reason!("connection", facts()), "share 10%");
  });
});
