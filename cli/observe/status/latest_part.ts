/**
 * Renders the last messages.
 *
 * @module
 */

import { messagesLink } from "./links.ts";
import type { MailOverview } from "./mail_overview.ts";
import { type Markup, markup } from "./markup.ts";
import { messageTable } from "./message_table.ts";

/** Renders the table, newest first. */
export function latestPart({ latest, time }: MailOverview): Markup {
  return markup`<section id="latest" class="part" aria-labelledby="latest-title">
<div class="heading"><h2 id="latest-title">Last messages</h2><p>times in UTC, newest first; <a href="${messagesLink()}">search all that are kept</a></p></div>
${
    latest.length === 0
      ? markup`<p class="nothing">No messages since the start.</p>`
      : messageTable(latest, "latest-title", time)
  }
</section>\n`;
}
