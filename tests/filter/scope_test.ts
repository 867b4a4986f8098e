// Filters that are not for everything.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { ResultList } from "../../lib/filter/results.ts";
import { bothScopes, matchesAddress, type Scope, scopeOf } from "../../lib/filter/scope.ts";
import { accept, discard, reject, tempfail } from "../../lib/filter/verdict.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { parseNetwork } from "../../lib/options/network.ts";
import { HeaderField } from "../../lib/message/header.ts";
import type { MtaClient } from "../../lib/mta/client.ts";
import {
  type AnyFilter,
  CLIENT,
  gate,
  grouped,
  MESSAGE,
  probe,
  served,
  turns,
  until,
} from "../server/support.ts";

const to = (address: string) => EnvelopeAddress.of(`<${address}>`);
const TO = ["a@example.net"];
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

/** Runs a message through filters of which those with a scope write down what they hear. */
async function heard(
  scope: Scope,
  use: (mta: MtaClient, log: string[]) => Promise<unknown>,
  reactions: Parameters<typeof probe>[2] = {},
  others: readonly AnyFilter[] = [probe("2", [])],
): Promise<string> {
  const log: string[] = [];
  await served([probe("1", log, reactions, { scope }), ...others], async ({ open }) => {
    const mta = await open({ bare: true });
    await use(mta, log);
    mta.quit();
  });
  return grouped(log);
}

const WHOLE = "mail:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1";

describe("a filter that is not for a connection", () => {
  const hello = async (mta: MtaClient) => {
    await mta.connect(CLIENT);
    await mta.helo("h");
    return await mta.message(MESSAGE, { to: TO });
  };

  it("hears nothing of it, not even its end", async () => {
    assert.equal(await heard({ connection: () => false }, hello), "");
    assert.equal(await heard({ connection: () => true }, hello), `connect:1 helo:1 ${WHOLE} close:1`);
  });

  it("is asked with the client and the address that was connected to", async () => {
    let asked: unknown;
    await heard({
      connection({ client, listener }) {
        asked = [client?.address, listener?.replace(/[^/]*\/milter.sock/, "X")];
        return true;
      },
    }, hello);
    assert.match(String(asked), /^192\.0\.2\.1,unix:.*X$/);
  });

  it("is not closed where another one kept it from being asked at all, unless its scope is not known", async () => {
    const unknown = () => {
      throw new Error("boom");
    };
    for (const [isFor, closed] of [[() => false, 0], [() => true, 1], [unknown, 1]] as const) {
      const log: string[] = [];
      const filters = [
        { name: "first", connect: () => reject() },
        probe("1", log, {}, { scope: { connection: isFor } }),
      ];
      await served(filters, async ({ open, server, of }) => {
        const mta = await open({ bare: true });
        await mta.connect(CLIENT);
        mta.quit();
        await until(() => server.connections === 0);
        assert.deepEqual(log, Array.from({ length: closed }, () => "close:1"));
        assert.deepEqual(of("filter-error"), []);
      });
    }
  });

  it("is asked once for a connection", async () => {
    let asked = 0;
    await heard({ connection: () => ++asked > 0 }, async (mta) => {
      await hello(mta);
      await mta.message(MESSAGE, { to: TO });
    });
    assert.equal(asked, 1);
  });

  it("leaves the whole connection to the MTA where there is no other filter", async () => {
    await served([probe("1", [], {}, { scope: { connection: () => false } })], async ({ open }) => {
      const mta = await open({ bare: true });
      assert.equal((await mta.connect(CLIENT)).verdict, "accept");
    });
  });
});

describe("a filter that is not for a message", () => {
  const scope: Scope = { message: ({ sender }) => sender!.address === "me@example.org" };

  it("hears nothing of it, and of the next one that it is for", async () => {
    const log = await heard(scope, async (mta) => {
      await mta.message(MESSAGE, { to: TO, from: "you@example.org" });
      await mta.message(MESSAGE, { to: TO, from: "me@example.org" });
      await mta.message(MESSAGE, { to: TO, from: "you@example.org" });
    });
    assert.equal(log, `${WHOLE} close:1`);
  });

  it("knows the login, whatever macros the filter asks for", async () => {
    const logins: unknown[] = [];
    const log: string[] = [];
    const filter = probe("1", log, {}, {
      macros: { mail: ["i"] },
      scope: { message: ({ macro }) => Boolean(logins.push(macro("{auth_authen}"))) },
    });
    await served([filter], async ({ open }) => {
      const mta = await open();
      const asked = mta.terms.lists.map(({ names }) => new TextDecoder().decode(names)).join(" ");
      assert.match(asked, /\{auth_authen\}/);
      await mta.message(MESSAGE, { to: TO, macros: { mail: { auth_authen: "joe" } } });
    });
    assert.deepEqual(logins, ["joe"]);
  });
});

describe("a filter that is not for all recipients", () => {
  const mine: Scope = { recipient: ({ address }) => address.startsWith("me") };
  const send = (mta: MtaClient, ...to: string[]) =>
    mta.message(MESSAGE, { to: to.map((name) => `${name}@example.net`) });

  it("hears nothing of a message for others", async () => {
    assert.equal(await heard(mine, (mta) => send(mta, "you", "her")), "close:1");
  });

  it("hears of the sender with the first of its own, and of those alone", async () => {
    const addresses: string[] = [];
    const log = await heard(mine, (mta) => send(mta, "you", "me1", "her", "me2"), {
      mail: ((sender: EnvelopeAddress) => void addresses.push(sender.address)) as never,
      rcpt: ((recipient: EnvelopeAddress) => void addresses.push(recipient.address)) as never,
    });
    assert.equal(log, "mail:1 rcpt:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1 close:1");
    assert.deepEqual(addresses.slice(1), ["me1@example.net", "me2@example.net"]);
  });

  for (const verdict of [reject, tempfail]) {
    for (const later of [false, true]) {
      it(`has its ${verdict().kind} of the sender refuse its own recipients${later ? ", later" : ""}`, async () => {
        const results: unknown[] = [];
        const log = await heard(mine, async (mta) => {
          const { answer, refused } = await send(mta, "me1", "you", "me2");
          results.push(answer.verdict, refused.map(({ recipient }) => recipient));
        }, { mail: () => later ? turns(1).then(() => verdict()) : verdict() });
        assert.equal(log, "mail:1 close:1");
        assert.deepEqual(results, ["continue", ["me1@example.net", "me2@example.net"]]);
      });
    }
  }

  it("is not asked about the content of a message whose recipients it refused", async () => {
    let calls = 0;
    const log = await heard(mine, (mta) => send(mta, "me1", "me2", "you"), {
      rcpt: () => ++calls === 1 ? reject() : undefined,
    });
    // The second one was not refused.
    assert.equal(log, "mail:1 rcpt:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1 close:1");
  });

  it("leaves the message to the MTA once it is known that it is for nobody, where there is no other filter", async () => {
    await served([probe("1", [], {}, { scope: mine })], async ({ open }) => {
      const mta = await open();
      await mta.mail("s@example.org");
      assert.equal((await mta.rcpt("you@example.net")).verdict, "continue");
      assert.equal((await mta.data()).verdict, "accept");
      // Before version 4 there is no DATA.
      const old = await open({ offer: { version: 3 } });
      await old.mail("s@example.org");
      await old.rcpt("you@example.net");
      assert.equal((await old.header(HeaderField.of("A", "1"))).verdict, "accept");
    });
  });

  it("asks about the sender of the next message anew", async () => {
    let calls = 0;
    const log = await heard(mine, async (mta) => {
      await send(mta, "me1", "me2");
      await send(mta, "me1");
    }, { mail: () => ++calls === 1 ? reject() : undefined });
    assert.equal(log, "mail:1 mail:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1 close:1");
  });

  it("hears of the connection again when a message that it was not told of is aborted", async () => {
    const log = await heard(mine, async (mta) => {
      await mta.mail("s@example.org");
      await mta.rcpt("you@example.net");
      mta.abort();
      await mta.helo("again");
    });
    assert.equal(log, "helo:1 close:1");
  });

  it("does not hear of a message with a recipient that the MTA rejected", async () => {
    const log: string[] = [];
    const filter = probe("1", log, {}, { scope: mine, rejectedRecipients: true });
    await served([filter], async ({ open }) => {
      const mta = await open();
      log.length = 0;
      await mta.mail("s@example.org");
      mta.macros("rcpt", { rcpt_mailer: "error" });
      await mta.rcpt("me1@example.net");
      assert.equal(grouped(log), "");
      mta.macros("rcpt", { rcpt_mailer: "local" });
      await mta.rcpt("me2@example.net");
      mta.macros("rcpt", { rcpt_mailer: "error" });
      await mta.rcpt("me3@example.net");
      assert.equal(grouped(log), "mail:1 rcpt:1 rcpt:1");
    });
  });

  it("has its discard of the sender discard the message", async () => {
    const outcomes: unknown[] = [];
    await served([probe("1", [], { mail: () => discard() }, { scope: mine })], async ({ open, reports }) => {
      await send(await open(), "you", "me");
      outcomes.push(...reports().map(({ outcome, event }) => `${outcome} ${event}`));
    });
    assert.deepEqual(outcomes, ["discard rcpt"]);
  });

  it("has its accept of the sender accept for itself", async () => {
    const log = await heard(mine, (mta) => send(mta, "me1", "me2"), { mail: () => accept() });
    assert.equal(log, "mail:1 close:1");
  });

  it("may refuse the sender where it declares no verdict on recipients", async () => {
    await served(
      [
        { name: "1", scope: mine, verdicts: ["mail"], mail: () => reject(550, "5.7.1", "no") },
        probe("2", []),
      ],
      async ({ open, of }) => {
        const { refused } = await send(await open(), "you", "me");
        assert.equal(refused.length, 1);
        assert.deepEqual(of("filter-error"), []);
      },
    );
  });

  it("may not refuse the sender where it does not declare that", async () => {
    await served(
      [{ name: "1", scope: mine, verdicts: ["rcpt"], mail: () => reject(), rcpt() {} }],
      async ({ open, first, firstReport }) => {
        await send(await open(), "me");
        assert.match(String(first("filter-error").error), /does not declare "mail" in its verdicts/);
        assert.equal(firstReport().outcome, "tempfail");
      },
    );
  });

  it("is told of an abort only where it heard of the message", async () => {
    for (const [name, expected] of [["you", "close:1"], ["me", "mail:1 rcpt:1 abort:1 close:1"]]) {
      const log = await heard(mine, async (mta) => {
        await mta.mail("s@example.org");
        await mta.rcpt(`${name}@example.net`);
        mta.abort();
      });
      assert.equal(log, expected);
    }
  });

  it("does not go on with the recipient when its answer about the sender came too late", async () => {
    const late = gate();
    const log: string[] = [];
    const filter = probe("1", log, { mail: () => late.opened }, { scope: mine, timeout: 20 });
    await served([filter], async ({ open, first }) => {
      const mta = await open();
      log.length = 0;
      await send(mta, "me");
      assert.match(String(first("filter-error").error), /No answer within/);
      late.open();
      await turns();
      assert.equal(grouped(log), "mail:1 abort:1");
    });
  });

  it("does not take an answer that came too late for one about the next message", async () => {
    const late = gate();
    const log: string[] = [];
    let calls = 0;
    const mail = () => ++calls === 1 ? late.opened : undefined;
    await served([probe("1", log, { mail }, { scope: mine, timeout: 20 })], async ({ open }) => {
      const mta = await open();
      await send(mta, "me");
      await mta.mail("s@example.org");
      await mta.rcpt("me@example.net");
      log.length = 0;
      late.open();
      await turns();
      assert.deepEqual(log.filter((entry) => !entry.startsWith("abort")), []);
    });
  });

  it("only logs its refusals in a dry run", async () => {
    const filter = dryRun(probe("1", [], { mail: () => reject() }, { scope: mine }));
    await served([filter], async ({ open, firstReport }) => {
      const { answer, refused } = await send(await open(), "me1", "you", "me2");
      assert.deepEqual([answer.verdict, refused], ["accept", []]);
      assert.deepEqual(firstReport().notes.map(({ verdict, dryRun }) => [verdict, dryRun]), [
        ["reject", true],
        ["reject", true],
      ]);
    });
  });

  it("takes no part in a message that it was not for", async () => {
    await served([probe("1", [], {}, { scope: mine }), probe("2", [])], async ({ open, reports }) => {
      const mta = await open();
      await send(mta, "you");
      await send(mta, "me");
      assert.deepEqual(reports().map(({ filters }) => filters.map(({ filter }) => filter)), [["2"], [
        "1",
        "2",
      ]]);
    });
  });

  it("has its changes seen by those behind it only where it takes part", async () => {
    const adds: AnyFilter = {
      name: "adds",
      scope: mine,
      verdicts: [],
      changes: ["addHeader"],
      eom: (message) => message.addHeader("X-Mine", "yes"),
    };
    const seen: string[] = [];
    const looks: AnyFilter = { name: "looks", verdicts: [], header: ({ name }) => void seen.push(name) };
    await served([adds, looks], async ({ open }) => {
      const mta = await open();
      await send(mta, "you");
      await send(mta, "me");
    });
    assert.deepEqual(seen, ["Subject", "X-A", "Subject", "X-A", "X-Mine"]);
  });
});

describe("a scope that throws", () => {
  const broken = () => {
    throw new Error("broken");
  };
  for (const question of ["connection", "message", "recipient"] as const) {
    for (const onError of ["tempfail", "reject", "accept"] as const) {
      it(`fails the filter at ${question}: ${onError}`, async () => {
        const filter = probe("1", [], {}, { scope: { [question]: broken }, onError });
        await served([filter, probe("2", [])], async ({ open, of }) => {
          const mta = await open({ bare: true });
          const { verdict } = await mta.connect(CLIENT);
          const answer = verdict === "continue"
            ? (await mta.message(MESSAGE, { to: TO })).answer.verdict
            : verdict;
          assert.equal(answer, onError === "accept" ? "continue" : onError);
          assert.deepEqual(of("filter-error").map(({ error }) => String(error)), ["Error: broken"]);
        });
      });
    }
  }
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
