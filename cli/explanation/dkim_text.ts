/**
 * Reports on DKIM for people.
 *
 * @module
 */

import { plural } from "../terminal/plural.ts";
import type { DkimPart, SignaturePart } from "./explain_dkim.ts";
import type { Lines } from "./lines.ts";
import { lookupText } from "./lookup_text.ts";

/** Reports on DKIM. */
export function dkimText({ signatures, ignored }: DkimPart, lines: Lines): void {
  if (signatures.length === 0) {
    lines.addResult(0, "DKIM: ", "none", ", the message is not signed");
    return;
  }
  const passed = signatures.filter(({ result }) => result === "pass").length;
  const rest = `, ${passed} of ${plural(signatures.length, "signature")} verified`;
  lines.addResult(0, "DKIM: ", passed > 0 ? "pass" : "no pass", rest);
  signatures.forEach((signature, i) => signatureText(signature, i + 1, lines));
  if (ignored > 0) {
    lines.add(
      1,
      `${plural(ignored, "more signature")} below these: not checked, as receivers limit how many they check`,
      lines.colours.warning,
    );
  }
}

function signatureText(signature: SignaturePart, number: number, lines: Lines): void {
  const { result, reason, domain, selector, algorithm, canonicalization } = signature;
  const tags = [
    domain === undefined ? "no valid d=" : `d=${domain}`,
    selector === undefined ? "no valid s=" : `s=${selector}`,
    ...(algorithm === undefined ? [] : [`a=${algorithm}`]),
    ...(canonicalization === undefined ? [] : [`c=${canonicalization}`]),
  ];
  lines.addResult(1, `${number}. ${tags.join(" ")}: `, result, reason === undefined ? "" : `, ${reason}`);
  keyText(signature, lines);
  const { signedFields, signedAt, expires } = signature;
  if (signedFields !== undefined) lines.add(2, `Signed fields: ${lines.cut(signedFields.join(", "))}`);
  const times = [
    ...(signedAt === undefined ? [] : [`signed at ${signedAt} (t=)`]),
    ...(expires === undefined ? [] : [`expires at ${expires} (x=)`]),
  ];
  if (times.length > 0) lines.add(2, `Time: ${times.join(", ")}`);
  const { header, body } = signature;
  if (header !== "not-compared" || body !== "not-compared") {
    lines.add(2, `Header: ${WORDS[header]}. Body: ${WORDS[body]}`);
  }
  lengthText(signature, lines);
  const meaning = meaningOf(signature);
  if (meaning !== undefined) lines.add(2, meaning);
}

const WORDS = {
  same: "as signed",
  differs: "differs from what was signed",
  "not-compared": "not compared",
} as const;

/** RFC 8301 section 3.2: signers should use at least this. */
const WANTED_BITS = 2048;

function keyText({ key, keyBits, testing, algorithm }: SignaturePart, lines: Lines): void {
  if (key === undefined) return lines.add(2, "Key: not looked up");
  const [record] = key.records;
  lines.add(2, `Key: ${lookupText(key, lines)}${keyBits === undefined ? "" : `, a key of ${keyBits} bits`}`);
  if (record !== undefined) lines.add(3, lines.quoted(record), lines.colours.dim);
  if (algorithm?.startsWith("rsa") && keyBits !== undefined && keyBits < WANTED_BITS) {
    lines.add(
      3,
      `Problem: a key of ${keyBits} bits is short; RFC 8301 asks for ${WANTED_BITS}`,
      lines.colours.warning,
    );
  }
  if (testing) lines.add(3, "t=y: the domain only tests DKIM", lines.colours.warning);
}

function lengthText({ bodyLength, unsignedBodyBytes }: SignaturePart, lines: Lines): void {
  if (bodyLength === undefined) return;
  const unsigned = unsignedBodyBytes === undefined
    ? ""
    : `; ${plural(unsignedBodyBytes, "byte")} after that are not`;
  lines.add(
    2,
    `l=${bodyLength}: only so many bytes of the body are signed${unsigned}. Anyone can add to such a message`,
    lines.colours.warning,
  );
}

/** What most likely happened. */
function meaningOf(
  { result, reason, header, body, canonicalization = "" }: SignaturePart,
): string | undefined {
  if (result === "pass") return undefined;
  const simple = canonicalization.includes("simple")
    ? ` With c=${canonicalization} even a change of white space breaks a signature.`
    : "";
  if (header === "same" && body === "differs") {
    return `The body was changed after signing, as by a mailing list or a scanner that adds text.${simple}`;
  }
  if (header === "differs" && body === "same") {
    return "A signed header field was changed after signing, such as Subject by a mailing list, or the key in DNS is not " +
      `the signer's.${simple}`;
  }
  if (header === "differs" && body === "differs") {
    return `Header and body were changed after signing, or the signature is forged.${simple}`;
  }
  if (reason === "there is no key") {
    return "The domain publishes no key under this name: it was removed, the selector is wrong, or the signature is forged.";
  }
  return undefined;
}
