// What the conditions of a scope match, and what is no scope.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ResultList } from "../../lib/filter/results.ts";
import { bothScopes, matchesAddress, type Scope, scopeOf } from "../../lib/filter/scope.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { parseNetwork } from "../../lib/options/network.ts";
import { served } from "../server/support.ts";

const to = (address: string) => EnvelopeAddress.of(`<${address}>`);

const client = (address: string) => ({ hostname: "h", family: "inet" as const, address, port: 1 });

describe("what an address pattern matches", () => {
  const cases: [pattern: string, address: string, matches: boolean][] = [
    ["example.org", "joe@example.org", true],
    ["Example.ORG", "joe@eXAMPLE.org.", true],
    ["example.org", "joe@mail.example.org", false],
    ["example.org", "joe@badexample.org", false],
    ["example.org", "example.org", false],
    ["example.org", "", false],
    [".example.org", "joe@mail.example.org", true],
    [".example.org", "joe@a.b.example.org", true],
    [".example.org", "joe@example.org", false],
    ["joe@example.org", "JOE@example.org", true],
    ["joe@example.org", "joel@example.org", false],
    ["joe@example.org", '"a@b"@example.org', false],
    ["example.org", '"a@b"@example.org', true],
    ["<>", "", true],
    ["<>", "joe@example.org", false],
    ["bücher.example", "joe@xn--bcher-kva.example", true],
    ["xn--bcher-kva.example", "joe@BÜCHER.example", true],
    [".bücher.example", "joe@mail.bücher.example", true],
    ["localhost", "root@localhost", true],
  ];
  for (const [pattern, address, matches] of cases) {
    it(`${pattern} ${matches ? "is for" : "is not for"} ${address || "<>"}`, () => {
      assert.equal(matchesAddress(pattern, address), matches);
    });
  }
  for (const pattern of ["", ".", "@", "@example.org", "joe@", "joe@.example.org"]) {
    it(`${JSON.stringify(pattern)} is refused`, () => {
      assert.throws(() => matchesAddress(pattern, "a@b"), /^PatternError: Invalid address pattern/);
    });
  }
});

describe("conditions", () => {
  const connects = (scope: Scope, address: string, listener = "inet:1@localhost") =>
    scope.connection!({ client: client(address), listener });

  it("are for a network in whatever zone a client is, and a network has none", () => {
    const scope = scopeOf({ clients: [parseNetwork("fe80::/10")] });
    assert.deepEqual(
      ["fe80::1", "fe80::1%eth0", "::1%lo"].map((address) => connects(scope, address)),
      [true, true, false],
    );
    assert.throws(
      () => parseNetwork("fe80::1%eth0"),
      /^PatternError: Invalid network "fe80::1%eth0": want a network/,
    );
  });

  it("are for networks, and not for others", () => {
    const scope = scopeOf({
      clients: [parseNetwork("192.0.2.0/24")],
      notClients: [parseNetwork("192.0.2.7")],
    });
    assert.deepEqual(
      ["192.0.2.1", "192.0.2.7", "198.51.100.1", "::ffff:192.0.2.1", "::ffff:192.0.2.7", "/run/socket", ""]
        .map(
          (address) => connects(scope, address),
        ),
      [true, false, false, true, false, false, false],
    );
    assert.equal(scope.connection!({ client: undefined, listener: undefined }), false);
    const not = scopeOf({ notClients: [parseNetwork("192.0.2.0/24")] });
    assert.equal(not.connection!({ client: undefined, listener: undefined }), true);
  });

  it("are for listeners, and not for others", () => {
    assert.equal(connects(scopeOf({ listeners: ["inet:1@localhost"] }), ""), true);
    assert.equal(connects(scopeOf({ listeners: ["inet:2@localhost"] }), ""), false);
    assert.equal(connects(scopeOf({ notListeners: ["inet:1@localhost"] }), ""), false);
  });

  it("are for a share of the connections", () => {
    const lots = [0, 0.24, 0.25, 0.99];
    const scope = scopeOf({ share: 0.25 }, () => lots.shift()!);
    assert.deepEqual([1, 2, 3, 4].map(() => connects(scope, "")), [true, true, false, false]);
    assert.equal(connects(scopeOf({ share: 0 }), ""), false);
    assert.equal(connects(scopeOf({ share: 1 }), ""), true);
    assert.throws(() => scopeOf({ share: 1.1 }), /^RangeError: Invalid share 1.1: want 0 to 1$/);
  });

  it("do not draw lots for who is not meant anyway", () => {
    const scope = scopeOf(
      { share: 0.5, notClients: [parseNetwork("192.0.2.0/24")] },
      () => assert.fail("drawn"),
    );
    assert.equal(connects(scope, "192.0.2.1"), false);
  });

  it("are for senders, and for who logged in or did not", () => {
    const asks = (scope: Scope, from: string, login?: string) =>
      scope.message!({ client: undefined, listener: undefined, sender: to(from), macro: () => login });
    assert.deepEqual(
      ["a@example.org", "b@example.org", "a@example.net", ""].map((from) =>
        asks(scopeOf({ senders: ["example.org", "<>"], notSenders: ["b@example.org"] }), from)
      ),
      [true, false, false, true],
    );
    assert.deepEqual(
      [undefined, "", "joe"].map((login) => asks(scopeOf({ authenticated: true }), "", login)),
      [false, false, true],
    );
    assert.deepEqual(
      [undefined, "", "joe"].map((login) => asks(scopeOf({ authenticated: false }), "", login)),
      [true, true, false],
    );
  });

  it("ask nothing that does not matter", () => {
    assert.deepEqual(scopeOf({}), {});
    assert.deepEqual(Object.keys(scopeOf({ clients: [], senders: [], notRecipients: [] })), []);
    assert.deepEqual(Object.keys(scopeOf({ recipients: ["example.org"] })), ["recipient"]);
  });

  it("hold together with those that a filter has itself", () => {
    const scope = bothScopes(
      scopeOf({ recipients: ["example.org"] }),
      scopeOf({ notRecipients: ["joe@example.org"], senders: ["<>"] }),
    );
    assert.deepEqual(Object.keys(scope), ["message", "recipient"]);
    assert.deepEqual(
      ["ann@example.org", "joe@example.org", "ann@example.net"].map((name) =>
        scope.recipient!(to(name), new ResultList(), {
          client: undefined,
          listener: undefined,
          sender: undefined,
          macro: () => undefined,
        })
      ),
      [true, false, false],
    );
  });
});

describe("what is no scope", () => {
  for (
    const [scope, message] of [
      [() => true, /scope must be an object of functions/],
      [{ recipients: () => true }, /scope holds "recipients"; did you mean "recipient"/],
      [{ recipient: "example.org" }, /scope.recipient must be a function, got string/],
    ] as const
  ) {
    it(`is refused: ${message.source}`, async () => {
      await assert.rejects(
        served([{ name: "1", scope: scope as never, eom() {} }], () => Promise.resolve()),
        message,
      );
    });
  }
});
