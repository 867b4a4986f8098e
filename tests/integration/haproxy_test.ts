// Three instances behind HAProxy: what becomes of mail when some of them, or all, are gone.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HAPROXY_CONFIG, haproxyComplaint, haproxyProblem } from "../support/haproxy.ts";
import { skipFor } from "../support/instance.ts";
import { postfixProblem } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { sendMessage } from "../support/smtp_client.ts";
import { Cluster } from "./haproxy/cluster.ts";
import { HeldMessages, Load } from "./haproxy/load.ts";
import { latin1Bytes, message, valuesOf } from "./mta/text.ts";

/** How many send at the same time. */
const CLIENTS = 8;

const noHaproxy = skipFor(haproxyProblem());
const skip = noHaproxy ?? skipFor(await postfixProblem());

test("HAProxy is content with the configuration", { skip: noHaproxy }, async () => {
  assert.equal(await haproxyComplaint(fileURLToPath(HAPROXY_CONFIG)), "");
});

test("one instance killed under load, one restarted: no message lost, doubled or unfiltered", {
  skip,
  timeout: 180_000,
}, async () => {
  const cluster = await Cluster.start(["a", "b", "c"], { health: true });
  const { mta, haproxy } = cluster;
  const load = new Load(mta.port, CLIENTS);
  try {
    await load.waitFor(100);

    // Killed: the messages that it has in hand are put off, those of the others are not.
    const beforeKill = await HeldMessages.begin(mta.port, "kill", 9);
    await cluster.kill("a");
    const { delivered: unhurt, putOff } = await beforeKill.finish();
    assert.ok(unhurt.length > 0, "no message in the hands of the others was delivered");
    assert.ok(putOff.length > 0, "no message was in the hands of the one that was killed");
    for (const { code, lines } of putOff) assert.equal(code, 451, String(lines));
    const down = await haproxy.waitForStates("a down", ([a, b, c]) => a?.up === false && b?.up && c?.up);
    await load.waitFor(load.delivered.length + 100);
    const [still, ...others] = await haproxy.states();
    assert.equal(still?.total, down[0]?.total, "new connections went to the instance that is gone");
    for (const [i, state] of others.entries()) assert.ok(state.total > at(down, i + 1).total);
    // Nothing new was put off, also not before the checks found out, when the one that is gone had the fewest connections.
    const byKill = load.retries;
    assert.ok(byKill <= CLIENTS, `${byKill} attempts were put off`);

    // Told to stop: all that it has in hand is delivered, new connections go elsewhere.
    const beforeStop = await HeldMessages.begin(mta.port, "stop", 9);
    const stopped = cluster.stop("b");
    await haproxy.waitForStates("b down", ([, b, c]) => b?.up === false && c?.up);
    const drained = await beforeStop.finish();
    assert.deepEqual(drained.putOff, []);
    assert.deepEqual(await stopped, { code: 0, signal: null });
    await load.waitFor(load.delivered.length + 50);
    await cluster.restart("b", "b-again");
    const back = at(await haproxy.waitForStates("b up", ([, b]) => b?.up), 1);
    await haproxy.waitForStates("b in use again", ([, b]) => b && b.total > back.total + 5);
    await load.waitFor(load.delivered.length + 50);

    const bySessions = await load.stop();
    const expected = [...bySessions, ...unhurt, ...drained.delivered].sort();
    await mta.nextHop.waitFor(expected.length);
    await mta.idle();
    const received = mta.nextHop.messages;
    assert.deepEqual(received.map((each) => valuesOf(each, "Subject")[0]).sort(), expected);

    const shares = new Map<string, number>();
    for (const each of received) {
      const [filteredBy = "nobody", ...others] = valuesOf(each, "X-Filtered-By");
      assert.deepEqual(others, [], `${valuesOf(each, "Subject")}: filtered by ${filteredBy} and ${others}`);
      shares.set(filteredBy, (shares.get(filteredBy) ?? 0) + 1);
    }
    assert.deepEqual([...shares.keys()].sort(), ["a", "b", "b-again", "c"]);
    const held = received.filter((each) => valuesOf(each, "Subject")[0]?.startsWith("stop"));
    assert.ok(held.some((each) => valuesOf(each, "X-Filtered-By")[0] === "b"), "b had nothing in hand");
    const putOffBy = `${putOff.length + byKill} by the kill, ${load.retries - byKill} by the stop`;
    console.log(
      `${received.length} delivered: ${
        [...shares].map((share) => share.join(" ")).join(", ")
      }; put off: ${putOffBy}`,
    );
  } finally {
    await load.abandon();
    await cluster.end();
  }
});

test("all instances down: mail is put off until one is back", { skip, timeout: 120_000 }, async () => {
  const cluster = await Cluster.start(["a", "b", "c"], { health: false });
  const { mta, haproxy } = cluster;
  const text = (subject: string) => latin1Bytes(message(["From: s@example.test", `Subject: ${subject}`]));
  const send = (subject: string) =>
    sendMessage(mta.port, "s@example.test", ["r@example.test"], text(subject));
  try {
    const held = await HeldMessages.begin(mta.port, "cut", 3);
    for (const name of ["a", "b", "c"]) await cluster.kill(name);
    // HAProxy takes connections all the same, and closes them: before its checks find out, and after.
    assert.equal((await send("before the checks")).code, 451);
    const cut = await held.finish();
    assert.deepEqual(cut.delivered, []);
    assert.deepEqual(cut.putOff.map(({ code }) => code), [451, 451, 451]);
    await haproxy.waitForStates("all down", (states) => states.every(({ up }) => !up));
    assert.equal((await send("after the checks")).code, 451);

    await cluster.restart("b", "b-again");
    await haproxy.waitForStates("b up", ([, b]) => b?.up);
    assert.equal((await send("back")).code, 250);
    await mta.nextHop.waitFor(1);
    await mta.idle();
    const arrived = mta.nextHop.messages.map((each) => [
      valuesOf(each, "Subject")[0],
      ...valuesOf(each, "X-Filtered-By"),
    ]);
    assert.deepEqual(arrived, [["back", "b-again"]]);
  } finally {
    await cluster.end();
  }
});
