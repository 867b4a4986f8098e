// Nothing of a chain is made for a connection before its first event.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Chain } from "../../lib/chain/chain.ts";
import { Dialogue, type DialogueLine, type DialogueOwner } from "../../lib/server/dialogue.ts";

/** An offer of an MTA: version 6, all actions, all of the protocol. */
const OFFER = Uint8Array.of(0, 0, 0, 13, 0x4f, 0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff);

function dialogueOf(): { dialogue: Dialogue; made: () => number; closed: () => number } {
  let made = 0;
  let closed = 0;
  const chain = new Chain([{ name: "counted", close: () => void closed++ }]);
  const counting = Object.create(chain, {
    connection: {
      value: (...given: Parameters<Chain["connection"]>) => {
        made++;
        return chain.connection(...given);
      },
    },
  }) as Chain;
  const nothing = (): void => {};
  const owner: DialogueOwner = {
    chain: counting,
    reports: false,
    service: "a service",
    emit: nothing,
    limitReached: nothing,
    looped: nothing,
    stalled: nothing,
  };
  const line: DialogueLine = {
    id: 1,
    peer: "unix",
    listener: undefined,
    overTcp: false,
    over: false,
    full: false,
    flush: nothing,
    allSent: () => Promise.resolve(),
    hangUp: nothing,
  };
  return { dialogue: new Dialogue(owner, line), made: () => made, closed: () => closed };
}

describe("a connection", () => {
  it("has no filters before its first event", async () => {
    const { dialogue, made } = dialogueOf();
    dialogue.session.receive(OFFER.slice(0, 10));
    assert.equal(dialogue.next(), false);
    assert.equal(made(), 0);
    dialogue.session.receive(OFFER.slice(10));
    assert.equal(dialogue.next(), true);
    await dialogue.handle();
    assert.equal(made(), 1);
    await dialogue.close();
    assert.equal(made(), 1);
  });

  it("that ends before its first event still has its close callback", async () => {
    const { dialogue, made, closed } = dialogueOf();
    dialogue.cancel("The connection was lost");
    assert.equal(made(), 0);
    await dialogue.close();
    assert.deepEqual([made(), closed()], [1, 1]);
  });
});
