/**
 * Reports on a message or a domain for people.
 *
 * @module
 */

import { dkimText } from "../../explanation/dkim_text.ts";
import { dmarcText } from "./dmarc_text.ts";
import type { EnvelopeValue, KnownEnvelope } from "./envelope.ts";
import type { Explanation } from "./explanation.ts";
import type { Lines } from "../../explanation/lines.ts";
import { iprevText, spfText } from "./spf_text.ts";

/**
 * Writes the report.
 *
 * @param name the message's name, or the domain
 * @param explanation what was found out
 * @param lines takes the lines
 */
export function explanationText(name: string, explanation: Explanation, lines: Lines): void {
  const { envelope, spf, dkim, iprev, dmarc, verdict, from, reported = [] } = explanation;
  lines.add(0, name);
  envelopeText(envelope, from !== undefined, lines);
  for (const value of reported) lines.add(1, `Reported on arrival: ${lines.cut(value)}`);
  lines.add(0, "");
  spfText(spf, envelope, lines);
  if (dkim !== undefined) {
    lines.add(0, "");
    dkimText(dkim, lines);
  }
  if (iprev !== undefined) {
    lines.add(0, "");
    iprevText(iprev, envelope, lines);
  }
  lines.add(0, "");
  dmarcText(dmarc, from, lines);
  lines.add(0, "");
  const { good, bad, warning } = lines.colours;
  const colour = verdict.outcome === "authenticates"
    ? good
    : verdict.outcome === "does-not-authenticate"
    ? bad
    : warning;
  lines.add(0, `Verdict: ${verdict.text}`, colour);
}

function envelopeText(envelope: KnownEnvelope, isMessage: boolean, lines: Lines): void {
  const { client, helo, mailFrom } = envelope;
  if (client !== undefined) {
    lines.add(1, `Client:    ${lines.cut(client.value)}${sourceOf(client, envelope)}`);
  } else lines.add(1, "Client:    not known");
  if (helo !== undefined) lines.add(1, `HELO:      ${lines.cut(helo.value)}${sourceOf(helo, envelope)}`);
  if (!isMessage) return;
  if (mailFrom === undefined) lines.add(1, "MAIL FROM: not known; give --from");
  else lines.add(1, `MAIL FROM: <${lines.cut(mailFrom.value)}>${sourceOf(mailFrom, envelope)}`);
  if ([client, helo, mailFrom].some((taken) => taken !== undefined && taken.source !== "option")) {
    lines.add(
      1,
      "What was taken from the header is only true if your own server wrote it: senders can forge it",
      lines.colours.warning,
    );
  }
}

function sourceOf({ source }: EnvelopeValue, { receivedNumber }: KnownEnvelope): string {
  switch (source) {
    case "option":
      return "";
    case "Return-Path":
      return " (from Return-Path)";
    case "Received":
      return receivedNumber === 1
        ? " (from the topmost Received)"
        : ` (from Received number ${receivedNumber}, counted from the top; those above name no client outside)`;
  }
}
