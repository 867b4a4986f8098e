/** Prometheus's text format, and Debian's promtool. */
import { findCommand, run } from "./process.ts";

/** Why promtool cannot be used here, or undefined if it can. */
export function promtoolProblem(): string | undefined {
  return findCommand("promtool") ? undefined : "needs promtool (Debian: prometheus)";
}

/** What promtool has to say; nothing where it is content. */
export async function promtool(args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await run([findCommand("promtool")!, ...args], { input });
  return code === 0 && stderr === "" ? "" : `exit code ${code}: ${stdout}${stderr}`;
}

/** Values by name and labels, as they stand there: `x_total{filter="a"}`. */
export function samplesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
}
