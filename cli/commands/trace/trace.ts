/**
 * `milterkit trace`: stands between an MTA and any filter, and shows what they say to each other.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { Relay } from "../../../lib/mta/relay.ts";
import { formatAddress } from "../../../lib/net/address.ts";
import { hasColour, parseArguments, UsageError } from "../../terminal/arguments.ts";
import { plural } from "../../terminal/plural.ts";
import { jsonLine } from "../../terminal/json_line.ts";
import { configureLog, log } from "../../log/log.ts";
import { listenAddress, milterAddress } from "../../terminal/milter_address.ts";
import { giveUpOutput } from "../../terminal/standard_output.ts";
import { isSameEndpoint } from "../../config/same_endpoint.ts";
import { socketMode } from "../../options/socket_mode.ts";
import { LineOutput } from "./line_output.ts";
import { TRACE_HELP, TRACE_OPTIONS } from "./options.ts";
import { TraceFile } from "./trace_file.ts";
import {
  formatRecord,
  TRACE_VERSION,
  type TraceHeader,
  type TraceRecord,
} from "../../traces/trace_format.ts";
import { TraceLines } from "./trace_lines.ts";
import { TracedConnection } from "./traced_connection.ts";

const PROGRAM = "milterkit trace";

/** How long messages at hand have after a signal, in milliseconds, and how often they are looked at. */
const GRACE = 10_000;
const LOOK_INTERVAL = 50;

/**
 * Runs until a signal.
 *
 * @param args the command line behind `trace`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out
 * @throws {AddressError} for an address that cannot be listened on
 * @throws {TraceFileError} for a file that cannot be written
 */
export async function runTrace(args: readonly string[]): Promise<number> {
  const options = parseArguments(PROGRAM, TRACE_OPTIONS, args, TRACE_HELP);
  const listen = listenAddress(PROGRAM, options.get("listen-address", "listen"));
  const milter = milterAddress(PROGRAM, options.get("connect-address", "milter"));
  if (await isSameEndpoint(milter, listen)) {
    throw new UsageError(
      `milterkit trace: --milter ${formatAddress(milter)} leads back to --listen ${formatAddress(listen)}: ` +
        "each connection would go round without an end. Give the address that the milter itself listens on",
    );
  }
  const mode = socketMode(PROGRAM, options.get("string", "socket-mode")!);
  const group = options.get("string", "socket-group");
  const path = options.get("string", "write");
  if (options.get("flag", "force") && path === undefined) {
    throw new UsageError("milterkit trace: --force is for --write FILE, which is missing");
  }
  refuseContradictions(options);
  configureLog({ format: "text", level: "info" });
  const trace = new Trace(options);
  const relay = await Relay.start({
    listen,
    milter,
    mode,
    ...(group === undefined ? {} : { group }),
    watch: ({ number, peer }) => trace.watch(number, peer),
    failed: (error) => log("error", `cannot take a connection: ${error.message}`),
  });
  try {
    // Nobody is taken before this has run. A trace that cannot listen makes no file, and replaces none.
    const file = path === undefined
      ? undefined
      : TraceFile.create(path, Boolean(options.get("flag", "force")));
    trace.begin(file, { listen: relay.address, milter: formatAddress(milter) });
  } catch (error) {
    relay.close();
    throw error;
  }
  endAtSignals(relay, trace);
  log("info", `listening on ${relay.address} and passing on to ${formatAddress(milter)}`);
  await relay.finished;
  return await trace.end() ? 0 : 1;
}

/** Options of which one makes another void. */
function refuseContradictions(options: OptionValues): void {
  const given = (name: string) => options.given.some((option) => option.name === name);
  const refuse = (reason: string): never => {
    throw new UsageError(`${PROGRAM}: ${reason}`);
  };
  const listen = options.get("listen-address", "listen")!;
  if (given("quiet") && given("json")) refuse("--quiet prints nothing, so leave --json out");
  if (given("body") && given("quiet")) refuse("--quiet prints nothing, so leave --body out");
  if (given("body") && given("json")) refuse("--json prints whole packets, so leave --body out");
  const socket = ["socket-mode", "socket-group"].find(given);
  if (socket !== undefined && /^inet6?:/.test(listen)) {
    refuse(`--${socket} is for unix sockets, and --listen ${listen} is none`);
  }
}

/** Where what is seen goes. */
class Trace {
  readonly #started = Date.now();
  readonly #began = performance.now();
  readonly #print: ((record: TraceHeader | TraceRecord) => void) | undefined;
  #output: LineOutput | undefined;
  readonly #open = new Map<number, TracedConnection>();
  #file: TraceFile | undefined;
  #whole = true;

  constructor(options: OptionValues) {
    this.#print = options.get("flag", "quiet") ? undefined : this.#printer(options);
  }

  #printer(options: OptionValues): (record: TraceHeader | TraceRecord) => void {
    const json = Boolean(options.get("flag", "json"));
    const leftOut = (lines: number) =>
      json
        ? jsonLine({ type: "left-out", lines })
        : `(${plural(lines, "line")} left out: they were not read fast enough)`;
    const output = this.#output = new LineOutput(process.stdout, leftOut, () => {
      log("warning", "nobody reads what is printed any more; connections are passed on as before");
    });
    if (json) return (record) => output.write(formatRecord(record));
    const lines = new TraceLines({
      started: this.#started,
      bodyBytes: options.get("integer", "body")!,
      colour: hasColour(process.stdout),
    });
    return (record) => {
      if (!("format" in record)) lines.linesOf(record).forEach((line) => output.write(line));
    };
  }

  /** Begins, with the first line. */
  begin(file: TraceFile | undefined, ends: Pick<TraceHeader, "listen" | "milter">): void {
    this.#file = file;
    const started = new Date(this.#started).toISOString();
    this.#tell({ format: "milterkit-trace", version: TRACE_VERSION, started, ...ends });
  }

  /** Whether a message is under way on any connection. */
  get inMessage(): boolean {
    return this.#open.values().some((connection) => connection.inMessage);
  }

  watch(number: number, peer: string): TracedConnection {
    const clock = () => performance.now() - this.#began;
    const connection = new TracedConnection(number, peer, clock, (record) => {
      if (record.type === "close") this.#open.delete(number);
      this.#tell(record);
    });
    this.#open.set(number, connection);
    return connection;
  }

  /** @returns whether everything was written that was to be */
  async end(): Promise<boolean> {
    this.#file?.close();
    const unread = await this.#output?.end() ?? 0;
    if (unread > 0) {
      giveUpOutput();
      log("warning", `nobody read the last ${plural(unread, "line")} of what is printed`);
    }
    return this.#whole;
  }

  #tell(record: TraceHeader | TraceRecord): void {
    if (this.#print) this.#print(record);
    else if ("problem" in record && record.type === "failed") {
      log("warning", `connection ${record.connection}: ${record.from}: ${record.problem}`);
    }
    try {
      this.#file?.write(formatRecord(record));
    } catch (error) {
      // The mail matters more than its trace.
      log(
        "error",
        `${(error as Error).message}; connections are passed on as before, but no more is written`,
      );
      this.#file?.close();
      this.#file = undefined;
      this.#whole = false;
    }
  }
}

function endAtSignals(relay: Relay, trace: Trace): void {
  let ending = false;
  const end = () => {
    if (ending) return relay.destroyAll();
    ending = true;
    relay.close();
    const until = performance.now() + GRACE;
    const look = () => {
      if (trace.inMessage && performance.now() < until) setTimeout(look, LOOK_INTERVAL);
      else relay.destroyAll();
    };
    look();
    if (trace.inMessage) log("info", "ending once the messages at hand are finished; once more ends at once");
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
}
