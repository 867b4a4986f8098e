/**
 * `milterkit trace`: sits between an MTA and any milter, and shows what they say to each other.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { Relay } from "../../../lib/mta/relay.ts";
import { formatAddress } from "../../../lib/net/address.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { configureLog, log } from "../../log/log.ts";
import { listenAddress, milterAddress } from "../../terminal/milter_address.ts";
import { isSameEndpoint } from "../../config/same_endpoint.ts";
import { socketMode } from "../../options/socket_mode.ts";
import type { CliCommand } from "../command.ts";
import { TRACE_HELP, TRACE_OPTIONS } from "./options.ts";
import { Trace } from "./trace.ts";
import { TraceFile } from "./trace_file.ts";

/** Longest time that messages in progress have to finish after a signal, in milliseconds. */
const GRACE = 10_000;
/** How often to check whether they have, in milliseconds. */
const CHECK_INTERVAL = 50;

/** Relays between an MTA and a milter, and shows what passes. */
export const traceCommand: CliCommand = {
  help: TRACE_HELP,
  options: TRACE_OPTIONS,
  operandKind: "none",
  isService: true,
  run,
};

/**
 * Runs until a signal.
 *
 * @throws {UsageError} if the command line is wrong
 * @throws {AddressError} if it cannot listen on the address
 * @throws {TraceFileError} if the file cannot be created
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, options } = readCommandLine(traceCommand, invocation);
  const listen = listenAddress(program, options.get("listen-address", "listen"));
  const milter = milterAddress(program, options.get("connect-address", "milter"));
  if (await isSameEndpoint(milter, listen)) {
    throw new UsageError(
      `${program}: --milter ${formatAddress(milter)} leads back to --listen ${formatAddress(listen)}: ` +
        "each connection would loop endlessly. Give the address that the milter itself listens on",
    );
  }
  const mode = socketMode(program, options.get("string", "socket-mode")!);
  const group = options.get("string", "socket-group");
  const path = options.get("string", "write");
  refuseContradictions(program, options);
  configureLog({ format: "text", level: "info" });
  const trace = new Trace(options);
  const relay = await Relay.start({
    listen,
    milter,
    mode,
    ...(group === undefined ? {} : { group }),
    watch: ({ number, peer }) => trace.watch(number, peer),
    failed: (error) => log("error", `cannot accept a connection: ${error.message}`),
  });
  try {
    // No connection is accepted before this has run. It follows listening: if that fails, no file is made or replaced.
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
  return await trace.end() ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** Refuses options that have no effect with or without another one. */
function refuseContradictions(program: string, options: OptionValues): void {
  const given = (name: string) => options.given.some((option) => option.name === name);
  const refuse = (reason: string): never => {
    throw new UsageError(`${program}: ${reason}`);
  };
  const listen = options.get("listen-address", "listen")!;
  if (given("force") && !given("write")) refuse("--force needs --write FILE");
  if (given("quiet") && given("json")) refuse("--quiet prints nothing, so leave --json out");
  if (given("body") && given("quiet")) refuse("--quiet prints nothing, so leave --body out");
  if (given("body") && given("json")) refuse("--json prints whole packets, so leave --body out");
  const socket = ["socket-mode", "socket-group"].find(given);
  if (socket !== undefined && /^inet6?:/.test(listen)) {
    refuse(`--${socket} is for unix sockets, and --listen ${listen} is none`);
  }
}

function endAtSignals(relay: Relay, trace: Trace): void {
  let ending = false;
  const end = () => {
    if (ending) return relay.destroyAll();
    ending = true;
    relay.close();
    const until = performance.now() + GRACE;
    const check = () => {
      if (trace.inMessage && performance.now() < until) setTimeout(check, CHECK_INTERVAL);
      else relay.destroyAll();
    };
    check();
    if (trace.inMessage) {
      log("info", "ending when the messages in progress are finished; a second signal ends at once");
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
}
