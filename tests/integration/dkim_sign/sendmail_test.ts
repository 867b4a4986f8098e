// Odd messages through Sendmail. Runs once: only programs are driven here, which are the same whatever runtime drives them.
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { sendmailProblem, startSendmail } from "../../support/sendmail.ts";
import { sendOddMessages, TABLES, TIMEOUT } from "./send_odd_messages.ts";
import { AS_DELIVERED, SigningSite } from "./site.ts";
import { verifiersProblem } from "./verifiers.ts";

test("Sendmail delivers odd messages with signatures that all verify, or without and with a reason", {
  skip: skipFor(await sendmailProblem() ?? verifiersProblem()),
  timeout: TIMEOUT,
}, async () => {
  const site = await SigningSite.start(TABLES);
  const ways = site.addresses.map((address) => [address]);
  const mta = await startSendmail({ milters: [], ways, mc: AS_DELIVERED });
  try {
    await sendOddMessages(site, mta, "sendmail");
  } finally {
    await mta.stop();
    await site.stop();
  }
});
