/**
 * Which files may import from which: the rooms of the project say it, see `rooms/`.
 *
 * @module
 */

import type { Room } from "./rooms/room.ts";
import { ROOMS } from "./rooms/rooms.ts";
import { type SourceFile, targetOf } from "./source.ts";

/** What rooms of the executable may import in addition to their rows. */
const LIBRARY: readonly string[] = ["lib/", "filters/", "mod.ts", "deno.json"];

/** Everything that is wrong with the directions of imports, a line each. */
export function importProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const row = ROOMS.find(({ room }) => fits(path, room));
    if (!row) return [`${path}: belongs to no room of scripts/rules/rooms`];
    return imports.flatMap((imported) => {
      const problem = problemOf(path, row, imported);
      return problem ? [`${path}: imports ${imported}: ${problem}`] : [];
    });
  });
}

function problemOf(file: string, row: Room, imported: string): string | undefined {
  if (imported.startsWith("node:")) {
    return row.node ? undefined : "this room must not import a runtime's modules";
  }
  if (!imported.startsWith(".")) {
    return row.executable ? undefined : "only relative imports and node: work by URL on every runtime";
  }
  const target = targetOf(file, imported);
  const own = row.room.endsWith("/*/") ? folderIn(row.room, file)! : row.room;
  return [own, ...row.from, ...(row.executable ? LIBRARY : [])].some((room) => fits(target, room))
    ? undefined
    : "imports run one way";
}

function fits(file: string, room: string): boolean {
  if (room.endsWith("/*/")) return folderIn(room, file) !== undefined;
  return room.endsWith("/") ? file.startsWith(room) : file === room;
}

/** The folder of a room such as `filters/*\/` that a file lies in. */
function folderIn(room: string, file: string): string | undefined {
  const parent = room.slice(0, -"*/".length);
  const [name, ...rest] = file.startsWith(parent) ? file.slice(parent.length).split("/") : [];
  return rest.length > 0 ? `${parent}${name}/` : undefined;
}
