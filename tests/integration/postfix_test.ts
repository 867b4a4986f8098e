// The executable behind a Postfix, over a UNIX socket and over TCP.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../support/present.ts";
import { testDkim } from "./mta/dkim.ts";
import { testHeaders } from "./mta/headers.ts";
import { testSessions } from "./mta/sessions.ts";
import { sitesOf } from "./mta/site.ts";
import { testSize } from "./mta/size.ts";
import { latin1Bytes, message, valuesOf } from "./mta/text.ts";
import type { Postfix } from "../support/postfix.ts";

for (const site of await sitesOf("Postfix")) {
  testHeaders(site);
  testDkim(site);
  testSize(site);
  testSessions(site);

  test(
    `${site.title}: mail of sendmail(1) is filtered too`,
    { skip: site.skip, timeout: 120_000 },
    async () => {
      const running = await site.start();
      const recipient = running.newRecipient();
      const content = message(["From: a@example.org", `To: ${recipient}`, "X-Spam: 1", "Subject: local"]);
      await (running.mta as Postfix).sendmail(["-f", "local@example.test", recipient], latin1Bytes(content));
      const received = await running.receivedFor(recipient);
      assert.deepEqual(valuesOf(received, "X-Spam"), []);
      assert.deepEqual(valuesOf(received, "X-To"), [recipient]);
      assert.match(at(valuesOf(received, "Authentication-Results"), 0), /dkim=none$/);
      const reports = await running.reports("local@example.test");
      assert.deepEqual(reports.map(({ outcome }) => outcome), ["accept"]);
    },
  );
}
