/**
 * The callbacks of `dkim-sign`.
 *
 * @module
 */
import type { DkimSignature } from "../../lib/auth/dkim/signer.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import { LiveValue } from "../../lib/options/live_source.ts";
import { OptionError } from "../../lib/options/options.ts";
import { accept, reject, skip, tempfail } from "../../lib/filter/verdict.ts";
import { KeyFileError } from "./keys/key_file.ts";
import { KeyRing } from "./key_ring.ts";
import { keyChanges } from "./key_changes.ts";
import { MessageSigning, type SigningSettings } from "./message_signing.ts";
import { isUnsigned, type Unsigned } from "./reasons.ts";
import { type SignSettings, signSettings } from "./settings_of_options.ts";

/** How often each serving process checks whether keys changed. */
const LOOK_INTERVAL = "2s";
/** The minimum ratio of the pause after a check to the duration of the check: thousands of files take a while. */
const PAUSE = 20;
const SIGNATURE = "DKIM-Signature";
const WORDS = {
  kept: "The keys that were read before go on signing",
  again: "the keys are as before again",
};

/**
 * Makes the filter.
 *
 * @param kit its kit, with its options
 * @throws {OptionError} for options that are invalid, and for keys that cannot be used
 */
export function signFilter(kit: FilterKit): CreatedFilter<undefined, MessageSigning, "eom", "insertHeader"> {
  const settings = signSettings(kit.options);
  const keys = followKeys(settings, kit);
  const signing: SigningSettings = { ...settings.signing, keysFor: (author) => keys().keysFor(author) };
  const signed = kit.counter("signed_total", "Messages signed");
  const unsigned = kit.counter("unsigned_total", "Messages not signed, by reason", ["reason"]);
  const { senders: { macros } } = signing;
  const { onMissingKey } = settings;
  for (const warning of settings.warnings) kit.log.warning(warning);
  const tell = ({ reason, text }: Unsigned, remark: (text: string) => void): void => {
    unsigned.add({ reason });
    remark(`not signed: ${text}`);
  };
  /** Stops processing a message that is not to be signed. */
  const refuseEarly = ({ outcome }: MessageSigning, remark: (text: string) => void) => {
    if (outcome === undefined) return;
    tell(outcome, remark);
    return accept();
  };
  return {
    verdicts: onMissingKey === "accept" ? [] : ["eom"],
    ...(macros.length > 0 ? { macros: { mail: ["auth_authen", ...macros.map(({ name }) => name)] } } : {}),
    messageState: () => new MessageSigning(signing),
    mail(_sender, context) {
      context.messageState.mail(context);
    },
    // Not earlier, so that the log line has recipients, and the queue id that Postfix provides only now.
    data: ({ messageState, remark }) => refuseEarly(messageState, remark),
    header(field, { messageState }) {
      messageState.header(field);
    },
    eoh(context) {
      context.messageState.endOfHeaders(context);
    },
    body(chunk, { messageState }) {
      if (messageState.outcome !== undefined) return skip();
      messageState.body(chunk);
    },
    eom(message, { messageState, remark, label }) {
      const outcome = messageState.finish();
      if (isUnsigned(outcome)) {
        tell(outcome, remark);
        return verdictOf(outcome, onMissingKey);
      }
      // The last one inserted is on top.
      for (const { value } of outcome.toReversed()) message.insertHeader(0, SIGNATURE, value);
      signed.add();
      remark(`signed ${outcome.map(signatureText).join(", ")}`);
      label("signed");
      return;
    },
  };
}

/** Reads the keys, and checks regularly whether they changed. Returns a function that returns the current keys. */
function followKeys({ sources, choice }: SignSettings, kit: FilterKit): () => KeyRing {
  const { options } = kit;
  const changes = kit.counter("key_changes_total", "Changes of keys, by whether they were used", ["outcome"]);
  const source = {
    fingerprint: () => sources.fingerprint(),
    read() {
      const { keys, warnings } = sources.read();
      return { keys, warnings, ring: new KeyRing(keys, choice) };
    },
  };
  let live: LiveValue<ReturnType<typeof source.read>>;
  try {
    live = new LiveValue(source, kit.log, WORDS);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    const option = options.text("keys") === undefined ? "key" : "keys";
    throw new OptionError(option, options.text(option), error.message);
  }
  for (const warning of live.current.warnings) kit.log.warning(warning);
  let nextLook = 0;
  kit.every(LOOK_INTERVAL, async () => {
    const began = kit.clock.now();
    if (began < nextLook) return;
    const before = live.current;
    const outcome = await live.look();
    const ended = kit.clock.now();
    nextLook = ended + PAUSE * (ended - began);
    if (outcome === "unchanged") return;
    const { keys, warnings } = live.current;
    const lines = keyChanges(before.keys, keys);
    if (outcome === "refused" || lines.length > 0) changes.add({ outcome });
    for (const line of lines) kit.log.info(line);
    for (const warning of warnings) if (!before.warnings.includes(warning)) kit.log.warning(warning);
  });
  return () => live.current.ring;
}

function signatureText({ domain, selector, algorithm }: DkimSignature): string {
  return `d=${domain} s=${selector} a=${algorithm}`;
}

function verdictOf({ reason, text }: Unsigned, onMissingKey: SignSettings["onMissingKey"]) {
  if (reason !== "no-key" || onMissingKey === "accept") return undefined;
  return onMissingKey === "reject"
    ? reject(550, "5.7.20", `Not signed: ${text}`)
    : tempfail(451, "4.7.20", `Not signed: ${text}`);
}
