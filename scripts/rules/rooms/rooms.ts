/**
 * All rooms of the project.
 *
 * @module
 */

import { EXECUTABLE_ROOMS } from "./executable.ts";
import { FILTER_ROOMS } from "./filters.ts";
import { LIBRARY_ROOMS } from "./library.ts";
import type { Room } from "./room.ts";

/** The first row that matches a file applies. */
export const ROOMS: readonly Room[] = [...LIBRARY_ROOMS, ...FILTER_ROOMS, ...EXECUTABLE_ROOMS];
