/**
 * Renders the last warnings and errors in the log.
 *
 * @module
 */

import { logLink } from "./links.ts";
import { logTable } from "./log_table.ts";
import type { MailOverview } from "./mail_overview.ts";
import { type Markup, markup } from "./markup.ts";

/** Renders the lines, newest first; hidden if there are none. */
export function warningsPart({ warnings, time }: MailOverview): Markup {
  const hidden = warnings.length === 0 ? markup` hidden` : undefined;
  return markup`<section id="warnings" class="part" aria-labelledby="warnings-title"${hidden}>
<div class="heading"><h2 id="warnings-title">Warnings and errors</h2><p>of the log, times in UTC, newest first; <a href="${
    logLink({ level: "warning,error" })
  }">all that are kept</a></p></div>
${hidden ? undefined : logTable(warnings, { title: "warnings-title", now: time, leadsToMessages: true })}
</section>\n`;
}
