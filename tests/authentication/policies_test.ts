// What each option does with each result.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { authenticate } from "../../filters/authenticate/authenticate.ts";
import { dkimCheck } from "../../filters/dkim_check/dkim_check.ts";
import { dmarcCheck } from "../../filters/dmarc_check/dmarc_check.ts";
import { spfCheck } from "../../filters/spf_check/spf_check.ts";
import { OptionError } from "../../lib/options/options.ts";
import type { Given } from "../support/made_filter.ts";
import { filterOf, ID, send, type TestMail } from "./support.ts";

const RECORDS = `
pass.example      "v=spf1 ip4:192.0.2.1 -all"
fail.example      "v=spf1 -all exp=why.example"
why.example       "Mail of 100%% of %{d}: see https://fail.example/%{i} ${"x".repeat(200)}"
softfail.example  "v=spf1 ~all"
neutral.example   "v=spf1 ?all"
permerror.example "v=spf1 nonsense"
temperror.example SERVFAIL
_dmarc.pass.example       "v=DMARC1; p=reject"
_dmarc.none.example       "v=DMARC1; p=none"
_dmarc.quarantine.example "v=DMARC1; p=quarantine"
_dmarc.reject.example     "v=DMARC1; p=reject"
_dmarc.testing.example    "v=DMARC1; p=reject; t=y"
_dmarc.temperror.example  SERVFAIL
`;

const folder = mkdtempSync(join(tmpdir(), "milterkit-policies-"));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const exempting = (text: string): Given => [["exempt-dmarc", file("exempt", text)]];

const by = (domain: string, author = domain): TestMail => ({
  from: `joe@${domain}`,
  header: [["From", `Joe <joe@${author}>`]],
});

describe("--on-spf-fail and --on-spf-error", () => {
  const REJECT = /^reject \(550 5\.7\.(23|24) SPF of /;
  const TEMPFAIL = /^tempfail \(451 4\.7\.(23|24) SPF of /;
  const ACCEPT = /^continue$/;
  const verdicts = { accept: ACCEPT, reject: REJECT, tempfail: TEMPFAIL };
  for (const result of ["pass", "fail", "softfail", "neutral", "none", "permerror", "temperror"] as const) {
    for (const [action, verdict] of Object.entries(verdicts)) {
      it(`${result}, ${action}`, async () => {
        const option = result === "fail" ? "on-spf-fail" : "on-spf-error";
        const other = result === "fail" ? "on-spf-error" : "on-spf-fail";
        const concerned = ["fail", "permerror", "temperror"].includes(result);
        for (const filter of [spfCheck, authenticate]) {
          const run = async (given: Given) =>
            await send(await filterOf(filter, given, RECORDS), by(`${result}.example`));
          const outcome = await run([[option, action]]);
          // A lookup may succeed later, so it is never refused for good.
          const wanted = !concerned
            ? ACCEPT
            : result === "temperror" && action === "reject"
            ? TEMPFAIL
            : verdict;
          assert.match(outcome.verdict, wanted);
          assert.deepEqual(outcome.failures, []);
          if (wanted === ACCEPT) assert.match(outcome.results[0] ?? "", new RegExp(`spf=${result}`));
          assert.equal(
            (await run([[other, action]])).verdict,
            "continue",
            "that is what the other option is for",
          );
        }
      });
    }
  }

  it("refuse each recipient, with the explanation of the domain as far as it fits", async () => {
    const filter = await filterOf(spfCheck, [["on-spf-fail", "reject"]], RECORDS);
    const { refused } = await send(filter, { ...by("fail.example"), to: ["a@x.example", "b@x.example"] });
    assert.deepEqual(Object.keys(refused), ["a@x.example", "b@x.example"]);
    const text = "reject (550 5.7.23 SPF of fail.example fails: the domain does not permit the client; " +
      "fail.example explains: Mail of 100% of fail.example: see https://fail.example/192.0.2.1 xxx";
    assert.ok(Object.values(refused)[0]?.startsWith(text), Object.values(refused)[0]);
  });

  it("refuse in a line of SMTP, however long the names and the explanation are", async () => {
    const label = "x".repeat(60);
    const domain = [label, label, label, "y".repeat(50), "example"].join(".");
    const records = `${domain} "v=spf1 -all exp=e.example"\ne.example "${"word ".repeat(180)}"`;
    for (const filter of [spfCheck, authenticate]) {
      const { verdict, failures } = await send(
        await filterOf(filter, [["on-spf-fail", "reject"]], records),
        by(domain),
      );
      assert.deepEqual(failures, []);
      assert.match(verdict, /^reject \(550 5\.7\.23 SPF of x.*\.\.\.\)$/);
      assert.ok(verdict.length < 512, `${verdict.length}`);
    }
  });
});

describe("--on-dmarc-fail and --on-dmarc-error", () => {
  const HELD = "held";
  const REJECT = "reject";
  /** By policy, what each action makes of a failure. */
  const TABLE: [author: string, dmarc: string, Record<string, string>][] = [
    ["pass.example", "pass", { accept: "", policy: "", quarantine: "", reject: "" }],
    ["without.example", "none", { accept: "", policy: "", quarantine: "", reject: "" }],
    ["none.example", "fail", { accept: "", policy: "", quarantine: "", reject: "" }],
    ["quarantine.example", "fail", { accept: "", policy: HELD, quarantine: HELD, reject: REJECT }],
    ["reject.example", "fail", { accept: "", policy: REJECT, quarantine: HELD, reject: REJECT }],
    ["testing.example", "fail", { accept: "", policy: HELD, quarantine: HELD, reject: REJECT }],
    ["temperror.example", "temperror", { accept: "", policy: "", quarantine: "", reject: "" }],
  ];
  const chains = {
    authenticate: async (given: Given) => [await filterOf(authenticate, given, RECORDS)],
    "dmarc-check": async (given: Given) => [
      await filterOf(spfCheck, [], RECORDS),
      await filterOf(dkimCheck, [], RECORDS),
      await filterOf(dmarcCheck, given, RECORDS),
    ],
  };
  for (const [name, chain] of Object.entries(chains)) {
    for (const [author, dmarc, outcomes] of TABLE) {
      it(`${name}: dmarc=${dmarc} for ${author}`, async () => {
        for (const [action, what] of Object.entries(outcomes)) {
          const outcome = await send(await chain([["on-dmarc-fail", action]]), by("pass.example", author));
          assert.deepEqual(outcome.failures, []);
          const text = `Not accepted by the DMARC policy of ${author}: neither SPF nor DKIM passes for it`;
          const told = what === REJECT ? `reject (550 5.7.1 ${text})` : "continue";
          assert.equal(outcome.verdict, told, action);
          assert.equal(outcome.quarantine, what === HELD ? text : undefined, action);
          if (what === REJECT) continue;
          assert.equal(outcome.results.length, 1);
          const [field = ""] = outcome.results;
          assert.match(field, new RegExp(`; dmarc=${dmarc} .*header\\.from=${author}`));
          if (dmarc === "fail") {
            assert.match(field, new RegExp(`d=${what === HELD ? "quarantine" : "none"}\\)`), action);
          }
        }
      });
    }

    it(`${name}: a From that names nobody for certain is refused where failures are acted on`, async () => {
      const mail = (...from: string[]): TestMail => ({
        header: [["Subject", "x"], ...from.map((value) => ["From", value] as const)],
      });
      const cases: [given: Given, what: string][] = [
        [[], "continue"],
        [[["on-dmarc-fail", "policy"]], "reject"],
        [[["on-dmarc-fail", "reject"]], "reject"],
        [[["on-dmarc-fail", "policy"], ["on-bad-from", "accept"]], "continue"],
        [[["on-dmarc-fail", "policy"], ["on-bad-from", "quarantine"]], HELD],
        [[["on-bad-from", "reject"]], "reject"],
      ];
      for (const [given, what] of cases) {
        for (const from of [["a@pass.example", "a@reject.example"], [], ["nobody"]]) {
          const outcome = await send(await chain(given), mail(...from));
          const text = /^The message does not say with certainty who wrote it: /;
          if (what === "reject") {
            assert.match(outcome.verdict, /^reject \(550 5\.7\.1 The message does not say/);
          } else assert.equal(outcome.verdict, "continue");
          if (what === HELD) assert.match(outcome.quarantine ?? "", text);
          else assert.equal(outcome.quarantine, undefined);
        }
      }
    });

    it(`${name}: a failed lookup is an error, which --on-dmarc-error is for`, async () => {
      const given: Given = [["on-dmarc-error", "tempfail"]];
      const { verdict } = await send(await chain(given), by("pass.example", "temperror.example"));
      assert.match(verdict, /^tempfail \(451 4\.7\.5 DMARC of temperror\.example cannot be checked: /);
      assert.equal(
        (await send(await chain(given), by("pass.example", "reject.example"))).verdict,
        "continue",
      );
      // The author's record is there, but not whether SPF passes for the author.
      const records = `${RECORDS}\nopen.example SERVFAIL\n_dmarc.open.example "v=DMARC1; p=reject"`;
      const open = await send(
        await filterOf(authenticate, [...given, ["on-dmarc-fail", "policy"]], records),
        by("open.example"),
      );
      assert.match(open.verdict, /^tempfail \(451 4\.7\.5 /);
    });

    it(`${name}: who is exempt fails without consequences`, async () => {
      const verdict = async (text: string, mail: TestMail) =>
        (await send(await chain([["on-dmarc-fail", "policy"], ...exempting(text)]), mail)).verdict.split(
          " ",
        )[0];
      const mail = by("pass.example", "reject.example");
      assert.equal(await verdict("198.51.100.0/24\nother.example\n", mail), "reject");
      assert.equal(await verdict("# lists\n\n192.0.2.0/24 # the list\n", mail), "continue");
      assert.equal(await verdict("192.0.2.0/24", { ...mail, client: "::ffff:192.0.2.1" }), "continue");
      assert.equal(await verdict("192.0.2.0/24", { ...mail, client: "" }), "reject");
      assert.equal(await verdict("PASS.example\r\n", mail), "continue");
      assert.equal(await verdict(".pass.example", mail), "reject");
      assert.equal(await verdict(".example", mail), "continue");
      assert.equal(
        await verdict("fail.example", by("fail.example", "reject.example")),
        "reject",
        "SPF must pass",
      );
      const held = await send(
        await chain([["on-dmarc-fail", "quarantine"], ...exempting("pass.example")]),
        mail,
      );
      assert.equal(held.quarantine, undefined);
      assert.match(held.results[0] ?? "", /dmarc=fail \(p=reject d=none\)/);
      assert.ok(
        held.report?.notes.some(({ remark }) => remark === "exempt from DMARC: passes for pass.example"),
      );
    });
  }
});

describe("the file of --exempt-dmarc", () => {
  const make = (text: string, given: Given = [["on-dmarc-fail", "policy"]]) =>
    filterOf(authenticate, [...given, ...exempting(text)], RECORDS);

  it("is refused with the number of the line", async () => {
    const cases: [string, RegExp][] = [
      ["10.0.0.1/8", /line 1: "10\.0\.0\.1\/8": 10\.0\.0\.1 is not the first address/],
      ["# one\nexample.org\n300.1.1.1", /line 3: "300\.1\.1\.1": want a network/],
      ["2001:db8::/129", /line 1: /],
      ["example.org\n\nan example.org # two words", /line 3: "an example\.org": /],
      ["joe@example.org", /line 1: "joe@example\.org": /],
      ["a..example", /line 1: /],
      ["*.example.org", /line 1: /],
    ];
    for (const [text, message] of cases) {
      await assert.rejects(
        make(text),
        (error) => error instanceof OptionError && message.test(error.message),
        text,
      );
    }
    const none = [["on-dmarc-fail", "policy"], ["exempt-dmarc", join(folder, "none")]] as const;
    await assert.rejects(filterOf(authenticate, none), /--exempt-dmarc ".*none": /);
  });

  it("may be empty, but is not read for nothing", async () => {
    await make("# nobody yet\n");
    await assert.rejects(make("", []), /--exempt-dmarc .*nobody needs an exemption/);
    await make("", [["on-dmarc-error", "tempfail"]]);
  });
});

describe("options of the filters that check mail", () => {
  it("that could never take effect, or that nobody can read, are refused by name", async () => {
    const cases: [Given, RegExp][] = [
      [
        [["trust-results", "a b@192.0.2.0/24"]],
        /--trust-results "a b@192\.0\.2\.0\/24": want an id and a network/,
      ],
      [[["trust-results", "border@10.0.0.1/8"]], /--trust-results .* is not the first address/],
      [[["trust-results", "a@b@192.0.2.1"]], /--trust-results/],
      [[["trust-results", "@192.0.2.1"]], /--trust-results/],
      [[["trust-results", "border@"]], /--trust-results/],
      [[["authserv-id", "a b"]], /--authserv-id "a b": want a host name/],
      [[["lookup-timeout", "0s"]], /--lookup-timeout/],
      [[["lookup-timeout", "300s"]], /--lookup-timeout/],
      [[["on-spf-fail", "quarantine"]], /--on-spf-fail "quarantine"/],
      [[["on-dmarc-fail", "discard"]], /--on-dmarc-fail "discard"/],
      [[["spf-void-lookups", "-1"]], /--spf-void-lookups/],
    ];
    for (const [given, message] of cases) {
      await assert.rejects(
        filterOf(authenticate, given),
        (error) => error instanceof OptionError && message.test(error.message),
        JSON.stringify(given),
      );
    }
  });

  it("decide what a filter declares", async () => {
    const declared = async (...given: Given) => {
      const { changes, verdicts, onError, authenticates } = await filterOf(authenticate, given);
      return { changes, verdicts, onError, authenticates };
    };
    const all = ["iprev", "spf", "dkim", "dmarc"];
    const fields = ["insertHeader", "deleteHeader"];
    assert.deepEqual(await declared(["on-error", "accept"]), {
      changes: fields,
      verdicts: [],
      onError: "accept",
      authenticates: all,
    });
    assert.deepEqual(await declared(), {
      changes: fields,
      verdicts: ["eom"],
      onError: "tempfail",
      authenticates: all,
    });
    assert.deepEqual(await declared(["on-error", "accept"], ["on-dmarc-error", "tempfail"]), {
      changes: fields,
      verdicts: ["eom"],
      onError: "accept",
      authenticates: all,
    });
    // What is too late for the recipients is refused at the end.
    assert.deepEqual((await declared(["on-error", "accept"], ["on-spf-fail", "reject"])).verdicts, [
      "rcpt",
      "eom",
    ]);
    assert.deepEqual((await declared(["on-dmarc-fail", "policy"])).changes, [...fields, "quarantine"]);
    assert.equal((await filterOf(spfCheck, [], "", { authservId: ID })).authenticates?.join(), "spf");
  });
});
