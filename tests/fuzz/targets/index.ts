/**
 * All targets.
 *
 * @module
 */
import type { Target } from "../engine/target.ts";
import { addresses } from "./addresses.ts";
import { archives } from "./archives.ts";
import { authentication } from "./authentication.ts";
import { authResults } from "./authentication_results.ts";
import { body } from "./body.ts";
import { canonicalization } from "./canonicalization.ts";
import { chain } from "./chain.ts";
import { codec } from "./codec.ts";
import { config } from "./config.ts";
import { connection } from "./connection.ts";
import { dkimKeys } from "./dkim_keys.ts";
import { dkimSign } from "./dkim_sign.ts";
import { dkimTags } from "./dkim_tags.ts";
import { dmarc } from "./dmarc.ts";
import { dns } from "./dns.ts";
import { encodedWords } from "./encoded_words.ts";
import { filterSession } from "./filter_session.ts";
import { frames } from "./frames.ts";
import { headerAddresses } from "./header_addresses.ts";
import { log } from "./log.ts";
import { mailLog } from "./mail_log.ts";
import { mailbox } from "./mailbox.ts";
import { message } from "./message.ts";
import { mime } from "./mime.ts";
import { mimeEdits } from "./mime_edits.ts";
import { mtaSession } from "./mta_session.ts";
import { negotiation } from "./negotiation.ts";
import { options } from "./options.ts";
import { parameters } from "./parameters.ts";
import { parseResults } from "./parse_auth_results.ts";
import { privateKeys } from "./private_keys.ts";
import { recording } from "./recording.ts";
import { recordsFile } from "./records_file.ts";
import { redaction } from "./redaction.ts";
import { replies } from "./replies.ts";
import { resp } from "./resp.ts";
import { rules } from "./rules.ts";
import { scope } from "./scope.ts";
import { spf } from "./spf.ts";

/** The targets, from the wire inwards. */
export const TARGETS: readonly Target[] = [
  frames,
  codec,
  negotiation,
  filterSession,
  mtaSession,
  connection,
  chain,
  message,
  body,
  mime,
  mimeEdits,
  replies,
  encodedWords,
  parameters,
  headerAddresses,
  addresses,
  scope,
  dkimTags,
  dkimKeys,
  canonicalization,
  dkimSign,
  privateKeys,
  authResults,
  parseResults,
  dmarc,
  spf,
  authentication,
  dns,
  recordsFile,
  resp,
  rules,
  options,
  config,
  log,
  redaction,
  mailLog,
  mailbox,
  archives,
  recording,
];
