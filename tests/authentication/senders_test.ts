// Whatever a stranger says: a result, one field, nothing thrown, and nobody taken for whom he is not.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { authenticate } from "../../filters/authenticate/authenticate.ts";
import { dkimCheck } from "../../filters/dkim_check/dkim_check.ts";
import { dmarcCheck } from "../../filters/dmarc_check/dmarc_check.ts";
import { spfCheck } from "../../filters/spf_check/spf_check.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { ed25519Key, SAMPLE, signMessage } from "../auth/dkim/support.ts";
import type { Given } from "../support/made_filter.ts";
import { FIELD, filterOf, ID, type Outcome, send, type TestMail } from "./support.ts";

const key = ed25519Key();
const RECORDS = `
example.org           "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ip6:fe80::/10 -all"
mail.example.org      "v=spf1 ip4:192.0.2.1 -all"
evil.example          "v=spf1 +all"
_dmarc.example.org    "v=DMARC1; p=reject"
_dmarc.mail.example.org "v=DMARC1; p=reject"
sel._domainkey.example.org ${key.record}
1.2.0.192.in-addr.arpa PTR client.example.org
client.example.org A 192.0.2.1
`;
const STRICT: Given = [["on-dmarc-fail", "policy"], ["on-spf-fail", "reject"], ["on-spf-error", "reject"]];

async function run(
  mail: TestMail,
  given: Given = [],
  records: string | Resolver = RECORDS,
): Promise<Outcome> {
  const outcome = await send(await filterOf(authenticate, given, records), mail);
  assert.deepEqual(outcome.failures, []);
  if (outcome.verdict === "continue") assert.equal(outcome.results.length, 1);
  return outcome;
}

const fieldOf = async (mail: TestMail, given: Given = []) => (await run(mail, given)).results[0] ?? "";

describe("the sender", () => {
  it("who is honest passes everything, in one field and one remark", async () => {
    const message = signMessage(SAMPLE, { key });
    const header = message.headers.map(([name, value]) => [name, value.replace(/^ /, "")] as const);
    const { results, report } = await run({ header, body: message.body }, STRICT);
    assert.match(
      results[0] ?? "",
      /^mx\.example\.test; spf=pass smtp\.mailfrom=example\.org; iprev=pass \(client\.example\.org\) policy\.iprev=192\.0\.2\.1; dkim=pass .*; dmarc=pass \(p=reject d=none\) header\.from=example\.org policy\.dmarc=none$/,
    );
    assert.deepEqual(report?.notes.filter(({ remark }) => remark !== undefined).map(({ remark }) => remark), [
      "iprev=pass, spf=pass mailfrom=example.org, dkim=pass d=example.org s=sel, dmarc=pass from=example.org",
    ]);
    assert.deepEqual(report?.results?.map(({ method, result }) => `${method}=${result}`), [
      "spf=pass",
      "iprev=pass",
      "dkim=pass",
      "dmarc=pass",
    ]);
  });

  it("who is null passes by HELO, for SPF and for DMARC", async () => {
    const bounce = {
      from: "",
      helo: "mail.example.org",
      header: [["From", "MAILER-DAEMON@mail.example.org"]] as const,
    };
    assert.match(await fieldOf(bounce, STRICT), /spf=pass smtp\.helo=mail\.example\.org; .*dmarc=pass/);
    const forged = await run({ ...bounce, helo: "evil.example" }, STRICT);
    assert.match(forged.verdict, /^reject \(550 5\.7\.1 /);
  });

  it("who is not null passes nothing by HELO (CVE-2019-20790)", async () => {
    const forged = {
      from: "joe@without.example",
      helo: "mail.example.org",
      header: [["From", "joe@mail.example.org"]] as const,
    };
    assert.match(await fieldOf(forged), /spf=none .*smtp\.mailfrom=without\.example; .*dmarc=fail/);
    const route = await run({ ...forged, from: "@a.example:" }, [["on-dmarc-fail", "policy"]]);
    assert.match(route.verdict, /^reject \(550 5\.7\.1 /, "nor with a source route without an address");
    // Nor by what an earlier filter found for HELO.
    for (const [name, passes] of [["helo", false], ["mailfrom", true]] as const) {
      const earlier: Filter = {
        name: "policyd",
        authenticates: ["spf"],
        mail: (_, { results }) =>
          results.add({
            method: "spf",
            result: "pass",
            properties: [{ ptype: "smtp", property: name, value: "mail.example.org" }],
          }),
      };
      const filter = await filterOf(dmarcCheck, [["on-dmarc-fail", "policy"]], RECORDS);
      const { verdict } = await send([earlier, filter], forged);
      assert.equal(verdict === "continue", passes, name);
      const bounce = { ...forged, from: "" };
      assert.equal((await send([earlier, filter], bounce)).verdict, "continue");
    }
  });

  it("who logged in, or is in a trusted network, is never acted on, and keeps no forged results", async () => {
    const forged: TestMail = {
      from: "joe@example.org",
      client: "198.51.100.9",
      header: [[FIELD, `${ID}; dmarc=pass`], ["From", "joe@example.org"]],
    };
    const all: Given = [...STRICT, ["on-dmarc-error", "tempfail"]];
    assert.match((await run(forged, all)).verdict, /^reject \(550 5\.7\.23/);
    const login = await run({ ...forged, macros: { auth_authen: "joe" } }, all);
    assert.deepEqual(login.results, [`${ID} (not checked: authenticated sender); none`]);
    const trusted = await run(forged, [...all, ["trust", "198.51.100.0/24"]]);
    assert.deepEqual(trusted.results, [`${ID} (not checked: trusted network); none`]);
    const down = Object.assign(parseRecordsFile(""), {
      resolveTxt: () => assert.fail("nothing is looked up"),
    });
    await run({ ...forged, macros: { auth_authen: "joe" } }, all, down);
    const checked = await run({ ...forged, macros: { auth_authen: "joe" } }, [...all, [
      "check-authenticated",
      "",
    ]]);
    assert.match(checked.verdict, /^reject/);
    const three = await Promise.all(
      [spfCheck, dkimCheck, dmarcCheck].map((filter) => filterOf(filter, [], RECORDS)),
    );
    const chain = await send(three, { ...forged, macros: { auth_authen: "joe" } });
    assert.deepEqual(chain.results, [`${ID} (not checked: authenticated sender); none`]);
  });

  it("whose domain is exempt is not checked any further, once From is known", async () => {
    const given: Given = [...STRICT.slice(0, 1), ["exempt-domain", "example.org"]];
    const mail = { client: "198.51.100.9" };
    const { results, verdict } = await run(mail, given);
    assert.equal(verdict, "continue");
    assert.match(
      results[0] ?? "",
      /^mx\.example\.test; spf=fail [^;]*; iprev=\w+ [^;]*$/,
    );
    const dkim = await send(await filterOf(dkimCheck, [["exempt-domain", "example.org"]], RECORDS), mail);
    assert.deepEqual(dkim.results, [`${ID} (not checked: exempt domain); none`]);
  });
});

describe("From", () => {
  const dmarcOf = async (...from: string[]) => {
    const mail: TestMail = { header: [["Subject", "x"], ...from.map((value) => ["From", value] as const)] };
    const { results, verdict } = await run(mail, [["on-dmarc-fail", "policy"], ["on-bad-from", "accept"]]);
    return verdict === "continue" ? /dmarc=[^;]*/.exec(results[0] ?? "")?.[0] ?? "" : verdict;
  };

  it("twice, not at all, or unreadable is a permerror", async () => {
    assert.match(await dmarcOf(), /^dmarc=permerror reason="there is no From"/);
    assert.match(
      await dmarcOf("a@example.org", "a@example.org"),
      /^dmarc=permerror reason="there are 2 From fields"/,
    );
    for (const value of ["", "nobody", "<>", "a@", "\0", "a@b@c", "<<<<", "a@example.net(.example.org"]) {
      assert.match(await dmarcOf(value), /^dmarc=permerror reason="/, JSON.stringify(value));
    }
    const many = Array.from({ length: 40 }, (_, i) => `a@d${i}.example`).join(", ");
    assert.match(await dmarcOf(many), /^dmarc=permerror reason="From names 40 domains/);
    assert.match(await dmarcOf("x".repeat(20_000) + "@example.org"), /^dmarc=permerror/);
  });

  it("with several domains is as strict as the strictest of them", async () => {
    assert.match(await dmarcOf("a@example.org, b@example.net"), /^dmarc=none/);
    assert.match(
      await dmarcOf("a@example.org, b@mail.example.org"),
      /^reject \(550 5\.7\.1 .* for mail\.example\.org|^dmarc=pass/,
    );
  });
});

describe("a client", () => {
  const spfOf = async (mail: TestMail) => /spf=[^;]*/.exec(await fieldOf(mail))?.[0] ?? "";

  it("has an address in any form", async () => {
    const passes = [
      "192.0.2.1",
      "::ffff:192.0.2.1",
      "::FFFF:192.0.2.1",
      "2001:db8::1",
      "2001:DB8:0:0::1",
      "fe80::1%eth0",
      "fe80::1%25en0",
    ];
    for (const client of passes) assert.match(await spfOf({ client }), /^spf=pass/, client);
    for (const client of ["192.0.2.2", "2001:db8::2", "::1"]) {
      assert.match(await spfOf({ client }), /^spf=fail/, client);
    }
    assert.match(
      await fieldOf({ client: "::ffff:192.0.2.1" }),
      /iprev=pass \(client\.example\.org\) policy\.iprev=192\.0\.2\.1/,
    );
  });

  it("has none, as a local process, or none that anybody knows", async () => {
    for (const client of ["", "/run/socket", "unknown", "999.1.1.1", "192.0.2.1 or so", "::g"]) {
      assert.match(await spfOf({ client }), /^spf=none reason="the client has no IP address"/, client);
      const { report } = await run({ client });
      assert.equal(report?.notes.filter(({ remark }) => remark !== undefined).length, 1);
    }
  });

  it("is checked whatever the spelling of MAIL FROM", async () => {
    for (const from of ["joe@example.org (x)", "joe@ example.org", "@r.example:joe@example.org"]) {
      assert.match(await spfOf({ from: `<${from}>`, client: "198.51.100.1" }), /^spf=fail/, from);
    }
  });

  it("says any rubbish in HELO and MAIL FROM", async () => {
    const rubbish = [
      "",
      " ",
      "\0",
      "-",
      "..",
      "a".repeat(5000),
      "[192.0.2.1]",
      "%{d}",
      "b\u00fccher.example",
      "\ud800",
      "a;b=c",
      '"',
      "x@y",
    ];
    for (const helo of rubbish) {
      for (const from of ["", "joe@example.org", ...rubbish]) {
        const { results } = await run({ helo, from: from.replace(/[<>\0]/g, ""), client: "192.0.2.1" }, [[
          "received-spf",
          "",
        ]]);
        assert.match(results[0] ?? "", /^mx\.example\.test; spf=\w+/);
      }
    }
  });

  it("gets Received-SPF if that is wanted", async () => {
    const { header } = await run({}, [["received-spf", ""]]);
    assert.ok(
      header.some((field) => /^Received-SPF: pass .*receiver="mx\.example\.test"/.test(field)),
      header.join("\n"),
    );
  });
});

describe("an error in the program", () => {
  const broken = (methods: readonly (keyof Resolver)[]) =>
    Object.assign(
      parseRecordsFile(RECORDS),
      Object.fromEntries(
        methods.map((method) => [method, () => Promise.resolve({ status: "found", records: null, ttl: 1 })]),
      ),
    );
  const forged: TestMail = { header: [[FIELD, `${ID}; dmarc=pass`], ["From", "joe@example.org"]] };

  for (const definition of [spfCheck, authenticate]) {
    it(`${definition.name}: comes to what --on-error says, and forged results never survive it`, async () => {
      for (const action of ["accept", "quarantine", "discard", "tempfail", "reject"] as const) {
        for (const early of [[], [["on-spf-fail", "reject"]]] as const) {
          const filter = await filterOf(definition, [["on-error", action], ...early], broken(["resolveTxt"]));
          const outcome = await send(filter, forged);
          const { verdict, results, quarantine, failures } = outcome;
          const goesOn = action === "accept" || action === "quarantine";
          assert.equal(verdict, goesOn ? "continue" : action);
          assert.equal(failures.length, action === "tempfail" || action === "reject" ? 1 : 0);
          assert.equal(quarantine !== undefined, action === "quarantine");
          if (!goesOn) continue;
          assert.equal(results.length, 1);
          assert.match(results[0] ?? "", /^mx\.example\.test; .*spf=temperror reason="internal error"/);
          assert.doesNotMatch(results[0] ?? "", /dmarc=(pass|fail)/);
          assert.ok(outcome.report?.notes.some(({ remark }) => remark?.includes("spf=temperror (")));
        }
      }
    });
  }

  it("leaves DMARC open for a later filter", async () => {
    const spf = await filterOf(spfCheck, [["on-error", "accept"]], broken(["resolveTxt"]));
    const dmarc = await filterOf(dmarcCheck, [["on-dmarc-fail", "policy"]], RECORDS);
    const { verdict, results } = await send([spf, await filterOf(dkimCheck, [], RECORDS), dmarc], forged);
    assert.equal(verdict, "continue");
    assert.match(results[0] ?? "", /dmarc=temperror/);
  });

  it("of a filter whose failure lets mail pass is a temperror of its methods", async () => {
    const fails: Filter = {
      name: "signatures",
      authenticates: ["dkim", "*"],
      onError: "accept",
      header: () => {
        throw new Error("broken");
      },
    };
    const dmarc = await filterOf(dmarcCheck, [["on-dmarc-fail", "policy"]], RECORDS);
    const { verdict, results } = await send([fails, dmarc], forged);
    assert.equal(verdict, "continue");
    assert.match(
      results[0] ?? "",
      /^mx\.example\.test; dkim=temperror reason="internal error"; dmarc=temperror /,
    );
  });

  it("of the setup, with nobody who looks before dmarc-check, is no failure of the mail", async () => {
    const { verdict, results } = await send(
      await filterOf(dmarcCheck, [["on-dmarc-fail", "policy"]], RECORDS),
      {},
    );
    assert.equal(verdict, "continue");
    assert.match(results[0] ?? "", /dmarc=temperror/);
  });
});

describe("results of others", () => {
  it("count for DMARC: of milters before it, and of a trusted host", async () => {
    const milter = (value: string): Filter => ({
      name: "milter",
      changes: ["insertHeader"],
      eom: (message) => message.insertHeader(0, FIELD, value),
    });
    const given: Given = [["on-dmarc-fail", "policy"]];
    const mail: TestMail = { from: "list@lists.example", client: "198.51.100.9" };
    for (
      const [value, passes] of [
        [`${ID}; dkim=pass header.d=example.org`, true],
        [`${ID}; spf=pass smtp.mailfrom=joe@example.org`, true],
        [`${ID}; dkim=pass header.d=evil.example`, false],
        [`${ID}; dkim=fail header.d=example.org`, false],
        [`other.example; dkim=pass header.d=example.org`, false],
        [`${ID}; dkim=pass (header.d=example.org)`, false],
      ] as const
    ) {
      const chain = [
        await filterOf(spfCheck, [], RECORDS),
        milter(value),
        await filterOf(dmarcCheck, given, RECORDS),
      ];
      const { verdict } = await send(chain, mail);
      assert.equal(verdict === "continue", passes, value);
    }
    const brought: TestMail = {
      ...mail,
      header: [[FIELD, "border.example; dkim=pass header.d=example.org"], ["From", "joe@example.org"]],
    };
    for (const [network, passes] of [["198.51.100.0/24", true], ["203.0.113.0/24", false]] as const) {
      for (const definition of [authenticate, dmarcCheck]) {
        const before = definition === dmarcCheck ? [await filterOf(spfCheck, [], RECORDS)] : [];
        const filter = await filterOf(
          definition,
          [...given, ["trust-results", `border.example@${network}`]],
          RECORDS,
        );
        const { verdict, results } = await send([...before, filter], brought);
        assert.equal(verdict === "continue", passes, `${definition.name} ${network}`);
        if (passes) assert.match(results[0] ?? "", /dkim=pass header\.d=example\.org; .*dmarc=pass/);
      }
    }
  });
});
