/**
 * The filter that the benchmark measures: implements every callback through the public API and continues at each.
 *
 *     noop_milterkit.ts ADDRESS [--nr] [--add] [--decode] [--filters N]
 *
 * `--nr` gives no verdicts, so that no replies are negotiated; `--add` adds one header field at end of message;
 * `--decode` reads every string; `--filters` sets the number of filters in the chain.
 *
 * @module
 */

import process from "node:process";
import { defineFilter, serve } from "../../mod.ts";

// Read by hand: node:util would take memory that is not Milterkit's.
const [address = "", ...flags] = process.argv.slice(2);
const [nr, add, decode] = ["--nr", "--add", "--decode"].map((flag) => flags.includes(flag));
const count = flags.includes("--filters") ? Number(flags[flags.indexOf("--filters") + 1]) : 1;

/** What was read is added up here, so that no compiler can leave the reading out. */
let read = 0;

const terms = nr ? { verdicts: [] } : {};
const noop = (name: string) =>
  defineFilter({
    name,
    ...terms,
    changes: add ? ["addHeader"] : [],
    connect(client) {
      if (decode) read += client.hostname.length + client.address.length;
    },
    helo(name) {
      if (decode) read += name.length;
    },
    mail(sender) {
      if (decode) read += sender.address.length + sender.args.length;
    },
    rcpt(recipient) {
      if (decode) read += recipient.address.length + recipient.args.length;
    },
    data() {},
    header(field) {
      if (decode) read += field.name.length + field.value.length;
    },
    eoh() {},
    body(chunk) {
      if (decode) read += chunk.length;
    },
    eom(message) {
      if (add) message.addHeader("X-Bench", "added by the filter");
    },
    abort() {},
    unknown() {},
    close() {},
  });

const filters = Array.from({ length: count }, (_, i) => noop(`noop-${i + 1}`));
const server = await serve({ listen: address, filters });
process.on("SIGTERM", () => server.abort().then(() => process.exit(read < 0 ? 1 : 0)));
