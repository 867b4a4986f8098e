// Filters that are for certain results of authentication only.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeFilter } from "../../cli/config/filter_arguments.ts";
import type { AuthResult } from "../../lib/auth/authentication_results.ts";
import { Chain } from "../../lib/chain/chain.ts";
import { dryRun } from "../../lib/filter/dry_run.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { bothScopes, type Conditions, scopeOf } from "../../lib/filter/scope.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { send, Session } from "../authentication/support.ts";

type Found = Readonly<Record<string, string>>;
const resultsOf = (found: Found): AuthResult[] =>
  Object.entries(found).map(([method, result]) => ({ method, result }));

/** A filter that finds results: those of SPF at MAIL, the others at the end. */
function finder(found: Found | (() => Found), spf?: Promise<string>): Filter {
  const now = () => resultsOf(typeof found === "function" ? found() : found);
  return {
    name: "finder",
    verdicts: [],
    authenticates: ["spf", "dkim", "dmarc"],
    mail(_, { results }) {
      if (spf) results.expect(spf.then((result) => [{ method: "spf", result }]));
      else results.add(...now().filter(({ method }) => method === "spf"));
    },
    async eom(_, { results }) {
      await results.ready();
      results.add(...now().filter(({ method }) => method !== "spf"));
    },
  };
}

/** A filter that writes down what it hears, and refuses at one event. */
function limited(
  conditions: Conditions,
  heard: string[],
  at?: "mail" | "rcpt" | "eom",
  name = "limited",
): Filter {
  const hears = (event: string) => {
    heard.push(event);
    return event === at ? reject(550, "5.7.1", "no") : undefined;
  };
  return {
    name,
    verdicts: at ? [at] : [],
    scope: scopeOf(conditions),
    mail: () => hears("mail"),
    rcpt: () => hears("rcpt"),
    header: () => void hears("header"),
    body: () => void hears("body"),
    eom: () => hears("eom"),
    abort: () => void hears("abort"),
  };
}

const only = (text: string): Conditions => ({ results: [conditionOf(text)] });
const not = (text: string): Conditions => ({ notResults: [conditionOf(text)] });
function conditionOf(text: string) {
  const [method = "", result = ""] = text.split("=");
  return { method, result };
}

const WHOLE = ["mail", "rcpt", "header", "header", "body", "eom"];

describe("a condition on DMARC", () => {
  const hears = async (conditions: Conditions, dmarc: string) => {
    const heard: string[] = [];
    const { verdict, failures } = await send([finder({ dmarc }), limited(conditions, heard, "eom")]);
    assert.deepEqual(failures, []);
    return [verdict, heard];
  };
  const refused = "reject (550 5.7.1 no)";

  it("is decided at the end, before the filter gets the content", async () => {
    assert.deepEqual(await hears(only("dmarc=fail"), "fail"), [refused, WHOLE]);
    assert.deepEqual(await hears(only("dmarc=fail"), "pass"), ["continue", ["mail", "rcpt", "abort"]]);
    assert.deepEqual(await hears(not("dmarc=fail"), "fail"), ["continue", ["mail", "rcpt", "abort"]]);
    assert.deepEqual(await hears(not("dmarc=fail"), "pass"), [refused, WHOLE]);
  });

  it("is met by any of several results, and by none of those that are excluded", async () => {
    const either = { results: [conditionOf("dmarc=fail"), conditionOf("dmarc=temperror")] };
    assert.equal((await hears(either, "temperror"))[0], refused);
    assert.equal((await hears(either, "pass"))[0], "continue");
    const neither = { notResults: [conditionOf("dmarc=fail"), conditionOf("dmarc=temperror")] };
    assert.equal((await hears(neither, "temperror"))[0], "continue");
    assert.equal((await hears(neither, "none"))[0], refused);
    assert.equal((await hears({ ...only("dmarc=fail"), ...not("dkim=pass") }, "fail"))[0], refused);
  });

  it("holds beside one of SPF", async () => {
    const conditions = { results: [conditionOf("spf=fail")], notResults: [conditionOf("dmarc=pass")] };
    for (
      const [found, verdict] of [[{ spf: "fail", dmarc: "fail" }, refused], [
        { spf: "fail", dmarc: "pass" },
        "continue",
      ]] as const
    ) {
      const { verdict: got } = await send([finder(found), limited(conditions, [], "eom")]);
      assert.equal(got, verdict);
    }
  });

  it("is one of each message of a connection", async () => {
    let dmarc = "";
    const heard: string[] = [];
    const filters = [finder(() => ({ dmarc })), limited(only("dmarc=fail"), heard, "eom")];
    const session = await new Session(filters).open();
    const verdicts = [];
    for (dmarc of ["pass", "fail", "pass", "fail"]) verdicts.push((await session.send()).verdict);
    assert.deepEqual(verdicts, ["continue", refused, "continue", refused]);
    assert.deepEqual(heard.filter((event) => event === "eom").length, 2);
  });

  it("is met or not for a filter that waits for the content, and for a dry run", async () => {
    const changes: Filter = {
      name: "changes",
      changes: ["addHeader"],
      eom: (message) => message.addHeader("X-New", "1"),
    };
    for (const dmarc of ["fail", "pass"]) {
      const heard: string[] = [];
      await send([finder({ dmarc }), changes, limited(only("dmarc=fail"), heard, "eom")]);
      assert.deepEqual(
        heard,
        dmarc === "fail"
          ? ["mail", "rcpt", "header", "header", "header", "body", "eom"]
          : ["mail", "rcpt", "abort"],
      );
      const dry: string[] = [];
      const { verdict, report } = await send([
        finder({ dmarc }),
        dryRun(limited(only("dmarc=fail"), dry, "eom")),
      ]);
      assert.equal(verdict, "continue");
      assert.equal(
        report?.notes.some(({ dryRun, verdict }) => dryRun && verdict === "reject"),
        dmarc === "fail",
      );
    }
    // A dry run may say no earlier, since it says it to nobody.
    new Chain([finder({}), dryRun(limited(only("dmarc=fail"), [], "rcpt"))]);
  });

  it("keeps a filter that fails at the content from failing mail that it is not for", async () => {
    const failing: Filter = {
      name: "failing",
      scope: scopeOf(only("dmarc=fail")),
      verdicts: ["eom"],
      body: () => {
        throw new Error("no body");
      },
      eom: () => undefined,
    };
    assert.deepEqual((await send([finder({ dmarc: "pass" }), failing])).failures, []);
    const { verdict, failures } = await send([finder({ dmarc: "fail" }), failing]);
    assert.deepEqual([verdict, failures], ["tempfail", ["failing at body: no body (tempfail)"]]);
  });

  it("waits for what an earlier filter still looks up", async () => {
    const later: Filter = {
      name: "later",
      verdicts: [],
      authenticates: ["dmarc"],
      eom: (_, { results }) =>
        results.expect(new Promise((resolve) => setTimeout(() => resolve(resultsOf({ dmarc: "fail" }))))),
    };
    assert.equal((await send([later, limited(only("dmarc=fail"), [], "eom")])).verdict, refused);
  });

  it("that throws is a failure of the filter", async () => {
    const throws: Filter = {
      ...limited({}, [], "eom"),
      scope: {
        end: () => {
          throw new Error("unclear");
        },
      },
    };
    const { verdict, failures } = await send([finder({}), throws]);
    assert.deepEqual([verdict, failures], ["tempfail", ["limited at eom: unclear (tempfail)"]]);
  });
});

describe("a condition on SPF", () => {
  it("is decided at the recipients, in time to refuse them", async () => {
    for (const [spf, hears] of [["fail", true], ["pass", false]] as const) {
      const heard: string[] = [];
      const { refused } = await send([finder({ spf }), limited(only("spf=fail"), heard, "rcpt")], {
        to: ["a@x.example", "b@x.example"],
      });
      assert.equal(Object.keys(refused).length, hears ? 2 : 0);
      assert.deepEqual(heard, hears ? ["mail", "rcpt", "rcpt", "abort"] : []);
    }
  });

  it("refuses the sender to its recipients if the filter does so at MAIL", async () => {
    const heard: string[] = [];
    const { verdict } = await send([finder({ spf: "fail" }), limited(only("spf=fail"), heard, "mail")], {
      to: ["a@x.example", "b@x.example"],
    });
    assert.equal(verdict, "reject (550 5.7.1 no)");
    assert.deepEqual(heard.filter((event) => event === "mail"), ["mail"]);
  });

  it("waits for the lookup, for a filter that gets the content as well", async () => {
    const spf = Promise.withResolvers<string>();
    const heard: string[] = [];
    const sent = send([finder({}, spf.promise), limited(only("spf=fail"), heard)]);
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(heard, []);
    spf.resolve("fail");
    await sent;
    assert.deepEqual(heard, WHOLE);
  });

  it("is no reason to wait for SPF if only DMARC is asked for", async () => {
    const spf = Promise.withResolvers<string>();
    const heard: string[] = [];
    const session = await new Session([
      finder({ dmarc: "fail" }, spf.promise),
      limited(only("dmarc=fail"), heard, "eom"),
    ]).open();
    const sent = session.send();
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(heard, ["mail", "rcpt"]);
    spf.resolve("pass");
    assert.equal((await sent).verdict, "reject (550 5.7.1 no)");
  });

  it("that is not known in time is a failure of the filter, which stays out of this message and hears of the next", async () => {
    const clock = new ManualClock();
    const spf = Promise.withResolvers<string>();
    const heard: string[] = [];
    let lookup: Promise<string> = spf.promise;
    const slow: Filter = {
      ...finder({}),
      mail: (_, { results }) => results.expect(lookup.then((result) => [{ method: "spf", result }])),
      eom: () => undefined,
    };
    const failing: Filter = { ...limited(only("spf=fail"), heard), onError: "accept" };
    const session = await new Session([slow, failing], { clock }).open();
    const sent = session.send();
    while (!clock.waited(8000)) await new Promise((resolve) => setTimeout(resolve));
    clock.advance(8000);
    const { verdict, failures } = await sent;
    assert.equal(verdict, "continue");
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? "", /^limited at rcpt: .*8 ?s|^limited at rcpt: .*8000/);
    lookup = Promise.resolve("fail");
    const next = session.send();
    // The answer of the first lookup comes in the middle of the next message.
    spf.resolve("fail");
    await next;
    assert.deepEqual(heard, WHOLE);
  });

  it("costs only tempfail where the filter's failure does", async () => {
    const clock = new ManualClock();
    const never = new Promise<string>(() => {});
    const session = await new Session([finder({}, never), limited(only("spf=fail"), [])], { clock }).open();
    const sent = session.send();
    while (!clock.waited(8000)) await new Promise((resolve) => setTimeout(resolve));
    clock.advance(8000);
    assert.equal((await sent).verdict, "tempfail");
  });
});

describe("at the start", () => {
  const chain = (...filters: Filter[]) => () => new Chain(filters);
  const fails = (run: () => unknown, message: RegExp) => assert.throws(run, message);

  it("a condition is refused that no filter before it gives results for", () => {
    const wants = (text: string) => limited(only(text), []);
    fails(chain(wants("dmarc=fail")), /"limited".*no filter before it gives results of dmarc/);
    fails(chain(wants("dmarc=fail"), finder({})), /no filter before it gives results of dmarc/);
    fails(chain(finder({}), wants("arc=fail")), /no filter before it gives results of arc/);
    fails(
      chain(
        { ...finder({}), authenticates: ["spf"] },
        limited({ ...only("spf=fail"), ...not("dkim=pass") }, []),
      ),
      /of dkim/,
    );
    chain(finder({}), wants("dmarc=fail"))();
  });

  it("any result may come from a filter that says so, but those of SPF come too late from it", () => {
    const any: Filter = { name: "any", authenticates: ["*"], mail: () => undefined };
    chain(any, limited(only("arc=fail"), [], "eom"))();
    fails(chain(any, limited(only("spf=fail"), [])), /asks for spf at each recipient/);
  });

  it("a condition is refused of which nothing is known when the filter may refuse", () => {
    for (const at of ["mail", "rcpt"] as const) {
      fails(
        chain(finder({}), limited(only("dmarc=fail"), [], at)),
        new RegExp(`may refuse at ${at}, but dmarc is known only at the end`),
      );
    }
    chain(finder({}), limited(only("spf=fail"), [], "rcpt"))();
    fails(
      chain(finder({}), limited({ ...only("spf=fail"), ...not("dkim=pass") }, [], "rcpt")),
      /but spf and dkim are known only at the end/,
    );
  });

  it("what two scopes ask for holds together", () => {
    const scope = bothScopes(
      scopeOf(only("dmarc=fail")),
      scopeOf({ ...not("dkim=pass"), recipients: ["example.org"] }),
    );
    assert.deepEqual([...scope.methods ?? []].sort(), ["dkim", "dmarc"]);
    assert.deepEqual(Object.keys(scope).sort(), ["end", "methods", "recipient"]);
  });

  it("options that say nothing, or the opposite of one another, are refused", async () => {
    const make = (...args: string[]) => makeFilter("size-limit", ["--max", "1MB", ...args]);
    const cases: [string[], RegExp][] = [
      [["--only-result", "dmarc"], /--only-result "dmarc": want a method and a result, such as dmarc=fail/],
      [
        ["--only-result", "dmarc=reject"],
        /--only-result "dmarc=reject": dmarc has the results pass, fail, none, temperror, permerror/,
      ],
      [["--not-result", "iprev=none"], /--not-result "iprev=none": iprev has/],
      [["--not-result", "DKIM=pass"], /--not-result "DKIM=pass"/],
      [
        ["--only-result", "spf=fail", "--not-result", "spf=fail"],
        /--only-result "spf=fail": --not-result spf=fail leaves nothing of it/,
      ],
    ];
    for (const [args, message] of cases) await assert.rejects(make(...args), message);
    assert.deepEqual((await make("--only-result", "x-test=odd")).filter.scope?.methods, ["x-test"]);
  });
});
