/**
 * The mail log: what is kept of any event, and what finds it.
 *
 * @module
 */
import { MailLog } from "../../../cli/observe/mail_log/mail_log.ts";
import { QueryError, readMailQuery, TEXT_FIELDS } from "../../../cli/observe/mail_log/query.ts";
import { MailLogRecorder } from "../../../cli/observe/mail_log/recorder.ts";
import { utf8Text } from "../../../lib/message/text.ts";
import { legibleText } from "../../../lib/protocol/text.ts";
import { Choices } from "../engine/choices.ts";
import { hold, type Target } from "../engine/target.ts";
import { eventOf, messageEvent } from "../server_event.ts";

/** What means something in a query, in JSON, and in a regular expression. */
const PARTS = [
  "<",
  ">",
  '"',
  "\\",
  "=",
  "/",
  "(",
  "[",
  ".*",
  "\n",
  "\0",
  " ",
  "a@b",
  "\u0130",
  "\ud83d\ude00",
  "10.0.0.0/8",
];

export const mailLog: Target = {
  name: "mail-log",
  promise: "a message is found by whatever it says, and no query is an accident",
  cases: 1500,
  words: PARTS,
  make: (random) => Uint8Array.from({ length: 3 + random.below(60) }, () => random.below(256)),
  check(bytes) {
    const choices = new Choices(bytes);
    const text = () => {
      let text = "";
      for (let i = choices.byte() % 4; i >= 0; i--) {
        text += choices.byte() % 2 ? choices.of(PARTS) : utf8Text(choices.bytes());
      }
      return text;
    };
    const message = messageEvent(choices.byte() % 2 === 0, text);
    const log = new MailLog(10);
    const recorder = new MailLogRecorder();
    recorder.record({ type: "connected", connection: 1, peer: "unix" });
    recorder.record(eventOf(choices.byte(), text));
    recorder.record(message);
    recorder.close();
    log.add(recorder.take()!);
    const { sender, recipients, client, login, messageId, labels } = message.report;
    const said = {
      from: sender,
      to: recipients[0],
      client,
      login,
      id: messageId,
      label: labels[0],
      q: recipients[1],
    };
    for (const [field, value] of Object.entries(said)) {
      if (value !== undefined) checkFound(log, field, legibleText(value), legibleText(messageId!));
    }
    // Whatever is asked, it is answered or refused.
    checkQuery(log, new URLSearchParams({ [choices.of(TEXT_FIELDS)]: text(), [choices.of(OTHERS)]: text() }));
  },
};

const OTHERS = ["outcome", "since", "before", "limit", "sender"];

function checkFound(log: MailLog, field: string, value: string, messageId: string): void {
  const params = new URLSearchParams({ [field]: value });
  const query = checkQuery(log, params);
  if (!query) return;
  const { found } = log.search(query);
  hold(
    found.some((entry) => entry.messageId === messageId),
    `what a message says finds it: ${field}`,
    () => value,
  );
  const groups = log.groups(query);
  hold(groups.length > 0, "what is refused is in a group");
  hold(log.message(found[0]!.id)?.id === found[0]!.id, "what is found has an id");
}

function checkQuery(log: MailLog, params: URLSearchParams): ReturnType<typeof readMailQuery> | undefined {
  try {
    const query = readMailQuery(params);
    log.search(query);
    return query;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    hold(!/[\r\n]/.test(error.message), "what is refused is a sentence", () => error.message);
    return undefined;
  }
}
