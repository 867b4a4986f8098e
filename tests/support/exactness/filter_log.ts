/** Reads the logs of filters: what each saw and answered, one JSON object per line. */
import { Buffer } from "node:buffer";
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { escapeText } from "./escapes.ts";

/** A line of the log. */
interface LogLine {
  /** Number of the connection. */
  c: number;
  /** Number of the message on it. */
  m: number;
  ev: string;
  /** In hexadecimal. */
  args?: (string | null)[];
  mac?: Record<string, string>;
  ops?: [name: string, result: number][];
  ret?: string;
  offered?: number[];
}

/** Macros whose values are ports, which differ from run to run. */
const PORT_MACROS = ["{client_port}", "{daemon_port}"];

/** The log file of one filter. */
export class FilterLog {
  readonly path: string;
  #offset = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Forgets what is in the log so far. */
  mark(): void {
    this.#offset = this.#read((descriptor) => fstatSync(descriptor).size) ?? 0;
  }

  /** Whether every connection since {@link mark} has ended. */
  get quiet(): boolean {
    const lines = this.#lines();
    const count = (event: string) => lines.filter(({ ev }) => ev === event).length;
    return count("negotiate") === count("close");
  }

  /** What the filter saw since {@link mark}, as text that can be compared, connection by connection. */
  events(): string[] {
    const lines = this.#lines();
    const connections = [...new Set(lines.map(({ c }) => c))];
    return connections.flatMap((connection, i) =>
      withoutIdleAborts(lines.filter(({ c }) => c === connection)).map((line) =>
        `${i + 1} ${eventText(line)}`
      )
    );
  }

  /** The values that a macro had since {@link mark}. */
  macroValues(name: string): string[] {
    return this.#lines().flatMap(({ mac }) => mac?.[name] ?? []).map(fromHex);
  }

  #lines(): LogLine[] {
    const text = this.#read((descriptor) => {
      const bytes = Buffer.alloc(fstatSync(descriptor).size - this.#offset);
      readSync(descriptor, bytes, 0, bytes.length, this.#offset);
      return bytes.toString("latin1");
    }) ?? "";
    // the last one may still be in the making
    return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  }

  #read<T>(use: (descriptor: number) => T): T | undefined {
    if (!existsSync(this.path)) return undefined;
    const descriptor = openSync(this.path, "r");
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

/**
 * Leaves out aborts where no message is open. Postfix sends them after every message and at the end of every session,
 * and C libmilter misses the last ones at times, since it looks for the end of the connection beside its reading.
 */
function withoutIdleAborts(lines: readonly LogLine[]): LogLine[] {
  let open = false;
  return lines.filter(({ ev, ret = "" }) => {
    if (ev === "abort" && !open) return false;
    if (ev === "mail") open = true;
    const refusal = ["reject", "tempfail"].includes(ret);
    if (["abort", "eom"].includes(ev) || ["accept", "discard"].includes(ret)) open = false;
    else if (refusal && ["mail", "data", "header", "eoh", "body"].includes(ev)) open = false;
    return true;
  });
}

function eventText(line: LogLine): string {
  // what a filter asks for differs by design: a chain asks for more than its filter does
  if (line.ev === "negotiate") return `negotiate offered=${line.offered}`;
  const args = (line.args ?? []).map((each, i) =>
    each === null ? "-" : line.ev === "connect" && i === 2 ? "PORT" : quoted(each)
  );
  const macros = Object.entries(line.mac ?? {}).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) =>
    `${name}=${PORT_MACROS.includes(name) ? "PORT" : quoted(value)}`
  );
  return [
    `m${line.m} ${[line.ev, ...args].join(" ")}`,
    ...(line.ops ?? []).map(([name, result]) => `${name}=${result}`),
    `-> ${line.ret}`,
    ...(macros.length > 0 ? [`macros ${macros.join(" ")}`] : []),
  ].join(" | ");
}

function quoted(hex: string): string {
  return `"${escapeText(fromHex(hex))}"`;
}

function fromHex(hex: string): string {
  return Buffer.from(hex, "hex").toString("latin1");
}
