/**
 * Has clamd, the daemon of ClamAV, scan messages for viruses.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Counter, FilterKit, Histogram } from "../../lib/filter/filter_kit.ts";
import { declarationsOf } from "../../lib/filter/option_declarations.ts";
import { skip, type Verdict } from "../../lib/filter/verdict.ts";
import type { ScanOutcome } from "./attempt.ts";
import {
  actOnOversize,
  actOnVirus,
  clamdChanges,
  clamdVerdicts,
  passClean,
  passUnscanned,
} from "./consequence.ts";
import { KeepingRoom } from "./kept_pieces.ts";
import { MessageScan } from "./message_scan.ts";
import { CLAMD_OPTIONS, type ClamdSettings, clamdSettings } from "./options.ts";
import { END_OF_HEADER, fieldBytes } from "./raw_message.ts";
import { ClamdServer } from "./server.ts";
import { checkServers } from "./start_check.ts";

/** The filter `clamd`. */
export const clamd = defineFilter({
  name: "clamd",
  summary: "Scans messages for viruses with ClamAV's clamd",
  description:
    `The whole message is sent to clamd (INSTREAM) as it arrives, and clamd's answer at its end decides. clamd needs no
access to files, so it may run as any user, and on another machine: inet:3310@scanner.example.org. That connection is
not encrypted.

With --on-virus reject, the sender gets 550 5.7.1 with the name of the virus; discard drops the message silently,
quarantine holds it, mark lets it pass. Messages that pass get a header such as "X-Virus-Status: Clean", "Infected
(NAME)" or "Not Scanned (REASON)"; any X-Virus-Status and X-Virus-Scanned from the sender are removed.

No message passes as clean unless clamd has scanned it. If no server answers, --on-error decides: by default the
sender is told to try again (451). --on-oversize decides on messages that are not scanned completely (by default 452
4.3.4). clamd itself skips anything that exceeds its own limits (MaxScanSize, MaxFileSize and so on) and reports that
it found nothing, unless its clamd.conf has "AlertExceedsMax yes".

With several servers, the first one that works is used. If it fails during a message, the next one gets the message,
provided that no more than 1 MiB had arrived. A server that was too slow must answer PING before it gets messages
again, so that a hanging server delays only one message.

Each message's log line says what was found, and metrics count results and failures of each server.

To scan messages as they were sent, put it before filters that change them. See docs/clamd.md for clamd.conf.`,
  examples: [
    [
      "Reject viruses, with clamd on this machine:",
      "milterkit serve --listen inet:8825@localhost --filter clamd --server unix:/run/clamav/clamd.ctl",
    ],
    [
      "Use two scanners; hold viruses, and messages that cannot be scanned:",
      "milterkit serve --listen inet:8825@localhost --filter clamd --server inet:3310@192.0.2.10 " +
      "--server inet:3310@192.0.2.11 --on-virus quarantine --on-oversize quarantine",
    ],
  ],
  changes: ["insertHeader", "deleteHeader", "quarantine"],
  verdicts: ["eom"],
  options: declarationsOf(CLAMD_OPTIONS),
  create: (_, kit) => createClamd(clamdSettings(kit.options), kit),
});

/** What is counted. */
interface Counts {
  readonly messages: Counter<"result">;
  readonly seconds: Histogram;
}

type Context = MessageContext<undefined, MessageScan>;
type ClamdFilter = CreatedFilter<undefined, MessageScan>;
type Final = Verdict<"reject" | "tempfail" | "discard"> | undefined;

function createClamd(settings: ClamdSettings, kit: FilterKit): ClamdFilter {
  const { timeout, onError } = settings;
  const { clock, log } = kit;
  const failures = kit.counter("server_failures_total", "Messages that a server did not scan", ["server"]);
  const countFailure = (server: string) => failures.add({ server });
  const servers = settings.servers.map((address) =>
    new ClamdServer(address, { timeout, clock, log, countFailure })
  );
  const counts: Counts = {
    messages: kit.counter("messages_total", "Messages by what the scan came to", ["result"]),
    seconds: kit.histogram(
      "scan_seconds",
      "How long messages waited for the scanner at their end",
      [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    ),
  };
  const room = new KeepingRoom();
  const checked = checkServers(servers, onError, kit);
  return {
    changes: clamdChanges(settings),
    verdicts: clamdVerdicts(settings),
    // With accept, a message passes with a header that says so, which only the filter itself can set.
    onError: onError === "accept" ? "tempfail" : onError,
    messageState: () => new MessageScan({ ...settings, servers, clock, room }),
    header: (field, { messageState }) => messageState.add(fieldBytes(field)),
    eoh: ({ messageState }) => messageState.add(END_OF_HEADER),
    body: (chunk, { messageState }) => messageState.wantsMore ? messageState.add(chunk) : skip(),
    eom: (message, context) => atEnd(message, context, settings, counts, kit),
    abort: ({ messageState }) => messageState.cancel(),
    dispose: () => checked,
  };
}

async function atEnd(
  message: EndOfMessage,
  context: Context,
  settings: ClamdSettings,
  { messages, seconds }: Counts,
  { clock }: FilterKit,
): Promise<Final> {
  const began = clock.now();
  try {
    const outcome = await finish(context);
    seconds.observe((clock.now() - began) / 1000);
    switch (outcome.kind) {
      case "clean":
        messages.add({ result: "clean" });
        context.remark("clean");
        passClean(message, settings);
        return undefined;
      case "found":
        messages.add({ result: "infected" });
        context.remark(`virus found: ${outcome.name}`);
        context.label("virus");
        return actOnVirus(message, outcome.name, settings);
      case "unscanned":
        messages.add({ result: "unscanned" });
        context.remark(`not scanned: ${outcome.reason}`);
        context.label("not-scanned");
        return actOnOversize(message, outcome.reason, settings);
    }
  } catch (error) {
    // The MTA has gone, and it is not a failure of clamd.
    if (context.signal.aborted) throw error;
    messages.add({ result: "failed" });
    // The library logs the error, and does what --on-error says.
    if (settings.onError !== "accept") throw error;
    context.remark(`not scanned: ${(error as Error).message}`);
    context.label("not-scanned");
    context.log.error(`Let a message pass that was not scanned: ${(error as Error).message}`);
    passUnscanned(message, settings);
    return undefined;
  }
}

/** Waits for the result, unless the MTA leaves: `abort` comes only once `eom` is over. */
async function finish({ messageState, signal }: Context): Promise<ScanOutcome> {
  const cancel = () => messageState.cancel();
  signal.addEventListener("abort", cancel);
  try {
    return await messageState.finish();
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
