// The options that say what a filter is for.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeFilter } from "../../cli/config/filter_arguments.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { ResultList } from "../../lib/filter/results.ts";
import type { Scope } from "../../lib/filter/scope.ts";

const MESSAGE = { client: undefined, listener: undefined, sender: undefined, macro: () => undefined };

async function scopeOf(...args: string[]): Promise<Scope | undefined> {
  return (await makeFilter("size-limit", ["--max", "1MB", ...args])).filter.scope;
}

function connects(scope: Scope | undefined, address: string, listener = "inet:8891@localhost"): boolean {
  return scope!.connection!({ client: { hostname: "h", family: "inet", address, port: 1 }, listener });
}

function sends(scope: Scope | undefined, address: string, login?: string): boolean {
  const sender = EnvelopeAddress.of(`<${address}>`);
  return scope!.message!({ client: undefined, listener: undefined, sender, macro: () => login });
}

const receives = (scope: Scope | undefined, address: string) =>
  scope!.recipient!(EnvelopeAddress.of(`<${address}>`), new ResultList(), MESSAGE);

describe("the scope that options say", () => {
  it("is everything without any", async () => {
    assert.equal(await scopeOf(), undefined);
    assert.equal(await scopeOf("--dry-run"), undefined);
  });

  it("is of clients", async () => {
    const scope = await scopeOf(
      "--only-client",
      "192.0.2.0/24",
      "--only-client",
      "::1",
      "--not-client",
      "192.0.2.9",
    );
    assert.deepEqual(
      ["192.0.2.1", "::1", "192.0.2.9", "10.0.0.1"].map((address) => connects(scope, address)),
      [true, true, false, false],
    );
  });

  it("is of listeners, however they are written", async () => {
    const only = await scopeOf("--only-listener", "inet:localhost:8891");
    const not = await scopeOf("--not-listener", "local:/run/a.sock");
    assert.deepEqual([connects(only, ""), connects(only, "", "inet:8892@localhost")], [true, false]);
    assert.deepEqual([connects(not, "", "unix:/run/a.sock"), connects(not, "", "unix:/run/b")], [
      false,
      true,
    ]);
  });

  it("is of senders", async () => {
    const scope = await scopeOf("--only-sender", ".example.org", "--not-sender", "bad@a.example.org");
    assert.deepEqual(
      ["joe@a.example.org", "bad@a.example.org", "joe@example.org"].map((from) => sends(scope, from)),
      [true, false, false],
    );
  });

  it("is of recipients", async () => {
    const scope = await scopeOf("--only-recipient", "example.org", "--not-recipient", "joe@example.org");
    assert.deepEqual(
      ["ann@example.org", "joe@example.org", "ann@example.net"].map((to) => receives(scope, to)),
      [true, false, false],
    );
  });

  it("is of logins", async () => {
    const only = await scopeOf("--only-authenticated");
    const not = await scopeOf("--not-authenticated");
    assert.deepEqual([sends(only, "", "joe"), sends(only, "")], [true, false]);
    assert.deepEqual([sends(not, "", "joe"), sends(not, "")], [false, true]);
  });

  it("is of a share", async () => {
    assert.equal(connects(await scopeOf("--share", "0%"), ""), false);
    assert.equal(connects(await scopeOf("--share", "100%"), ""), true);
    const scope = await scopeOf("--share", "12.5%");
    const hits = Array.from({ length: 4000 }, () => connects(scope, "")).filter(Boolean).length;
    // Ten standard deviations to each side.
    assert.ok(hits > 290 && hits < 710, `${hits}`);
  });
});

describe("what says no scope", () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--only-client", "home"], /Invalid --only-client "home": want a network, such as 10\.0\.0\.0\/8/],
    [["--only-listener", "8891"], /Invalid --only-listener "8891": want unix:\/path, inet:port@host/],
    [
      ["--not-sender", "joe@"],
      /Invalid --not-sender "joe@": want example\.org, \.example\.org, joe@example\.org/,
    ],
    [["--only-recipient", "."], /Invalid --only-recipient "\.": want example\.org/],
    [["--share", "0.5"], /Invalid --share "0\.5": want a share from 0% to 100%, such as 10%/],
    [["--share", "101%"], /Invalid --share "101%": want a share/],
    [
      ["--only-authenticated", "--not-authenticated"],
      /Invalid --not-authenticated "true": with --only-authenticated it leaves nothing/,
    ],
    [["--only-recipients", "example.org"], /did you mean --only-recipient\?/i],
  ];
  for (const [args, message] of cases) {
    it(args.join(" "), async () => {
      await assert.rejects(scopeOf(...args), (error: Error) => {
        assert.equal(error.name, "UsageError");
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
