// Filters that are not for a connection or a message, and scopes that throw.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Scope } from "../../lib/filter/scope.ts";
import { reject } from "../../lib/filter/verdict.ts";
import type { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, MESSAGE, probe, served, until } from "../server/support.ts";
import { heard, TO, WHOLE } from "./scope_support.ts";

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
