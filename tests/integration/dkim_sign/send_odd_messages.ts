/**
 * Sends messages out of the ordinary through an MTA: what arrives must be signed so that all verifiers agree, or not at all,
 * and the log must say why.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { latin1Bytes } from "../../../lib/message/text.ts";
import type { MailServer } from "../../support/instance.ts";
import { at } from "../../support/present.ts";
import type { SmtpClient } from "../../support/smtp_client.ts";
import { type Fate, ODD_MESSAGES, type OddMessage } from "./odd_messages.ts";
import { connected, deliveredTo, DOMAIN, FORMS, type SigningSite } from "./site.ts";
import { signaturesOf } from "./verifiers.ts";

/** With MILTERKIT_CASES=all each message goes through every canonicalization, else through one of the four in turn. */
const all = process.env.MILTERKIT_CASES === "all";

/** How long a test may take. */
export const TIMEOUT = all ? 600_000 : 170_000;

/** The options of the filter for each canonicalization. */
export const TABLES = FORMS.map((form) => ['sign-client = ["127.0.0.1"]', `canonicalization = "${form}"`]);

/** With `simple`, the signature must cover every space that Sendmail writes. */
const ANEW = /^not signed: Sendmail writes \S+ anew, which --canonicalization simple does not allow$/;

interface Server extends MailServer {
  readonly wayPorts: readonly number[];
}

interface Outcome {
  readonly fate: "signed" | "unsigned" | "refused";
  /** The remark in the log, or the code. */
  readonly detail: string;
}

/**
 * Sends all of them.
 *
 * @param site what signs, with a listener for each canonicalization
 * @param mta the server, with a way in for each of those
 * @param name which of the two it is
 */
export async function sendOddMessages(
  site: SigningSite,
  mta: Server,
  name: "postfix" | "sendmail",
): Promise<void> {
  const failures: string[] = [];
  const tally = { signed: 0, unsigned: 0, refused: 0 };
  const through = async (way: number) => {
    const form = at(FORMS, way);
    const isLax = name === "sendmail" && form.startsWith("simple");
    for (const [i, odd] of ODD_MESSAGES.entries()) {
      if (!all && i % FORMS.length !== way) continue;
      const client = await connected(at(mta.wayPorts, way));
      try {
        const outcome = await outcomeOf(site, mta, client, odd, `r${i}-${way}@example.com`);
        tally[outcome.fate]++;
        assert.ok(fits(outcome, odd[name], isLax), `${outcome.fate}: ${outcome.detail}`);
      } catch (error) {
        failures.push(`${form} ${odd.what}: ${(error as Error).message}`);
      } finally {
        client.destroy();
      }
    }
  };
  await Promise.all(FORMS.map((_, way) => through(way)));
  assert.deepEqual(failures, [], failures.join("\n\n"));
  if (all) console.log(`${name}: ${JSON.stringify(tally)}`);
}

async function outcomeOf(
  site: SigningSite,
  mta: Server,
  client: SmtpClient,
  { what, message }: OddMessage,
  recipient: string,
): Promise<Outcome> {
  const bytes = latin1Bytes(message.replaceAll("\n", "\r\n"));
  const { code } = await client.message("<ann@example.test> BODY=8BITMIME", [recipient], bytes);
  if (code !== 250) return { fate: "refused", detail: String(code) };
  const delivered = await deliveredTo(mta.nextHop, recipient);
  const detail = await site.remarkFor(recipient);
  // One of the messages has a signature of its own, which is none of ours.
  const own = delivered.replace(/^DKIM-Signature: v=1; a=rsa-sha256; d=other\.example;.*\r\n/m, "");
  if (signaturesOf(own).length === 0) return { fate: "unsigned", detail };
  await site.assertSigned(own, what);
  const remark = `signed d=${DOMAIN} s=rsa a=rsa-sha256, d=${DOMAIN} s=ed25519 a=ed25519-sha256`;
  assert.equal(detail, remark);
  return { fate: "signed", detail };
}

function fits({ fate, detail }: Outcome, wanted: Fate, isLax: boolean): boolean {
  if (wanted === "signed") return fate === "signed" || isLax && fate === "unsigned" && ANEW.test(detail);
  if (typeof wanted === "number") return fate === "refused" && detail === String(wanted);
  return fate === "unsigned" && (wanted.test(detail) || isLax && ANEW.test(detail));
}
