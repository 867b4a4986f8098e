// Mail through Sendmail and the executable to a real clamd.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clamdProblem, startClamd, TEST_SIGNATURE } from "../../support/clamd.ts";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { messageText } from "../../support/next_hop.ts";
import { sendmailProblem, startSendmail } from "../../support/sendmail.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { CLEAN_MAIL, FOUND_IN } from "./mail.ts";

const skip = skipFor(clamdProblem() ?? await sendmailProblem());

test("behind Sendmail, mail with the pattern is rejected, and other mail has one header that says so", {
  skip,
  timeout: 120_000,
}, async () => {
  const clamd = await startClamd();
  const milterkit = await Milterkit.start(
    ["serve", "--listen", "inet:0@127.0.0.1", "--filter", "clamd", "--server", clamd.address],
  );
  const sendmail = await startSendmail({ milters: [milterkit.address] });
  const client = await SmtpClient.connect(sendmail.port);
  const send = (message: string, to: string) =>
    client.message("a@example.org", [to], new TextEncoder().encode(message));
  try {
    await client.ehlo();
    for (const [where, message] of Object.entries(FOUND_IN)) {
      const reply = await send(message, "found@example.test");
      assert.equal(reply.lines.join(), `550 5.7.1 Virus found: ${TEST_SIGNATURE}`, where);
    }
    const reply = await send(`X-Virus-Status: Clean (really)\r\n${CLEAN_MAIL}`, "clean@example.test");
    assert.equal(reply.code, 250);
    const arrived = await sendmail.nextHop.waitForMessage(({ rcpts }) =>
      rcpts.some((each) => each.includes("clean@example.test"))
    );
    assert.deepEqual(messageText(arrived).match(/^X-Virus-Status: .*(?=\r$)/gm), ["X-Virus-Status: Clean"]);
  } finally {
    client.destroy();
    await sendmail.stop();
    await milterkit.stop();
    await clamd.stop();
  }
});
