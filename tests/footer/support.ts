// A footer filter, and what becomes of messages behind it.
import { footer } from "../../filters/footer/footer.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { deliver, type TestClient, type TestMail } from "../../lib/testing.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";

/** Options as on a command line. */
export function makeFooter(given: Given): Promise<MadeFilter> {
  return madeFilter(footer, given);
}

/** What a message became. */
export interface Sent {
  /** The whole message, with LF line ends. */
  readonly message: string;
  readonly body: string;
  /** What the line of the message in the log says. */
  readonly remarks: readonly string[];
}

/** Sends a message through the filter. */
export async function send(given: Given, mail: TestMail & TestClient): Promise<Sent> {
  const delivered = await deliver(await makeFooter(given), mail);
  delivered.assertAccepted();
  return {
    message: delivered.message.replaceAll("\r\n", "\n"),
    body: delivered.body.replaceAll("\r\n", "\n"),
    remarks: delivered.notes.flatMap(({ remark }) => remark ?? []),
  };
}
