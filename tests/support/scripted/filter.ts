/**
 * A Milterkit filter that runs a script.
 *
 * @module
 */

import type { ConnectionContext, EnvelopeAddress, Filter } from "../../../mod.ts";
import { FAMILY_LETTERS } from "../../../lib/protocol/families.ts";
import { fromBytes, fromText } from "./bytes.ts";
import { ScriptedConnection } from "./connection.ts";
import type { Log } from "./log.ts";
import type { MtaChoice } from "./mta.ts";

/** What makes a scripted filter. */
export interface ScriptedFilterOptions {
  readonly name: string;
  /** The path of the script. */
  readonly scriptPath: string;
  readonly log: Log;
  /** @default "auto" */
  readonly mta?: MtaChoice;
  /** Called for errors in a script. @default errors are ignored */
  readonly warn?: (text: string) => void;
}

/** Creates a filter that runs a script. It reloads the script for each connection. */
export function scriptedFilter(options: ScriptedFilterOptions): Filter<ScriptedConnection, undefined> {
  const { name, scriptPath, log, mta = "auto", warn = () => {} } = options;
  let connections = 0;
  const shared = { name, scriptPath, log, mta, warn, nextNumber: () => ++connections };
  return ({
    name,
    // Its log is compared: what an earlier filter refuses must not be in it.
    actsOutside: true,
    connectionState: () => new ScriptedConnection(shared),

    negotiate: (offer, { connectionState }) => connectionState.negotiate(offer),

    connect(client, { connectionState, macro }) {
      const { hostname, family, port, address } = client;
      const host = fromText(hostname);
      const value = fromText(address);
      const portText = family === "inet" || family === "inet6" ? String(port) : "";
      connectionState.forgetMacros();
      return connectionState.call(
        { stage: "connect", argument: host, value },
        [host, String.fromCharCode(FAMILY_LETTERS[family]), portText, value],
        macro,
      );
    },

    helo(helo, { connectionState, macro }) {
      const argument = fromText(helo);
      connectionState.forgetMacros();
      return connectionState.call({ stage: "helo", argument }, [argument], macro);
    },

    mail(sender, { connectionState, macro }) {
      const argument = fromBytes(sender.pathBytes);
      connectionState.forgetMacros();
      connectionState.seen.beginMessage(argument);
      return connectionState.call({ stage: "mail", argument }, [argument, ...argumentsOf(sender)], macro);
    },

    rcpt(recipient, { connectionState, macro }) {
      const argument = fromBytes(recipient.pathBytes);
      connectionState.seen.recipients.push(argument);
      return connectionState.call({ stage: "rcpt", argument }, [argument, ...argumentsOf(recipient)], macro);
    },

    data: ({ connectionState, macro }) => connectionState.call({ stage: "data" }, [], macro),

    header(field, { connectionState, macro }) {
      const name = fromBytes(field.nameBytes);
      const value = fromBytes(connectionState.leadingSpace ? field.rawValueBytes : field.valueBytes);
      connectionState.seen.headers.push({ name, value });
      return connectionState.call({ stage: "header", argument: name, value }, [name, value], macro);
    },

    eoh: ({ connectionState, macro }) => connectionState.call({ stage: "eoh" }, [], macro),

    body(chunk, { connectionState, macro }) {
      const value = fromBytes(chunk);
      connectionState.seen.addBody(value);
      return connectionState.call({ stage: "body", value }, [value], macro);
    },

    eom: (message, { connectionState, macro }) => connectionState.call({ stage: "eom" }, [], macro, message),

    abort: (context) => end("abort", context),

    unknown(command, { connectionState, macro }) {
      const argument = fromText(command);
      return connectionState.call({ stage: "unknown", argument }, [argument], macro);
    },

    close(context) {
      if (context.connectionState.begun) return end("close", context);
    },
  });
}

/** A callback without a verdict. */
function end(
  stage: "abort" | "close",
  { connectionState, macro }: ConnectionContext<ScriptedConnection>,
): void | Promise<void> {
  const done = connectionState.call({ stage }, [], macro);
  if (done instanceof Promise) return done.then(() => {});
}

function argumentsOf(address: EnvelopeAddress): string[] {
  return address.argBytes.map(fromBytes);
}
