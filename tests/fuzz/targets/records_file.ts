/**
 * Files of DNS records.
 *
 * @module
 */
import { parseRecordsFile, RecordsFileError } from "../../../lib/dns/records_file.ts";
import { latin1Bytes, latin1Text, utf8Text } from "../../../lib/message/text.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

const LINES = [
  '2026._domainkey.example.org "v=DKIM1; k=ed25519; " "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="',
  "down.example.org            SERVFAIL",
  "gone.example.org NXDOMAIN # comment",
  "slow.example.org TIMEOUT",
  "# comment",
  "",
  'x.example.org "\\"\\\\\\255" # more',
  "x.example.org v=DKIM1; p=",
  'example.org MX "10 mx.example.org"',
  "mx.example.org A 192.0.2.1",
  "mx.example.org AAAA 2001:db8::1",
  "1.2.0.192.in-addr.arpa PTR mx.example.org",
  "www.example.org CNAME example.org",
  "slow.example.org A TIMEOUT",
];

export const recordsFile: Target = {
  name: "records-file",
  promise: "a file is refused with the line that is wrong, and any text can be written in quotes",
  cases: 3000,
  words: ['"', "\\", "\\000", "#", " # ", "\n", "NXDOMAIN", "a.example ", " MX ", " AAAA "],
  seeds: () => [latin1Bytes(LINES.join("\n"))],
  make: (random) => latin1Bytes(Array.from({ length: random.below(8) }, () => random.pick(LINES)).join("\n")),
  async check(bytes) {
    const text = utf8Text(bytes);
    const parsed = attempt(() => parseRecordsFile(text), (error) => error instanceof RecordsFileError);
    if ("refusal" in parsed) {
      const { line } = parsed.refusal as RecordsFileError;
      hold(line >= 1 && line <= text.split("\n").length, "the line is one of the file", () => String(line));
      hold(
        /^line \d+: [ -~]+$/.test(parsed.refusal.message),
        "the reason says nothing of the file but the line",
      );
    }
    const content = latin1Text(bytes);
    const quoted = content.replace(
      /[^ !#-[\]-~]/g,
      (letter) => `\\${String(letter.charCodeAt(0)).padStart(3, "0")}`,
    );
    const answer = await parseRecordsFile(`a.example "${quoted}"`).resolveTxt("A.example.");
    same(answer.status === "found" && answer.records, [content], "what was written in quotes is read");
  },
};
