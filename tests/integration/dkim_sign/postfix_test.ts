// Odd messages through Postfix. Runs once: only programs are driven here, which are the same whatever runtime drives them.
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { postfixProblem, startPostfix } from "../../support/postfix.ts";
import { sendOddMessages, TABLES, TIMEOUT } from "./send_odd_messages.ts";
import { SigningSite } from "./site.ts";
import { verifiersProblem } from "./verifiers.ts";

test("Postfix delivers odd messages with signatures that all verify, or without and with a reason", {
  skip: skipFor(await postfixProblem() ?? verifiersProblem()),
  timeout: TIMEOUT,
}, async () => {
  const site = await SigningSite.start(TABLES);
  const ways = site.addresses.map((address) => [address]);
  const mta = await startPostfix({ milters: [], ways });
  try {
    await sendOddMessages(site, mta, "postfix");
  } finally {
    await mta.stop();
    await site.stop();
  }
});
