// What stands in an MTA's place does with a filter's packets what the models of the MTAs do.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { applyModifications, type MailState } from "../../lib/message/apply_modifications.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";
import { latin1Bytes, latin1Text } from "../../lib/protocol/text.ts";
import type { CaseMessage } from "../model/case.ts";
import { takeIn } from "../model/mta_model.ts";
import { carryOut, type WireAction } from "../model/wire_actions.ts";
import { Random, testSeed } from "../support/random.ts";

const NAMES = ["Subject", "X-A", "x-a", "X-B", "From", "Date", "Received"];

const message: CaseMessage = {
  sender: { address: "a@example.com" },
  recipients: [{ address: "b@example.org" }, { address: "c@example.org" }],
  header: [
    { name: "Received", raw: " by relay" },
    { name: "From", raw: " a@example.com" },
    { name: "Subject", raw: " hello" },
    { name: "X-A", raw: " 1" },
    { name: "X-A", raw: "  2" },
    { name: "Date", raw: " today" },
  ],
  body: "one\r\ntwo\r\n",
};

const before: MailState = {
  sender: "a@example.com",
  recipients: ["b@example.org", "c@example.org"],
  header: message.header.map(({ name, raw }) => HeaderField.of(name, raw, true)),
  body: latin1Bytes(message.body),
};

function randomActions(random: Random): WireAction[] {
  return Array.from({ length: 1 + random.below(6) }, (_, i): WireAction => {
    const name = random.pick(NAMES);
    const raw = ` new ${i}`;
    switch (random.below(8)) {
      case 0:
      case 1:
        return { type: "addHeader", name, raw };
      case 2:
      case 3:
        return { type: "insertHeader", index: random.below(12), name, raw };
      case 4:
        return { type: "changeHeader", index: random.below(4), name, raw: "" };
      default:
        return { type: "changeHeader", index: random.below(4), name, raw };
    }
  });
}

function asModification(action: WireAction): Modification {
  if (!("name" in action)) throw new Error("only of headers");
  const { name, raw, ...rest } = action;
  return { ...rest, name: latin1Bytes(name), value: latin1Bytes(raw) } as Modification;
}

const shown = (header: Iterable<HeaderField>) =>
  [...header].map((field) => `${field.name}:${latin1Text(field.rawValueBytes)}`);

describe("a applyModifications message", () => {
  for (const mta of ["postfix", "sendmail"] as const) {
    it(`has the header that ${mta} would make of it`, () => {
      const seed = testSeed(`header changes for ${mta}`);
      const random = new Random(seed);
      for (let i = 0; i < 2000; i++) {
        const actions = randomActions(random);
        const model = takeIn(mta, message);
        // The header is shown to the filter before it asks for anything.
        for (const _ of model.sendHeader());
        carryOut(model, actions);
        const after = applyModifications(before, actions.map(asModification), mta, true);
        const wanted = model.visible().map(({ name, raw }) => `${name}:${raw}`);
        assert.deepEqual(shown(after.header), wanted, JSON.stringify(actions));
      }
    });
  }

  it("gets the space before a value that was agreed to be left out", () => {
    const { header } = applyModifications(
      before,
      [{ type: "addHeader", name: latin1Bytes("X-C"), value: latin1Bytes("v") }],
      "postfix",
      false,
    );
    assert.equal(shown(header).at(-1), "X-C: v");
  });

  it("has the envelope as changed", () => {
    const { sender, recipients, held } = applyModifications(
      before,
      [
        { type: "changeFrom", address: "<new@example.com>", args: "RET=HDRS" },
        { type: "addRcpt", address: "<d@example.org>" },
        { type: "addRcpt", address: "b@example.org" },
        { type: "deleteRcpt", address: "<c@example.org>" },
        { type: "quarantine", reason: "look" },
      ],
      "postfix",
      true,
    );
    assert.deepEqual({ sender, recipients, held }, {
      sender: "new@example.com",
      recipients: ["b@example.org", "d@example.org"],
      held: "look",
    });
  });

  it("has the new body, its pieces joined and its lines ended as the MTA does", () => {
    const chunks = ["a\n", "b\r", "\nc"].map((text) => ({
      type: "replaceBody" as const,
      chunk: latin1Bytes(text),
    }));
    assert.equal(latin1Text(applyModifications(before, chunks, "postfix", true).body), "a\r\nb\r\nc\r\n");
    assert.equal(latin1Text(applyModifications(before, chunks, "sendmail", true).body), "a\r\nb\r\nc");
    assert.equal(
      applyModifications(before, [{ type: "replaceBody", chunk: new Uint8Array() }], "postfix", true).body
        .length,
      0,
    );
  });

  it("is the same where nothing is asked for", () => {
    assert.deepEqual(applyModifications(before, [], "postfix", true), before);
  });
});
