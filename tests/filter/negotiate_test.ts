import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ActionFlag as A, ProtocolFlag as P } from "../../lib/protocol/constants.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { accept, reject } from "../../lib/filter/verdict.ts";
import { utf8Text } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import {
  type AnyFilter,
  gate,
  grouped,
  MESSAGE,
  once,
  probe,
  type Served,
  served,
} from "../server/support.ts";
import { at } from "../support/present.ts";

const TO = ["a@example.net"];
const NR = P.NR_CONNECT | P.NR_HELO | P.NR_MAIL | P.NR_RCPT | P.NR_DATA | P.NR_HEADER | P.NR_EOH | P.NR_BODY |
  P.NR_UNKNOWN;

async function terms(filters: AnyFilter[], offer = {}) {
  let result: { version: number; actions: number; protocol: number; lists: string[] } | undefined;
  await served(filters, async ({ open }) => {
    const { version, actions, protocol, lists } = (await open({ offer })).terms;
    result = {
      version,
      actions,
      protocol,
      lists: lists.map(({ stage, names }) => `${stage} ${utf8Text(names)}`),
    };
  });
  return result!;
}

test("two MTAs that offer one server different things are each asked for what they offer", async () => {
  const filter: AnyFilter = { name: "1", changes: ["addRcpt"], verdicts: [], eom: () => {} };
  await served([filter], async ({ open }) => {
    const actionsOf = async (actions: number) => (await open({ offer: { actions } })).terms.actions;
    for (const extra of [A.ADD_RCPT_PAR, 0, A.ADD_RCPT_PAR, 0]) {
      assert.equal(await actionsOf(A.ADD_RCPT | A.ADD_HEADERS | extra), A.ADD_RCPT | extra);
    }
  });
});

test("a chain asks for a reply to DATA on each connection over TCP, and on none over a unix socket", async () => {
  const filter: AnyFilter = { name: "1", verdicts: [], eom: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "milterkit-negotiate-"));
  const listen = [`unix:${join(folder, "milter.sock")}`, "inet:0@127.0.0.1"];
  await served([filter], async ({ server }) => {
    const [unix, tcp] = [at(server.addresses, 0), at(server.addresses, 1)];
    for (const address of [unix, tcp, tcp, unix, tcp, unix]) {
      const client = await MtaClient.open(address);
      assert.equal(
        client.terms.protocol & (P.NR_DATA | P.NO_DATA),
        address === tcp ? 0 : P.NR_DATA | P.NO_DATA,
      );
      client.destroy();
    }
  }, { listen });
  rmSync(folder, { recursive: true });
});

test("a chain asks for what any of its filters needs, and for nothing else", async () => {
  const nothing = await terms([{ name: "idle" }]);
  assert.equal(nothing.actions, 0);
  assert.equal(
    nothing.protocol,
    NR | P.NO_HEADERS | P.NO_EOH | P.NO_BODY | P.NO_DATA | P.NO_UNKNOWN | P.HEADER_LEADING_SPACE,
  );
  const both = await terms([
    { name: "1", changes: ["addHeader"], verdicts: ["eom"], eom: () => {} },
    { name: "2", changes: ["replaceBody", "addRcpt"], verdicts: ["body"], body: () => {}, eom: () => {} },
  ]);
  assert.equal(both.actions, A.ADD_HEADERS | A.CHANGE_BODY | A.ADD_RCPT | A.ADD_RCPT_PAR);
  assert.equal(
    both.protocol,
    (NR & ~P.NR_BODY) | P.NO_EOH | P.NO_DATA | P.NO_UNKNOWN | P.SKIP | P.HEADER_LEADING_SPACE,
  );
});

for (
  const [change, flag] of Object.entries({
    addHeader: A.ADD_HEADERS,
    insertHeader: A.ADD_HEADERS,
    changeHeader: A.CHANGE_HEADERS,
    deleteHeader: A.CHANGE_HEADERS,
    changeFrom: A.CHANGE_FROM,
    deleteRcpt: A.DELETE_RCPT,
    replaceBody: A.CHANGE_BODY,
    quarantine: A.QUARANTINE,
  })
) {
  test(`${change} needs the MTA's leave for it`, async () => {
    assert.equal((await terms([{ name: "1", changes: [change as Change], eom: () => {} }])).actions, flag);
  });
}

for (
  const [event, flags] of Object.entries({
    connect: P.NR_CONNECT,
    helo: P.NR_HELO,
    mail: P.NR_MAIL,
    rcpt: P.NR_RCPT,
    data: P.NR_DATA,
    header: P.NR_HEADER,
    eoh: P.NR_EOH,
    body: P.NR_BODY,
    unknown: P.NR_UNKNOWN,
  })
) {
  test(`${event} is answered only where a filter may give a verdict there`, async () => {
    const with_ = await terms([{ name: "1", [event]: () => {} }, {
      name: "2",
      verdicts: [],
      [event]: () => {},
    }]);
    assert.equal(with_.protocol & NR, NR & ~flags);
    const without = await terms([{ name: "1", verdicts: [], [event]: () => {} }]);
    assert.equal(without.protocol & NR, NR);
  });
}

test("an MTA of version 2 is served with what it has", async () => {
  const log: string[] = [];
  await served([probe("1", log, { eom: once(() => reject(550, "5.7.1", "no")) })], async ({ open }) => {
    const mta = await open({ offer: { version: 2 } });
    assert.deepEqual([mta.terms.version, mta.terms.protocol, mta.terms.actions], [2, 0, 0]);
    const { event, answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([event, answer.reply?.lines], ["eom", ["no"]]);
    assert.equal(grouped(log), "connect:1 helo:1 mail:1 rcpt:1 header:1 header:1 eoh:1 body:1 eom:1");
  });
});

test("macros of all filters are asked for together, each once, with the MTAs' choice where one does not ask", async () => {
  const { lists, actions } = await terms([
    { name: "1", macros: { connect: ["{client_ptr}", "j"] } },
    { name: "2", macros: { connect: ["client_ptr", "{tls_version}"], rcpt: ["x"] } },
  ]);
  assert.equal(actions, A.SET_SYMBOL_LIST);
  assert.deepEqual(lists.sort(), [
    "0 v {client_ptr} j {tls_version}",
    "3 i {rcpt_mailer} {rcpt_host} {rcpt_addr} x",
  ]);
});

test("macros for the end of a message are asked for at the end of its header too", async () => {
  for (const stage of ["eom", "eoh"]) {
    const { lists } = await terms([{ name: "1", macros: { [stage]: ["x"] } }]);
    assert.deepEqual(lists.map((list) => list[0]).sort(), ["5", "6"]);
    const namesOf = (number: number) =>
      lists.find((list) => list.startsWith(`${number} `))!.slice(2).split(" ").sort();
    assert.deepEqual(
      [namesOf(5), namesOf(6)],
      stage === "eom" ? [["i", "x"], ["i"]] : [["i", "{msg_id}"], ["i", "x"]],
    );
  }
});

test("macros are not asked for where no filter wants more than comes anyway", async () => {
  assert.deepEqual((await terms([probe("1", [])])).lists, []);
});

test("a filter's macros are reached by name, with and without braces", async () => {
  const seen: (string | undefined)[] = [];
  await served([{
    name: "1",
    mail: (_, { macro }) =>
      void seen.push(macro("i"), macro("{i}"), macro("auth_authen"), macro("{auth_authen}"), macro("x")),
  }], async ({ open }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO, macros: { mail: { i: "Q1", auth_authen: "me" } } });
    assert.deepEqual(seen, ["Q1", "Q1", "me", "me", undefined]);
  });
});

async function failed(
  filters: AnyFilter[],
  offer: object,
  check: (served: Served, verdict: string, log: string[]) => void,
) {
  const log: string[] = [];
  await served([...filters, probe("other", log)], async (all) => {
    const mta = await all.open({ offer });
    const { answer } = await mta.message(MESSAGE, { to: TO });
    check(all, answer.verdict, log);
  });
}

const CHANGING: AnyFilter = {
  name: "changing",
  changes: ["replaceBody"],
  eom: (message) => message.replaceBody("new"),
};

for (
  const [onError, verdict] of [["tempfail", "tempfail"], ["reject", "reject"], [
    "accept",
    "continue",
  ]] as const
) {
  test(`a filter whose changes the MTA does not allow gives ${onError} where that is its onError`, async () => {
    const filter = { ...CHANGING, onError };
    await failed([filter], { actions: 0x1ff & ~A.CHANGE_BODY }, ({ first }, given, log) => {
      assert.equal(given, verdict);
      assert.equal(log.includes("eom:other"), onError === "accept");
      const { filter, event, error } = first("filter-error");
      assert.deepEqual([filter, event], ["changing", "negotiate"]);
      assert.match(String(error), /change body/);
    });
  });
}

test("a dry run needs no leave for the changes that it only logs", async () => {
  await failed([{ ...CHANGING, dryRun: true }], { actions: 0 }, ({ of }, verdict) => {
    assert.equal(verdict, "continue");
    assert.deepEqual(of("filter-error"), []);
  });
});

test("a filter may set its terms by what the MTA offers, for this connection", async () => {
  const offers: number[] = [];
  const filter: AnyFilter = {
    ...CHANGING,
    eom: () => {},
    negotiate: (offer) => {
      offers.push(offer.actions);
      return offer.actions & A.CHANGE_BODY ? undefined : { changes: [], verdicts: [] };
    },
  };
  await served([filter], async ({ open }) => {
    const full = await open();
    const less = await open({ offer: { actions: 1 } });
    assert.deepEqual([full.terms.actions, less.terms.actions], [A.CHANGE_BODY, 0]);
    assert.deepEqual([less.terms.protocol & NR], [NR]);
    assert.deepEqual(offers, [0x1ff, 1]);
    assert.equal((await less.message(MESSAGE, { to: TO })).answer.verdict, "continue");
  });
});

test("terms may be promised", async () => {
  const asked = gate();
  await served([{
    name: "1",
    header: () => {},
    negotiate: async () => {
      await asked.opened;
      return { verdicts: [] };
    },
  }], async ({ open }) => {
    const opening = open();
    asked.open();
    assert.equal((await opening).terms.protocol & P.NR_HEADER, P.NR_HEADER);
  });
});

test("a filter that rejects at negotiation is left out of the socket, others are not", async () => {
  const log: string[] = [];
  const made: string[] = [];
  await served([
    probe("1", log, {}, { negotiate: () => reject(), connectionState: () => made.push("1") }),
    probe("2", log, {}, { negotiate: () => {} }),
  ], async ({ open, of, server }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO });
    mta.next();
    await mta.connect({ hostname: "h", family: "unknown" });
    await mta.message(MESSAGE, { to: TO });
    mta.quit();
    await server.stop();
    // It is closed all the same: what negotiate may have kept for the connection is let go there.
    assert.deepEqual(log.filter((entry) => entry.endsWith(":1")), ["close:1"]);
    assert.deepEqual(made, ["1"]);
    assert.equal(log.filter((entry) => entry === "eom:2").length, 2);
    assert.deepEqual(of("filter-error"), []);
  });
});

for (
  const [how, negotiate] of [
    ["throws", () => {
      throw new Error("boom");
    }],
    ["rejects its promise", () => Promise.reject(new Error("boom"))],
    ["takes too long", () => new Promise(() => {})],
    ["answers a text", () => "yes"],
    ["answers true", () => true],
    ["answers changes that there are none of", () => ({ changes: ["addHeadr"] })],
    ["answers verdicts that are no list", () => ({ verdicts: "eom" })],
    ["answers too many macros", () => ({ macros: { mail: Array.from({ length: 60 }, (_, i) => `m${i}`) } })],
    ["answers macros of no stage", () => ({ macros: { envelope: ["x"] } })],
  ] as [string, () => unknown][]
) {
  for (const onError of ["accept", "reject"] as const) {
    test(`a filter that ${how} at negotiation is left out with ${onError}, and the connection lives`, async () => {
      const filter: AnyFilter = {
        name: "1",
        timeout: 20,
        eom: () => {},
        onError,
        negotiate: negotiate as never,
      };
      await failed([filter], {}, ({ of }, verdict, log) => {
        assert.equal(verdict, onError === "accept" ? "continue" : "reject");
        assert.equal(log.includes("eom:other"), onError === "accept");
        assert.deepEqual(of("filter-error").map(({ filter, event, onError }) => [filter, event, onError]), [[
          "1",
          "negotiate",
          onError,
        ]]);
      });
    });
  }
}

test("recipients that the MTA rejected are shown to those that ask, and no verdict on them counts", async () => {
  const log: string[] = [];
  const recipients: string[][] = [];
  await served([
    probe("1", log, { rcpt: () => reject() }, { rejectedRecipients: true }),
    probe("2", log),
    probe("3", log, {
      eom: ((_: unknown, context: { recipients: { address: string }[] }) => {
        recipients.push(context.recipients.map(({ address }) => address));
      }) as never,
    }, { rejectedRecipients: true }),
  ], async ({ open, of }) => {
    const mta = await open();
    assert.equal(mta.terms.protocol & P.RCPT_REJ, P.RCPT_REJ);
    await mta.mail("a");
    log.length = 0;
    mta.macros("rcpt", { rcpt_mailer: "error", rcpt_host: "5.1.1", rcpt_addr: "User unknown" });
    assert.equal((await mta.rcpt("unknown@b")).verdict, "continue");
    assert.equal(grouped(log), "rcpt:13");
    mta.macros("rcpt", { rcpt_mailer: "local" });
    assert.equal((await mta.rcpt("known@b")).verdict, "reject");
    assert.equal((await mta.eom()).verdict, "continue");
    assert.deepEqual(recipients, [[]]);
    assert.deepEqual(of("filter-error"), []);
  });
});

test("accept on a recipient that the MTA rejected ends the message for its filter", async () => {
  const log: string[] = [];
  await served(
    [probe("1", log, { rcpt: accept }, { rejectedRecipients: true }), probe("2", log)],
    async ({ open }) => {
      const mta = await open();
      await mta.mail("a");
      mta.macros("rcpt", { rcpt_mailer: "error" });
      await mta.rcpt("unknown@b");
      log.length = 0;
      await mta.data();
      assert.equal(grouped(log), "data:2");
    },
  );
});

test("a refusal at negotiation is given at connect, whatever the filters renounced, to each SMTP client", async () => {
  const fail = () => Promise.reject(new Error("boom"));
  await served([{ name: "1", verdicts: [], onError: "reject", negotiate: fail }], async ({ open }) => {
    const mta = await open({ bare: true });
    for (let i = 0; i < 2; i++) {
      assert.equal((await mta.connect({ hostname: "h", family: "unknown" })).verdict, "reject");
      assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "reject");
      mta.next();
    }
  });
});
