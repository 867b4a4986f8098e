// A footer through Sendmail. Runs once: only programs are driven here, which are the same whatever runtime drives them.
import { test } from "node:test";
import { sealsProblem } from "../../mime/edit/seals.ts";
import { skipFor } from "../../support/instance.ts";
import { sendmailProblem, startSendmail } from "../../support/sendmail.ts";
import { verifiersProblem } from "../dkim_sign/verifiers.ts";
import { FooterSite } from "./send_mail.ts";

test(
  "Sendmail delivers mail with a footer and a signature that holds, and what others signed stays as it was",
  {
    skip: skipFor(await sendmailProblem() ?? verifiersProblem() ?? sealsProblem()),
    timeout: 120_000,
  },
  async () => {
    const site = await FooterSite.start();
    const mta = await startSendmail({ milters: [site.milterkit.address] });
    try {
      await site.check(mta);
    } finally {
      await mta.stop();
      await site.stop();
    }
  },
);
