/**
 * Lines of the log.
 *
 * @module
 */
import { logEvent } from "../../../cli/log/log.ts";
import { lineFormatter } from "../../../cli/log/lines.ts";
import { setLogSinks } from "../../../cli/log/log_sinks.ts";
import { latin1Bytes, utf8Text } from "../../../lib/message/text.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { Choices } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { eventOf } from "../server_event.ts";

const FORMATS = ["text", "json", "journal"] as const;
const PARTS = [
  "{",
  "}",
  "{queueId}",
  "\x1b[31m",
  "\r",
  "\n",
  "\0",
  "\xc2\x85",
  "\xe2\x80\xa8",
  "\x7f",
  "word",
  "; ",
  "<a@b>",
];

export const log: Target = {
  name: "log",
  promise: "whatever strangers say, an event is one line that no terminal obeys",
  cases: 1500,
  words: PARTS,
  make(random) {
    let text = String.fromCharCode(random.below(256), random.below(256));
    for (let i = random.below(40); i > 0; i--) {
      text += random.below(3) ? random.pick(PARTS) : "\0";
    }
    return latin1Bytes(text);
  },
  check(bytes) {
    const choices = new Choices(bytes);
    const format = choices.of(FORMATS);
    const event = eventOf(choices.byte(), () => utf8Text(choices.bytes()));
    for (const worker of [undefined, 2]) checkLine(linesOf(event, format, worker), format);
  },
};

/** What is written, with a sink of our own: the log's goes to standard error. */
function linesOf(event: ServerEvent, format: typeof FORMATS[number], worker: number | undefined): string {
  const formatter = lineFormatter(format, worker);
  let text = "";
  setLogSinks("debug", [(record) => void (text += formatter(record))]);
  logEvent(event);
  return text;
}

function checkLine(text: string, format: typeof FORMATS[number]): void {
  hold(text.endsWith("\n"), "a line has an end");
  const line = text.slice(0, -1);
  // deno-lint-ignore no-control-regex -- they are what is looked for
  const controls = format === "json" ? /[\x00-\x1f]/ : /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
  hold(!controls.test(line), "a line holds no control character", () => JSON.stringify(line));
  if (format === "json") same(typeof JSON.parse(line), "object", "a line of JSON is an object");
}
