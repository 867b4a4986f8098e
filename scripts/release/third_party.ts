/**
 * The licences of what of others is in an executable, which ask to go along with it.
 *
 * @module
 */

import type { Component } from "./components.ts";

/** The page with all of them. */
export function thirdParty(components: readonly Component[]): string {
  return [
    "# What of others is in milterkit",
    "The executable holds these packages of npm, and the Bun runtime, which has parts of others in it: " +
    "JavaScriptCore of WebKit under the LGPL 2, and those that https://bun.com/docs/project/licensing lists.",
    ...components.map(section),
  ].join("\n\n") + "\n";
}

function section({ name, version, license, licenseText, part }: Component): string {
  const title = `## ${name} ${version}\n\n${license} (${part})`;
  return licenseText ? `${title}\n\n${licenseText.trim().replace(/^(?=.)/gm, "    ")}` : title;
}
