/**
 * The pages' style sheet, for light and dark themes and for wide and narrow windows.
 *
 * @module
 */

import { BASE } from "./style/base.ts";
import { CHARTS } from "./style/charts.ts";
import { COLOURS } from "./style/colours.ts";
import { MAIL } from "./style/mail.ts";
import { NARROW } from "./style/narrow.ts";
import { TABLES } from "./style/tables.ts";

/** The style sheet. What is for narrow windows comes last, since it changes what is before. */
export const STYLE: string = [COLOURS, BASE, CHARTS, TABLES, MAIL, NARROW].join("");
