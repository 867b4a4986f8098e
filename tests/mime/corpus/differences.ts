/** Where two programs read a message differently. */
import type { ReadPart } from "./judges.ts";

/** One difference. */
export interface Difference {
  /** The message. */
  readonly message: string;
  /** What differs: the tree of types, or something of one part. */
  readonly what: "tree" | "name" | "content" | "text";
  /** The part, unless it is the tree. */
  readonly part?: number;
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** All differences of a message; of the parts only if the trees are the same. */
export function differencesIn(
  message: string,
  ours: readonly ReadPart[],
  theirs: readonly ReadPart[],
): Difference[] {
  const [ourTree, theirTree] = [treeOf(ours), treeOf(theirs)];
  if (ourTree !== theirTree) return [{ message, what: "tree", ours: ourTree, theirs: theirTree }];
  return ours.flatMap((our, part) => {
    const their = theirs[part]!;
    const found: Difference[] = [];
    if (our.name !== their.name) {
      found.push({ message, what: "name", part, ours: our.name, theirs: their.name });
    }
    if (our.content === null || their.content === null) return found;
    if (our.content !== their.content) {
      found.push({ message, what: "content", part, ours: our.content, theirs: their.content });
    } else if (our.text !== their.text) {
      found.push({ message, what: "text", part, ours: our.text, theirs: their.text });
    }
    return found;
  });
}

/** Types in lines, with two spaces for each level. */
function treeOf(parts: readonly ReadPart[]): string {
  return parts.map(({ depth, type }) => `${"  ".repeat(depth)}${type}`).join("\n");
}
