/**
 * Renders the addresses, and the chain behind each.
 *
 * @module
 */

import { type Markup, markup } from "./markup.ts";
import type { ListenerState } from "./service_state.ts";
import type { StatusReport } from "./status_report.ts";

/** Renders the addresses and their chains. */
export function listenersPart({ service }: StatusReport): Markup {
  return markup`<section id="listeners" class="part" aria-labelledby="listeners-title">
<div class="heading"><h2 id="listeners-title">Listeners</h2></div>
<ul class="listeners">
${service.listeners.map(listener)}</ul>
</section>`;
}

function listener({ addresses, filters }: ListenerState): Markup {
  const places = addresses.map((address) => markup`<code>${address}</code> `);
  const chain = filters.map(({ name, dryRun }) =>
    markup`<li><bdi>${name}</bdi>${dryRun ? markup` <span class="mark">dry run</span>` : undefined}</li>`
  );
  return markup`<li><span class="addresses">${places}</span><ol>${chain}</ol></li>\n`;
}
