// Rules for fields and recipients, and messages whose recipients a filter is not for.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deliver, type Delivered, type TestMail } from "../../lib/testing.ts";
import { reject } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { fate, rulesOf, through, type Words } from "./support.ts";

const JOE = "joe@example.org";
const ANN = "ann@example.org";
const BOSS = "boss@example.org";
const ONLY_JOE = `only-recipient ${JOE}`;

function outcome(delivered: Delivered): [string, string] {
  return [fate(delivered), delivered.recipients.join(" ")];
}

async function goes(words: Words, to: readonly string[], mail: TestMail = {}): Promise<[string, string]> {
  return outcome(await through(words, { ...mail, to }));
}

function forJoe(action: string): Words {
  return ["match field", "rule a", "field /^Subject:/", ONLY_JOE, action];
}

describe("a rule for fields", () => {
  it("drops and redirects for its recipients, whoever else gets the message", async () => {
    assert.equal((await goes(forJoe("discard"), [JOE]))[0], "discard at eom");
    assert.deepEqual(await goes(forJoe("discard"), [JOE, ANN]), ["accept", ANN]);
    assert.deepEqual(await goes(forJoe("discard"), [ANN]), ["accept", ANN]);
    assert.deepEqual(await goes(forJoe(`redirect ${BOSS}`), [JOE]), ["accept", BOSS]);
    assert.deepEqual(await goes(forJoe(`redirect ${BOSS}`), [JOE, ANN]), ["accept", `${ANN} ${BOSS}`]);
  });

  it("spares its recipients the rules behind it, and only them", async () => {
    for (const action of ["accept", "next-field"]) {
      const words = [...forJoe(action), "rule b", "field /Test/", "discard"];
      assert.deepEqual(await goes(words, [JOE, ANN]), ["accept", JOE]);
      const refusing = [...forJoe(action), "rule b", "field /Test/", "reject No"];
      assert.equal((await goes(refusing, [JOE, ANN]))[0], "reject at eom 550 5.7.1 No");
      assert.deepEqual(await goes(refusing, [JOE]), ["accept", JOE]);
    }
  });

  it("changes a field once, for whomever it acts", async () => {
    const words = [...forJoe("discard"), "rule b", "field /Test/", "prepend-field X-A: 1", "add X-B: 1"];
    const delivered = await through(words, { to: [ANN, "bob@example.org"] });
    assert.deepEqual(delivered.fields.map(({ name }) => name), ["X-A", "Subject", "X-B"]);
    const some = [
      "match field",
      "rule a",
      "field /Test/",
      `not-recipient ${JOE}`,
      "remove-field",
      "add X-B: 1",
    ];
    const { fields } = await through([...some, "rule b", "field /x/", "discard"], { to: [ANN, JOE, BOSS] });
    assert.deepEqual(fields.map(({ name }) => name), ["X-B"]);
  });

  it("refuses for the first field, and for that by the first rule", async () => {
    const rule = (
      name: string,
      to: string,
    ) => ["rule " + name, "field /^X-/", `only-recipient ${to}`, `reject ${name}`];
    const words = ["match field", ...rule("joe", JOE), ...rule("ann", ANN)];
    assert.equal(
      (await goes(words, [ANN, JOE], { header: { "X-A": "1" } }))[0],
      "reject at eom 550 5.7.1 joe",
    );
  });

  it("looks at parts for those who are not decided by the message's own fields", async () => {
    const message =
      "Subject: Test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX-A: 1\r\n\r\n--b--\r\n";
    const words = ["match field", "fields header", "fields mime", ...forJoe("accept").slice(1)];
    const all = [...words, "rule b", "field /^X-A/", "discard"];
    assert.deepEqual(outcome(await through(all, { message, to: [JOE, ANN] })), ["accept", JOE]);
    assert.deepEqual(outcome(await through(all, { message, to: [JOE] })), ["accept", JOE]);
  });

  it("does not ask about recipients that the filter is not for", async () => {
    const words = ["match field", ONLY_JOE, "rule a", "field /^Subject:/", `not-recipient ${ANN}`, "discard"];
    assert.deepEqual(await goes(words, [JOE, ANN]), ["accept", ANN]);
    const ann = words.with(4, `only-recipient ${ANN}`);
    assert.deepEqual(await goes(ann.with(5, "reject No"), [JOE, ANN]), ["accept", `${JOE} ${ANN}`]);
  });
});

describe("a filter for some recipients only", () => {
  // Refuses them behind the rules.
  const late = {
    name: "late",
    verdicts: ["rcpt" as const],
    rcpt: (to: EnvelopeAddress) => to.address === JOE ? reject(550, "5.1.1", "No such user") : undefined,
  };

  it("leaves a message alone whose other recipients remain", async () => {
    for (const action of ["reject No", "quarantine No", "add X-A: 1", "discard", "log No"]) {
      for (
        const words of [
          [ONLY_JOE, "rule a", "only-subject /Test/", action],
          [ONLY_JOE, "rule a", `not-recipient ${BOSS}`, "only-subject /Test/", action],
          ["match field", ONLY_JOE, "rule a", "field /Test/", action],
        ]
      ) {
        const delivered = await deliver([await rulesOf(words), late], { to: [JOE, ANN] });
        assert.deepEqual(outcome(delivered), [`accept; ${JOE}: 550 No such user`, ANN], words.join());
        assert.deepEqual(delivered.labels, []);
        delivered.assertUnchanged();
      }
    }
  });
});
