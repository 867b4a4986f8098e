// The example docs/examples/login-limit.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver, type Delivered, make, TestClock } from "milterkit/testing";
import definition from "../../docs/examples/login-limit.ts";

const from = (login: string) => ({ macros: { auth_authen: login } });

test("each login has its own limit, which time restores", async () => {
  const clock = new TestClock();
  await using filter = await make(definition, { most: 2 }, { clock });
  const send = (login: string) => deliver(filter, from(login));
  (await send("joe")).assertAccepted();
  (await send("joe")).assertAccepted();
  (await send("joe")).assertTempfailed(451, "Too many messages, try again in 30 minutes");
  (await send("JOE")).assertTempfailed(451);
  (await send("ann")).assertAccepted();
  await clock.advance(30 * 60_000);
  (await send("joe")).assertAccepted();
  (await send("joe")).assertTempfailed(451);
  assert.equal(filter.metrics.count("refused_total"), 3);
});

test("mail without a login has no limit", async () => {
  await using filter = await make(definition, { most: 1 });
  for (let i = 0; i < 5; i++) (await deliver(filter)).assertAccepted();
});

test("mail over the limit is rejected, if that is the option", async () => {
  await using filter = await make(definition, { most: 1, over: "reject" });
  (await deliver(filter, from("joe"))).assertAccepted();
  (await deliver(filter, from("joe"))).assertRejected(550, /60 minutes/);
});

test("the log names a login once an hour", async () => {
  const clock = new TestClock();
  await using filter = await make(definition, { most: 1 }, { clock });
  const send = (login: string) => deliver(filter, from(login));
  const logins = ({ logs }: Delivered) => logs.map(({ level, fields }) => `${level} ${fields.login}`);
  await send("joe");
  await send("ann");
  assert.deepEqual(logins(await send("joe")), ["warning joe"]);
  assert.deepEqual(logins(await send("joe")), []);
  assert.deepEqual(logins(await send("ann")), ["warning ann"]);
  // Mail that goes on does not keep the log silent.
  const again: string[] = [];
  for (let minutes = 0; minutes < 120; minutes += 10) {
    await clock.advance(10 * 60_000);
    again.push(...logins(await send("joe")), ...logins(await send("joe")));
  }
  assert.deepEqual(again, ["warning joe", "warning joe"]);
});
