// A verdict that a callback makes and does not return.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { accept, defineFilter, type Filter, proceed, reject, tempfail, type Verdict } from "../../mod.ts";
import { deliver, make, TestSession } from "../../lib/testing.ts";

const printed: unknown[] = [];
const { warn } = console;
beforeEach(() => {
  printed.length = 0;
  console.warn = (...args) => void printed.push(...args);
});
afterEach(() => void (console.warn = warn));

/** Some waiting, so that the callback continues later. */
const later = () => new Promise<void>((resolve) => setTimeout(resolve));

const WARNING = 'filter forgetful: rcpt made reject(550, "5.7.1", "Not here") and did not return it; ' +
  "write return reject(…)";

describe("a verdict that is not returned", () => {
  const callbacks: Record<string, Filter["rcpt"]> = {
    "by a function": () => {
      reject(550, "5.7.1", "Not here");
    },
    "by an async function": async () => {
      await later();
      reject(550, "5.7.1", "Not here");
      await later();
    },
    "by another function": () => {
      const refuse = () => reject(550, "5.7.1", "Not here");
      refuse();
    },
    "by work that nobody waits for": () => {
      void later().then(() => reject(550, "5.7.1", "Not here"));
    },
    "but another one is": () => {
      reject(550, "5.7.1", "Not here");
      return accept();
    },
  };
  for (const [how, rcpt] of Object.entries(callbacks)) {
    it(`is a warning: ${how}`, async () => {
      const filter: Filter = {
        name: "forgetful",
        rcpt: rcpt ?? (() => {}),
        // So that work that nobody waits for has time.
        eom: async () => {
          await later();
          await later();
        },
      };
      const delivered = await deliver(filter);
      delivered.assertAccepted();
      assert.deepEqual(delivered.warnings, [WARNING]);
    });
  }

  it("is printed once, and shown where an assertion fails", async () => {
    const filter = defineFilter({
      name: "silent",
      rcpt() {
        tempfail();
      },
    });
    const delivered = await deliver(filter, { to: ["a@example.org", "b@example.org"] });
    const warning = "filter silent: rcpt made tempfail() and did not return it; write return tempfail()";
    assert.deepEqual(delivered.warnings, [warning]);
    assert.deepEqual((await deliver(filter)).warnings, [warning]);
    assert.deepEqual(printed, [`milterkit: warning: ${warning}`]);
    assert.throws(() => delivered.assertTempfailed(), {
      message: `expected tempfail, got accept at eom\n  ${warning}`,
    });
  });

  it("is told apart from one of the same kind that is returned", async () => {
    const twice = defineFilter({
      name: "twice",
      header() {
        reject();
      },
      eom: () => reject(),
    });
    const delivered = await deliver(twice);
    delivered.assertRejected();
    assert.equal(delivered.warnings.length, 1);
    assert.match(delivered.warnings[0] ?? "", /: header made reject\(\)/);
  });

  it("is found in a filter that was made", async () => {
    const definition = defineFilter({
      name: "made",
      create: () => ({
        mail() {
          reject(550);
        },
      }),
    });
    await using filter = await make(definition);
    assert.match((await deliver(filter)).warnings.join(), /filter made: mail made reject\(550\)/);
    assert.match((await deliver(definition)).warnings.join(), /filter made: mail made reject\(550\)/);
  });
});

describe("no warning", () => {
  const CONSTANT = reject(550, "5.7.1", "Never");
  class Kept {
    readonly name = "kept";
    #verdict: Verdict | undefined;
    header(): void {
      this.#verdict = reject(550, "5.7.1", "Later");
    }
    eom(): Verdict | void {
      return this.#verdict;
    }
  }
  const filters: Record<string, Filter> = {
    "for one that is returned": { name: "a", rcpt: () => reject(550) },
    "for one that is returned later": {
      name: "a",
      async rcpt() {
        const verdict = reject(550);
        await later();
        return verdict;
      },
    },
    "for one that another callback returns": new Kept(),
    "for one that was made before": {
      name: "a",
      rcpt: () => {
        void CONSTANT;
      },
    },
    "for going on": {
      name: "a",
      rcpt: () => {
        proceed();
      },
    },
    "where a callback throws": {
      name: "a",
      rcpt: () => {
        reject(550);
        throw new Error("broken");
      },
    },
    "for a thenable": {
      name: "a",
      // deno-lint-ignore no-explicit-any -- not quite a promise
      rcpt: (): any => {
        const verdict = reject(550);
        return { then: (resolve: (verdict: Verdict) => void) => resolve(verdict) };
      },
    },
  };
  for (const [what, filter] of Object.entries(filters)) {
    it(what, async () => {
      const delivered = await deliver(filter);
      assert.deepEqual(delivered.warnings, []);
      assert.deepEqual(printed, []);
    });
  }

  it("for one that connect keeps for every message", async () => {
    const filter = defineFilter({
      name: "listed",
      connectionState: (): { verdict: Verdict<"reject"> | undefined } => ({ verdict: undefined }),
      connect(_client, { connectionState }) {
        connectionState.verdict = reject(550, "5.7.1", "Listed");
      },
      rcpt: ({ address }, { connectionState }) =>
        address.startsWith("b") ? connectionState.verdict : undefined,
    });
    const session = await TestSession.open(filter);
    assert.deepEqual((await session.deliver({ to: "a@example.org" })).warnings, []);
    const refused = await session.deliver({ to: "b@example.org" });
    refused.assertRejected(550);
    await session.close();
    assert.deepEqual(refused.warnings, []);
    // Here nobody ever returns it.
    assert.equal((await deliver(filter, { to: "a@example.org" })).warnings.length, 1);
  });
});
