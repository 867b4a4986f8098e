import assert from "node:assert/strict";
import { test } from "node:test";
import { Chain } from "../../lib/chain/chain.ts";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { InvalidFilterError, validateFilter } from "../../lib/filter/validate.ts";
import { InvalidVerdictError, reject, tempfail } from "../../lib/filter/verdict.ts";
import { InvalidReplyError } from "../../lib/protocol/reply.ts";
import { serve } from "../../lib/server/server.ts";

const eom = () => {};

for (
  const [what, filter, value, message] of [
    ["null", null, null, "number 2: want an object, got null"],
    ["a function", eom, eom, "number 2: want an object, got function"],
    ["no name", {}, undefined, "number 2: it needs a name"],
    ["an empty name", { name: "" }, "", "number 2: it needs a name"],
    ["a name that is no text", { name: 1 }, 1, "number 2: it needs a name"],
    [
      "a callback that is no function",
      { name: "x", eom: true },
      true,
      '"x": eom must be a function, got boolean',
    ],
    [
      "a factory that is no function",
      { name: "x", messageState: {} },
      undefined,
      '"x": messageState must be a function',
    ],
    [
      "a callback that there is not",
      { name: "x", rcptt: eom },
      "rcptt",
      'no callback "rcptt"; did you mean "rcpt"?',
    ],
    [
      "an end of message by another name",
      { name: "x", endOfMessage: eom },
      "endOfMessage",
      'no callback "endOfMessage"; did you mean "eom"?',
    ],
    [
      "a change as libmilter calls it",
      { name: "x", eom, changes: ["smfi_delrcpt"] },
      "smfi_delrcpt",
      'changes holds "smfi_delrcpt"; did you mean "deleteRcpt"?',
    ],
    [
      "a verdict at an event as libmilter calls it",
      { name: "x", mail: eom, verdicts: ["envfrom"] },
      "envfrom",
      'verdicts holds "envfrom"; did you mean "mail"?',
    ],
    [
      "an event as pymilter calls it",
      { name: "x", helo: eom, events: ["hello"] },
      "hello",
      'events holds "hello"; did you mean "helo"?',
    ],
    [
      "changes as go-milter calls them",
      { name: "x", eom, actions: ["addHeader"] },
      "actions",
      'no setting "actions"; did you mean "changes"?',
    ],
    [
      "a kind of content that there is not",
      { name: "x", eom, content: "mine" },
      "mine",
      'content holds "mine"; did you mean "mime"?',
    ],
    [
      "content without an end of message to read it in",
      { name: "x", body: eom, content: "mime" },
      "mime",
      "it declares content, but has no eom callback to read it in",
    ],
    [
      "edits without content",
      { name: "x", eom, changes: ["editContent"] },
      "editContent",
      'changes holds "editContent", which needs content: "mime" beside it',
    ],
    [
      "changes of fields without the header",
      { name: "x", eom, readsHeader: false, changes: ["addHeader", "deleteHeader"] },
      "deleteHeader",
      'changes holds "deleteHeader", which needs the header: leave out readsHeader',
    ],
    [
      "content without the header",
      { name: "x", eom, readsHeader: false, content: "mime" },
      "mime",
      'content "mime" needs the header: leave out readsHeader',
    ],
    [
      "a readsHeader that is neither",
      { name: "x", eom, readsHeader: "no" },
      "no",
      "readsHeader must be true or false",
    ],
    [
      "a misspelled setting of content",
      { name: "x", eom, contents: "mime" },
      "contents",
      'no setting "contents"; did you mean "content"?',
    ],
    [
      "macros that are no list of names",
      { name: "x", eom, asksMacros: "auth_authen" },
      "auth_authen",
      "asksMacros must be a list of the names of macros",
    ],
    [
      "changed fields that are no list of names",
      { name: "x", eom, changes: ["changeHeader"], changedFields: ["Subject", 1] },
      undefined,
      "changedFields must be a list of header names",
    ],
    [
      "changes that are no list",
      { name: "x", eom, changes: "addHeader" },
      "addHeader",
      "changes must be a list",
    ],
    [
      "a change that there is not",
      { name: "x", eom, changes: ["addHeadr"] },
      "addHeadr",
      'did you mean "addHeader"?',
    ],
    [
      "changes without eom",
      { name: "x", changes: ["addHeader"] },
      undefined,
      "no eom callback to make them in",
    ],
    ["verdicts that are no list", { name: "x", eom, verdicts: {} }, undefined, "verdicts must be a list"],
    ["a verdict at no event", { name: "x", eom, verdicts: ["eoom"] }, "eoom", 'did you mean "eom"?'],
    ["a verdict at abort", { name: "x", verdicts: ["abort"] }, "abort", 'verdicts holds "abort"'],
    [
      "a verdict without its callback",
      { name: "x", eom, verdicts: ["mail"] },
      "mail",
      'verdicts holds "mail", but there is no such callback',
    ],
    ["an onError that there is not", { name: "x", onError: "rejct" }, "rejct", 'did you mean "reject"?'],
    ["a time-out of 0", { name: "x", timeout: 0 }, 0, "timeout must be 1 to 600000 milliseconds, got 0"],
    ["a time-out above the longest", { name: "x", timeout: 600_001 }, 600_001, "timeout must be"],
    ["a time-out that is none", { name: "x", timeout: NaN }, NaN, "timeout must be"],
    ["a time-out as text", { name: "x", timeout: "8s" }, "8s", "timeout must be"],
    ["macros that are no object", { name: "x", macros: "j" }, "j", "macros must be lists by stage"],
    ["macros of no stage", { name: "x", macros: { conect: [] } }, "conect", 'did you mean "connect"?'],
    ["macros that are no list", { name: "x", macros: { mail: "i" } }, "i", "macros must be lists of names"],
    [
      "a macro name with a space",
      { name: "x", macros: { mail: ["i j"] } },
      undefined,
      "macros must be lists of names",
    ],
    [
      "an empty macro name",
      { name: "x", macros: { mail: [""] } },
      undefined,
      "macros must be lists of names",
    ],
  ] as [string, unknown, unknown, string][]
) {
  test(`a filter with ${what} is refused before anything listens, in words`, async () => {
    const matches = (error: InvalidFilterError) => {
      assert.ok(error instanceof InvalidFilterError);
      assert.equal(error.code, "invalid-filter");
      assert.match(error.message, /^Invalid filter [^\n]+$/);
      assert.ok(error.message.includes(message), error.message);
      if (value !== undefined) assert.deepEqual(error.value, value);
      return true;
    };
    assert.throws(() => validateFilter(filter, 2), matches);
    const filters = [{ name: "first" }, filter as never];
    assert.throws(() => new Chain(filters), matches);
    await assert.rejects(serve({ listen: "inet:0@127.0.0.1", filters }), matches);
  });
}

test("filters that are right are taken", () => {
  class Counter {
    readonly name = "counter";
    helper(): void {}
    eom(): void {}
  }
  for (
    const filter of [
      { name: "x" },
      {
        name: "x",
        timeout: 1,
        onError: "accept",
        changes: ["addHeader"],
        verdicts: ["eom"],
        eom,
        dryRun: true,
      },
      { name: "x", changes: [], verdicts: [], macros: { mail: ["i", "{auth_authen}"] }, limit: 5 },
      new Counter(),
      dryRun({ name: "x", eom }),
    ]
  ) {
    validateFilter(filter, 1);
  }
});

test("more macros at a stage than Sendmail takes are refused, counted over the chain", () => {
  const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{m${from + i}}`);
  new Chain([{ name: "1", macros: { data: names(0, 49) } }]);
  assert.throws(
    () =>
      new Chain([{ name: "1", macros: { data: names(0, 30) } }, {
        name: "2",
        macros: { data: names(20, 50) },
      }]),
    /51 macros at data.*Sendmail takes 50/,
  );
});

test("time-outs out of their bounds are refused, and those not given have their defaults", () => {
  for (const timeouts of [{ callback: 0 }, { message: 600_001 }, { callback: NaN }]) {
    assert.throws(() => new Chain([], timeouts), RangeError);
  }
  assert.deepEqual(new Chain([], { callback: 5 }).timeouts, { callback: 5, message: 240_000 });
  assert.deepEqual(new Chain([], {}).timeouts, {
    callback: 8000,
    message: 240_000,
  });
});

test("verdicts with replies that no MTA would take are refused where they are made", () => {
  for (
    const make of [
      () => reject(450 as 550),
      () => reject(450 as 550, "4.7.1" as "5.7.1", "x"),
      () => tempfail(550 as 450, "5.7.1" as "4.7.1", "x"),
    ]
  ) {
    assert.throws(make, InvalidVerdictError);
  }
  for (
    const make of [
      () => reject(550, "4.7.1" as "5.7.1", "x"),
      () => tempfail(450, "4.7.1", "a\nb"),
      () => reject(200 as 550),
    ]
  ) {
    assert.throws(make, InvalidReplyError);
  }
  assert.deepEqual(reject(550, "5.7.1", "one", "two").reply, {
    code: 550,
    enhanced: "5.7.1",
    lines: ["one", "two"],
  });
  assert.deepEqual(tempfail(451).reply, { code: 451, lines: [] });
  assert.equal(reject().reply, undefined);
});
