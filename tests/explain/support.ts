// Explains messages with records of a text.
import { type GivenEnvelope, knownEnvelope } from "../../cli/commands/explain/envelope.ts";
import { explain, type Explanation } from "../../cli/commands/explain/explanation.ts";
import { Lines } from "../../cli/explanation/lines.ts";
import { Answers } from "../../cli/explanation/lookup.ts";
import { explanationText } from "../../cli/commands/explain/text_report.ts";
import { terminalColours } from "../../cli/terminal/colours.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import { bytes } from "../auth/dkim/support.ts";
import { NOW } from "./cases.ts";

export interface Asked {
  readonly records: string;
  /** One character per byte. */
  readonly message?: string;
  readonly domain?: string;
  readonly given?: GivenEnvelope;
  /** The name of the host that received. */
  readonly receiver?: string;
}

export async function explained(
  { records, message, domain, given = {}, receiver }: Asked,
): Promise<Explanation> {
  const { header = [], hidden = [], body = new Uint8Array(0) } = message === undefined
    ? {}
    : parseMessage(bytes(message));
  const fields = [...hidden, ...header];
  const from = domain === undefined ? given : { ...given, from: `postmaster@${domain}` };
  return await explain(
    {
      message: message === undefined ? undefined : { header: fields, body },
      domain,
      envelope: knownEnvelope(from, fields),
      receiver,
    },
    new Answers(parseRecordsFile(records)),
    NOW,
  );
}

/** The report, without colours. */
export function reportOf(name: string, explanation: Explanation, terminal: boolean = false): string {
  const lines = new Lines(terminalColours(terminal), terminal);
  explanationText(name, explanation, lines);
  return lines.text;
}
