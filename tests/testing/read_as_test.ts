// The testing kit shows filters what the MTA in whose place it stands would show them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { deliver, type TestClient, type TestMail } from "../../lib/testing.ts";

const MESSAGE = "Return-Path: <a@b>\nA : 1\nBcc: c@d\nB: 2\0 3\n\nbody\n";

function recorder() {
  const seen: string[] = [];
  return {
    seen,
    filter: {
      name: "recorder",
      header: ({ name, value }: { name: string; value: string }) => void seen.push(`${name}: ${value}`),
    },
  };
}

async function shown(mail: TestMail & TestClient): Promise<string[]> {
  const { seen, filter } = recorder();
  (await deliver(filter, mail)).assertAccepted();
  return seen;
}

const header = [["Return-Path", "<a@b>"], ["A", "1"], ["Bcc", "c@d"], ["B", "2\0 3"]] as const;
const ALL = ["Return-Path: <a@b>", "A: 1", "Bcc: c@d", "B: 2 3"];

for (const [how, mail] of [["a message", { message: MESSAGE }], ["fields", { header }]] as const) {
  test(`of ${how}, as Postfix unless told otherwise`, async () => {
    assert.deepEqual(await shown(mail), ["A: 1", "B: 2"]);
    assert.deepEqual(await shown({ ...mail, mta: "postfix" }), ["A: 1", "B: 2"]);
    assert.deepEqual(await shown({ ...mail, mta: "sendmail" }), ALL);
  });
}

test("fields that are taken out are not delivered either", async () => {
  const delivered = await deliver({ name: "nothing" }, { header });
  assert.equal(delivered.header("Bcc"), undefined);
  assert.equal(delivered.header("A"), "1");
});

test("MtaClient.message reads bytes as its envelope says", async () => {
  for (
    const [mta, fields] of [[undefined, ["A: 1", "B: 2"]], ["postfix", ["A: 1", "B: 2"]], [
      "sendmail",
      ALL,
    ]] as const
  ) {
    const { seen, filter } = recorder();
    const client = await MtaClient.open(new FiltersInProcess([filter], { mta: "postfix" }).dial(() => {}));
    const envelope = { from: "a@b", to: ["c@d"], ...(mta ? { mta } : {}) };
    await client.message(new TextEncoder().encode(MESSAGE), envelope);
    client.quit();
    assert.deepEqual(seen, fields);
  }
});
