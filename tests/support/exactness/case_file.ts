/**
 * Reads the case files below tests/mta_cases. tests/mta_cases/README.md describes their format.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { repeatParts, unescapeText } from "./escapes.ts";

/** An MTA that cases are run behind. */
export type MtaName = "postfix" | "sendmail";

/** What of two runs is compared, each for itself. */
export const ASPECTS = ["replies", "message", "envelope", "events"] as const;

/** One of {@link ASPECTS}. */
export type Aspect = typeof ASPECTS[number];

/** The names of filters, in the order in which the MTA calls them. */
export const FILTER_NAMES = ["A", "B", "C"] as const;

/** A difference between the milters and the chain that a case declares. */
export interface DeclaredDifference {
  /** Meant: the chain shall differ. Nearest: no sequence of actions can do the same on this MTA. */
  readonly kind: "meant" | "nearest";
  readonly mta: MtaName;
  /** What differs, all of these; everything else is equal. */
  readonly aspects: readonly Aspect[];
  readonly why: string;
  /** Scripts with which separate milters do what the chain does with the case's own. */
  readonly instead: readonly string[] | undefined;
}

/** One case: what each filter does, and what the SMTP client says. */
export interface ExactnessCase {
  readonly title: string;
  /** Path below the folder of cases. */
  readonly file: string;
  readonly line: number;
  /** One script for each filter, in order. */
  readonly scripts: readonly string[];
  /** The lines of the SMTP dialogue. */
  readonly dialogue: readonly string[];
  readonly differences: readonly DeclaredDifference[];
  /** The MTAs that this case is run behind. */
  readonly mtas: readonly MtaName[];
}

const FOLDER = fileURLToPath(new URL("../../mta_cases", import.meta.url));
const MTAS: readonly MtaName[] = ["postfix", "sendmail"];

/** All cases, ordered by file and line. */
export function allCases(): ExactnessCase[] {
  const files = readdirSync(FOLDER, { recursive: true }).map(String).filter((name) => name.endsWith(".txt"));
  return files.sort().flatMap((file) => parseCases(readFileSync(join(FOLDER, file), "latin1"), file));
}

/**
 * The cases of one file.
 *
 * @throws {Error} with file and line, when the file is not as it should be
 */
export function parseCases(text: string, file: string): ExactnessCase[] {
  const cases: ExactnessCase[] = [];
  let common: string[] | undefined;
  for (const block of blocksOf(text)) {
    try {
      const sections = sectionsOf(block);
      if (block.title === undefined) common = sections.find(({ heading }) => heading === "smtp:")?.lines;
      else cases.push(caseOf(block.title, block.line, file, sections, common));
    } catch (error) {
      throw new Error(`${file}:${block.line}: ${(error as Error).message}`);
    }
  }
  return cases;
}

/** A case's lines, or those before the first case, which have no title. */
interface Block {
  title?: string;
  line: number;
  lines: string[];
}

/** A line at the left margin and the indented lines below it. */
interface Section {
  heading: string;
  lines: string[];
}

function blocksOf(text: string): Block[] {
  let block: Block = { line: 1, lines: [] };
  const blocks = [block];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.startsWith("=== ")) {
      block = { title: line.slice(4).trim(), line: i + 1, lines: [] };
      blocks.push(block);
    } else block.lines.push(line);
  }
  return blocks;
}

function sectionsOf(block: Block): Section[] {
  const sections: Section[] = [];
  for (const line of block.lines) {
    if (line.startsWith("#")) continue;
    if (line === "" || line.startsWith("  ")) sections[sections.length - 1]?.lines.push(line.slice(2));
    else sections.push({ heading: line, lines: [] });
  }
  for (const { lines } of sections) while (lines[lines.length - 1] === "") lines.pop();
  return sections;
}

function caseOf(
  title: string,
  line: number,
  file: string,
  sections: readonly Section[],
  common: string[] | undefined,
): ExactnessCase {
  const scripts: string[] = [];
  const instead = new Map<string, string>();
  const declared: Omit<DeclaredDifference, "instead">[] = [];
  let mtas = MTAS;
  let dialogue = common;
  for (const { heading, lines } of sections) {
    const script = lines.map((each) => repeatParts(each) + "\n").join("");
    const [, own] = /^([ABC]):$/.exec(heading) ?? [];
    const [, other, others] = /^instead ([ABC])(?: on (postfix|sendmail))?:$/.exec(heading) ?? [];
    if (own) {
      if (own !== FILTER_NAMES[scripts.length]) throw new Error(`${heading} is not the next filter`);
      scripts.push(script);
    } else if (other) {
      for (const mta of others ? [others] : MTAS) instead.set(`${other} on ${mta}`, script);
    } else if (heading === "smtp:") dialogue = lines;
    else if (heading.startsWith("only on ")) mtas = [mtaOf(/^only on (\w+): ./.exec(heading)?.[1])];
    else declared.push(...declaredOf(heading));
  }
  if (scripts.length === 0) throw new Error("there is no filter");
  for (const each of dialogue ?? []) unescapeText(each);
  if (!dialogue) throw new Error("there is no SMTP dialogue, neither here nor at the top of the file");
  const differences = declared.map((each) => ({ ...each, instead: insteadOf(scripts, instead, each.mta) }));
  return { title, file, line, scripts, dialogue, differences, mtas };
}

function declaredOf(heading: string): Omit<DeclaredDifference, "instead">[] {
  const [, verb, on = "", listed = "", why = ""] =
    /^(differs|nearest) on ([\w, ]+) \(([\w, ]+)\): (.+)$/.exec(heading) ?? [];
  if (!verb) throw new Error(`cannot understand "${heading}"`);
  const aspects = listed.split(", ").map((name) => {
    const aspect = ASPECTS.find((each) => each === name);
    if (!aspect) throw new Error(`${name} is none of ${ASPECTS.join(", ")}`);
    return aspect;
  });
  const kind = verb === "differs" ? "meant" : "nearest";
  return on.split(", ").map((name) => ({ kind, mta: mtaOf(name), aspects, why }));
}

function insteadOf(
  scripts: readonly string[],
  instead: ReadonlyMap<string, string>,
  mta: MtaName,
): string[] | undefined {
  const others = scripts.map((_, i) => instead.get(`${FILTER_NAMES[i]} on ${mta}`));
  return others.some((each) => each !== undefined)
    ? scripts.map((script, i) => others[i] ?? script)
    : undefined;
}

function mtaOf(name: string | undefined): MtaName {
  const mta = MTAS.find((each) => each === name);
  if (!mta) throw new Error(`an MTA is wanted, postfix or sendmail, with a reason`);
  return mta;
}
