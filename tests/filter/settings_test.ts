// Settings that a program gives to the library: what is misspelled, missing or of the wrong kind is said at once.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Chain } from "../../lib/chain/chain.ts";
import { defineFilter } from "../../lib/filter/definition.ts";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { scopeOf } from "../../lib/filter/scope.ts";
import { InvalidSettingError } from "../../lib/options/settings.ts";
import { InvalidFilterError, validateFilter } from "../../lib/filter/validate.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { serve } from "../../lib/server/server.ts";
import { deliver } from "../../lib/testing.ts";

const filter = defineFilter({ name: "x", eom: () => {} });
const listen = "inet:0@127.0.0.1";
const right = { listen, filters: [filter] };

/** What is given, the setting that is told of, and what is said. */
const SERVE: [given: unknown, setting: string, says: string][] = [
  [{}, "listen", 'listen is missing: give it, for example listen: "inet:8825@localhost"'],
  [{ listen }, "filters", "filters is missing: give it, for example filters: [myFilter]"],
  [undefined, "", "it must be an object, got undefined"],
  [{ ...right, listen: [] }, "listen", "there is no address to listen on"],
  [{ ...right, listen: "" }, "listen", "there is no address to listen on"],
  [{ ...right, listen: 8891 }, "listen", "listen must be an address, or a list of them"],
  [{ ...right, filters: [] }, "filters", "there is no filter to serve"],
  [{ ...right, filters: filter }, "filters", "filters must be a list, even of one filter"],
  [{ ...right, timeout: {} }, "timeout", "there is no timeout; did you mean timeouts?"],
  [
    { ...right, timeouts: { mesage: 1 } },
    "timeouts.mesage",
    "there is no timeouts.mesage; did you mean timeouts.message?",
  ],
  [{ ...right, timeouts: 8000 }, "timeouts", "timeouts must be an object, got number"],
  [
    { ...right, timeouts: { idle: "2h" } },
    "timeouts.idle",
    'timeouts.idle must be a number, milliseconds from 1 on, got "2h"',
  ],
  [
    { ...right, timeouts: { send: NaN } },
    "timeouts.send",
    "timeouts.send must be a number, milliseconds from 1 on, got NaN",
  ],
  [
    { ...right, limits: { recipient: 5 } },
    "limits.recipient",
    "there is no limits.recipient; did you mean limits.recipients?",
  ],
  [
    { ...right, spool: { memroy: 5 } },
    "spool.memroy",
    "there is no spool.memroy; did you mean spool.memory?",
  ],
  [
    { ...right, spool: { memory: 9, total: 8 } },
    "spool.memory",
    "spool.memory 9 is above spool.total 8, which comes first",
  ],
  [
    { ...right, mode: 660 },
    "mode",
    "mode 660 is 0o1224, and permissions are 0o777 at most; did you mean 0o660?",
  ],
  [{ ...right, mode: "660" }, "mode", 'mode must be a number, 0 to 4095 permission bits, got "660"'],
  [{ ...right, mta: "exim" }, "mta", 'mta must be one of auto, postfix, sendmail, got "exim"'],
  [{ ...right, clock: { now: () => 0 } }, "clock", "clock must have the functions now and after"],
  [{ ...right, clock: null }, "clock", "clock must have the functions now and after"],
  [{ ...right, onEvent: true }, "onEvent", "onEvent must be a function, got boolean"],
  [{ ...right, reports: "no" }, "reports", "reports must be true or false, got string"],
];

function isInvalid(what: string, setting: string, says: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof InvalidSettingError, String(error));
    assert.equal(error.message, `Invalid setting of ${what}: ${says}`);
    assert.deepEqual([error.code, error.setting], ["invalid-setting", setting]);
    return true;
  };
}

describe("serve says", () => {
  for (const [given, setting, says] of SERVE) {
    it(says, async () => {
      await assert.rejects(serve(given as never), isInvalid("serve", setting, says));
    });
  }
});

describe("what is misspelled is refused by", () => {
  it("a chain", () => {
    const says = "there is no mesage; did you mean message?";
    assert.throws(() => new Chain([], { mesage: 1 } as never), isInvalid("Chain", "mesage", says));
  });

  it("a client", async () => {
    const says = "there is no timout; did you mean timeout?";
    await assert.rejects(
      MtaClient.open(listen, { timout: 1 } as never),
      isInvalid("MtaClient", "timout", says),
    );
  });

  it("a test's message", async () => {
    await assert.rejects(
      deliver(filter, { headers: { Subject: "x" } } as never),
      isInvalid("deliver", "headers", "there is no headers; did you mean header?"),
    );
    await assert.rejects(
      deliver(filter, { message: "A: b\n\nc", body: "d" }),
      isInvalid("deliver", "body", "message is the whole message, so leave body out"),
    );
  });

  it("conditions, which would be of everything", () => {
    const says = "there is no sender; did you mean senders?";
    assert.throws(() => scopeOf({ sender: ["a.example"] } as never), isInvalid("scopeOf", "sender", says));
    assert.throws(
      () => scopeOf({ senders: ["a@a.example"], notSenders: ["a.example"] }),
      /^RangeError: Invalid senders "a@a.example": "a.example" leaves nothing of it$/,
    );
    assert.throws(() => scopeOf({ senders: ["*@a.example"] }), /write a\.example for every address of it/);
  });
});

describe("a filter's setting", () => {
  const misspelled: [given: object, says: string][] = [
    [{ timout: 5 }, 'there is no setting "timout"; did you mean "timeout"?'],
    [{ onerror: "accept" }, 'there is no setting "onerror"; did you mean "onError"?'],
    [{ dry_run: true }, 'there is no setting "dry_run"; did you mean "dryRun"?'],
    [{ change: ["addHeader"] }, 'there is no setting "change"; did you mean "changes"?'],
    [{ macro: { mail: ["i"] } }, 'there is no setting "macro"; did you mean "macros"?'],
    [{ scopes: { message: () => true } }, 'there is no setting "scopes"; did you mean "scope"?'],
  ];
  for (const [given, says] of misspelled) {
    it(`is misspelled: ${says}`, () => {
      for (const each of [{ ...filter, ...given }, dryRun({ ...filter, ...given })]) {
        assert.throws(() => validateFilter(each, 1), (error) => {
          assert.ok(error instanceof InvalidFilterError);
          assert.equal(error.message, `Invalid filter "x": ${says}`);
          return true;
        });
      }
    });
  }

  it("may be like what a filter keeps for itself", () => {
    validateFilter(
      { ...filter, names: ["a"], change: ["a"], event: [], timeouts: [1], macro: "i", limit: 5 },
      1,
    );
  });
});
