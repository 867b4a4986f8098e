// Each filter negotiates on its own terms, and is shown what it would be shown alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolFlag as P } from "../../lib/protocol/constants.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import { type AnyFilter, grouped, MESSAGE, probe, served } from "../server/support.ts";

const TO = ["a@example.net"];

test("a filter is called for the events of its terms, and what nobody wants is not sent", async () => {
  const log: string[] = [];
  const two = probe("2", log, {}, { negotiate: () => ({ events: ["mail", "eom"] }) });
  await served([probe("1", log, {}, { events: ["rcpt", "body", "eom"] }), two], async ({ open }) => {
    const mta = await open();
    const left = P.NO_EOH | P.NO_DATA | P.NO_UNKNOWN;
    assert.equal(mta.terms.protocol & left, left);
    await mta.message(MESSAGE, { to: TO });
    assert.equal(grouped(log), "mail:2 rcpt:1 body:1 eom:12");
  });
});

test("a header that no filter reads is not sent, and never shown", async () => {
  const failures: unknown[] = [];
  const adding: AnyFilter = {
    name: "adding",
    readsHeader: false,
    changes: ["addHeader", "insertHeader"],
    eom(message) {
      message.addHeader("X-Added", "1");
      message.insertHeader(0, "X-Top", "2");
      message.insertHeader(1, "X-Second", "3");
      try {
        message.headers.get("Subject");
      } catch (error) {
        failures.push(error);
      }
    },
  };
  const reading: AnyFilter = { name: "reading", eom: (message) => void message.headers.get("Subject") };
  const meant: AnyFilter = { ...adding, scope: { end: () => true } };
  const cases: [
    filters: AnyFilter[],
    isSent: boolean,
    limits?: { headerFields?: number; headerBytes?: number },
  ][] = [
    [[adding], false],
    [[adding, reading], true],
    [[reading, adding], true],
    [[meant], true],
    [[adding], true, { headerFields: 9999 }],
    [[adding], true, { headerBytes: 2 * 1024 * 1024 - 1 }],
    [[adding], false, { headerFields: 10_001 }],
  ];
  for (const [filters, isSent, limits] of cases) {
    failures.length = 0;
    await served(filters, async ({ open }) => {
      const mta = await open();
      assert.equal((mta.terms.protocol & P.NO_HEADERS) === 0, isSent);
      const { answer } = await mta.message(MESSAGE, { to: TO });
      const added = answer.modifications.map((change) =>
        "name" in change
          ? `${change.type} ${"index" in change ? change.index : ""} ${latin1Text(change.name)}`
          : ""
      );
      assert.deepEqual(added, ["addHeader  X-Added", "insertHeader 0 X-Top", "insertHeader 1 X-Second"]);
      assert.match(
        String(failures[0]),
        /HeaderNotReadError: Cannot read the header: the filter declares readsHeader/,
      );
    }, limits ? { limits } : {});
  }
});

test("negotiate is given the state of the connection, and what it puts there stays", async () => {
  const seen: unknown[] = [];
  const filter: AnyFilter = {
    name: "keeps",
    connectionState: () => ({ offered: 0 }),
    negotiate: ({ version }, { connectionState }) => void (connectionState.offered = version),
    mail: (_sender, { connectionState }) => void seen.push(connectionState.offered),
  };
  await served([filter], async ({ open }) => {
    await (await open()).message(MESSAGE, { to: TO });
    assert.deepEqual(seen, [6]);
  });
});

test("a filter that asks for it sets values with the space that they have, others get one", async () => {
  const adding = (name: string, leadingSpace: boolean): AnyFilter => ({
    name,
    leadingSpace,
    changes: ["addHeader", "changeHeader"],
    eom(message) {
      message.addHeader(`X-${name}`, "v");
      message.changeHeader(message.headers.get("Subject")!, ` by ${name}`);
    },
  });
  for (const [first, second, subject] of [[true, false, "  by b"], [false, true, " by b"]] as const) {
    await served([adding("a", first), adding("b", second)], async ({ open }) => {
      const { answer } = await (await open()).message(MESSAGE, { to: TO });
      const values = answer.modifications.map((change) => "value" in change ? latin1Text(change.value) : "");
      assert.deepEqual(values, [subject, first ? "v" : " v", second ? "v" : " v"]);
    });
  }
});

for (
  const [version, mta] of [["Postfix 3.7.11", "postfix"], ["8.17.1.9", "sendmail"], [undefined, "sendmail"]]
) {
  test(`where one filter asks for macros, each sees its own: v is ${version}`, async () => {
    const seen: Record<string, string[]> = {};
    const looking = (name: string, macros: AnyFilter["macros"]): AnyFilter => ({
      name,
      ...(macros ? { macros } : {}),
      connect(_client, { macro }) {
        seen[name] = ["j", "{daemon_addr}", "if_name", "client_ptr", "v"].filter((word) =>
          macro(word) !== undefined
        );
      },
    });
    const filters = [
      looking("asks", { connect: ["{client_ptr}"] }),
      looking("does not", undefined),
      looking("asks for nothing", { connect: [] }),
    ];
    await served(filters, async ({ open }) => {
      const client = await open({ bare: true });
      const sent = { j: "mx", daemon_addr: "::1", if_name: "lo", client_ptr: "c.example" };
      client.macros("connect", version === undefined ? sent : { ...sent, v: version });
      await client.connect({ hostname: "h", family: "unknown" });
      const usual = mta === "postfix" ? ["j", "{daemon_addr}", "v"] : ["j", "if_name"];
      assert.deepEqual(seen, {
        asks: ["client_ptr"],
        "does not": usual,
        // An empty list is the default to Postfix.
        "asks for nothing": mta === "postfix" ? usual : [],
      });
    });
  });

  test(`added fields land where the MTA puts them: v is ${version}`, async () => {
    const first: AnyFilter = {
      name: "first",
      changes: ["addHeader"],
      eom: (message) => message.addHeader("Subject", "second"),
    };
    const order: string[] = [];
    const second: AnyFilter = {
      name: "second",
      header: ({ name, value }) => void order.push(`${name}: ${value}`),
      eom: () => {},
    };
    for (const forced of ["auto", "postfix", "sendmail"] as const) {
      order.length = 0;
      await served([first, second], async ({ open }) => {
        const client = await open({ bare: true });
        client.macros("connect", version === undefined ? {} : { v: version });
        await client.connect({ hostname: "h", family: "unknown" });
        await client.message(MESSAGE, { to: TO });
        const kind = forced === "auto" ? mta : forced;
        assert.deepEqual(
          order,
          kind === "postfix"
            ? ["Subject: hi", "X-A: 1", "Subject: second"]
            : ["Subject: second", "Subject: hi", "X-A: 1"],
        );
      }, { mta: forced });
    }
  });
}

test("fields are read with and without their leading space, whatever the terms", async () => {
  const seen: string[] = [];
  const filter: AnyFilter = {
    name: "reads",
    header: ({ value, rawValueBytes }) => void seen.push(`${value}|${latin1Text(rawValueBytes)}`),
  };
  await served([filter], async ({ open }) => {
    const header = [
      HeaderField.of("A", "v", true),
      HeaderField.of("B", " v", true),
      HeaderField.of("C", "  v", true),
    ];
    await (await open()).message({ header, body: toBytes("") }, { to: TO });
    assert.deepEqual(seen, ["v|v", "v| v", " v|  v"]);
  });
});
