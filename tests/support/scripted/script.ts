/**
 * Parses the scripts that define a filter's behaviour. The language is that of refmilter, the filter on C libmilter that
 * this one is compared with.
 *
 *     actions NAME...       actions to request in negotiation; default: all
 *     protocol NAME...      protocol flags to request; default: none
 *     symlist STAGE LIST    macros to request
 *     macros NAME...        macros to log
 *     on STAGE [COND...] do ACTION [ARG...]
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { MacroStageName } from "../../../mod.ts";
import { cString, fromBytes } from "./bytes.ts";
import { type Condition, parseCondition } from "./conditions.ts";
import { actionBits, ALL_ACTIONS, protocolBits } from "./flags.ts";
import { tokenize } from "./tokens.ts";

const STAGES = [
  "connect",
  "helo",
  "mail",
  "rcpt",
  "data",
  "unknown",
  "header",
  "eoh",
  "body",
  "eom",
  "abort",
  "close",
] as const;

/** Stages that macros can be asked for, in the order in which refmilter asks. */
const MACRO_STAGES: readonly MacroStageName[] = ["connect", "helo", "mail", "rcpt", "data", "eom", "eoh"];

/** When a rule is looked at. */
export type Stage = typeof STAGES[number];

/** `on STAGE [COND...] do ACTION [ARG...]` */
export interface Rule {
  readonly stage: Stage;
  /** All must hold. */
  readonly conditions: readonly Condition[];
  /** A verdict, or something that is done before the next rule is looked at. */
  readonly action: string;
  /** Bytes, NUL included; see `bytes.ts`. */
  readonly args: readonly string[];
}

/** What a script says. */
export interface Script {
  /** Action bits to ask for. */
  readonly actions: number;
  /** Protocol bits to ask for. */
  readonly protocol: number;
  /** Macro lists to ask for, by stage: names with spaces between. */
  readonly symlists: ReadonlyMap<MacroStageName, string>;
  /** The macros to log; empty for the usual ones. */
  readonly macros: readonly string[];
  /** In the order of the file. */
  readonly rules: readonly Rule[];
}

/**
 * Reads a script. What cannot be made out is left out.
 *
 * @param text the script, one character a byte
 * @param warn told of every line that cannot be made out
 */
export function parseScript(text: string, warn: (text: string) => void): Script {
  let actions = ALL_ACTIONS;
  let protocol = 0;
  const asked = new Map<MacroStageName, string>();
  const macros: string[] = [];
  const rules: Rule[] = [];
  for (const line of text.split("\n")) {
    const tokens = tokenize(line);
    const [directive, ...words] = tokens.map(cString);
    if (directive === undefined || directive.startsWith("#")) continue;
    if (directive === "actions") {
      actions = actionBits(words, warn);
    } else if (directive === "protocol") {
      protocol = protocolBits(words, warn);
    } else if (directive === "symlist" && words[1] !== undefined) {
      asked.set(words[0] as MacroStageName, words[1]);
    } else if (directive === "macros") {
      macros.push(...words);
    } else if (directive === "on" && words.length >= 3) {
      const rule = parseRule(words, tokens.slice(1), warn);
      if (rule) rules.push(rule);
    } else {
      warn(`bad line: ${directive}`);
    }
  }
  const symlists = new Map(
    MACRO_STAGES.flatMap((stage) => {
      const list = asked.get(stage);
      return list === undefined ? [] : [[stage, list] as const];
    }),
  );
  return { actions, protocol, symlists, macros, rules };
}

/**
 * Reads a script from a file; a missing file is an empty script.
 *
 * @param path the file
 * @param warn as with {@linkcode parseScript}
 */
export function readScript(path: string, warn: (text: string) => void): Script {
  let text = "";
  try {
    text = fromBytes(readFileSync(path));
  } catch {
    // As with refmilter: no script asks for everything and does nothing.
  }
  return parseScript(text, warn);
}

/** Reads what stands behind `on`: as C sees the words, but for the arguments, which are bytes. */
function parseRule(
  words: readonly string[],
  tokens: readonly string[],
  warn: (text: string) => void,
): Rule | undefined {
  const stage = STAGES.find((name) => name === words[0]);
  if (!stage) {
    warn(`unknown stage ${words[0]}`);
    return undefined;
  }
  const end = words.indexOf("do", 1);
  const action = words[end + 1];
  if (end < 0 || action === undefined) return undefined;
  return {
    stage,
    conditions: words.slice(1, end).map(parseCondition),
    action,
    args: tokens.slice(end + 2),
  };
}
