/**
 * Generates the page with the licences of third-party components, which must ship with the executable.
 *
 * @module
 */

import type { Component } from "./components.ts";

/** Returns the page. */
export function thirdParty(components: readonly Component[]): string {
  return [
    "# Third-party components of milterkit",
    "The executable contains these npm packages and the Bun runtime, which itself contains third-party components: " +
    "WebKit's JavaScriptCore under the LGPL 2, and those listed at https://bun.com/docs/project/licensing.",
    ...components.map(section),
  ].join("\n\n") + "\n";
}

function section({ name, version, license, licenseText, part }: Component): string {
  const title = `## ${name} ${version}\n\n${license} (${part})`;
  return licenseText ? `${title}\n\n${licenseText.trim().replace(/^(?=.)/gm, "    ")}` : title;
}
