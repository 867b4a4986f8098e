/**
 * Converts whose mail is signed: InternalHosts, PeerList, MTA and MacroList.
 *
 * @module
 */

import { dataSetOf } from "./data_set.ts";
import { networksOfHosts } from "./host_list.ts";
import type { Item } from "../conversion/output.ts";
import type { Report } from "../conversion/report.ts";
import type { OpendkimSettings } from "./settings.ts";

/** Whose mail is signed, besides that of clients that logged in. */
export interface Origin {
  /** Networks of clients. */
  readonly clients: readonly Item[];
  /** `NAME` or `NAME=VALUE` of macros of the MTA. */
  readonly macros: readonly Item[];
}

/** OpenDKIM's default. */
const LOOPBACK = ["127.0.0.1", "::1"];

/**
 * Converts whose mail is signed.
 *
 * @param settings the settings
 * @param report receives what cannot be converted
 */
export function originOf(settings: OpendkimSettings, report: Report): Origin {
  const hosts = dataSetOf(settings, "InternalHosts", report);
  const networks = hosts === undefined ? LOOPBACK : networksOfHosts(hosts, report);
  if (hosts && networks.some((network) => network.endsWith("/0"))) {
    report.note(
      hosts.place,
      "everybody who reaches this address can have mail signed: let only an MTA use it that takes mail from your own users alone",
    );
  }
  return {
    clients: networks.map((text) => ({ text })),
    macros: [...daemonNames(settings, report), ...macrosOf(settings, report)],
  };
}

/**
 * The networks whose mail OpenDKIM lets pass.
 *
 * @param settings the settings
 * @param report receives what cannot be converted
 */
export function peersOf(settings: OpendkimSettings, report: Report): readonly Item[] {
  const hosts = dataSetOf(settings, "PeerList", report);
  return hosts === undefined ? [] : networksOfHosts(hosts, report).map((text) => ({ text }));
}

/** The macro `daemon_name`, whose case matters. */
function daemonNames(settings: OpendkimSettings, report: Report): Item[] {
  const names = dataSetOf(settings, "MTA", report);
  if (names?.kind === "patterns") {
    report.problem(names.place, "OpenDKIM does not take patterns here; name a list, or a table with file:");
    return [];
  }
  return (names?.entries ?? []).filter(({ key }) => key !== "")
    .map(({ key, place }) => ({ text: `daemon_name=${key}`, place }));
}

function macrosOf(settings: OpendkimSettings, report: Report): Item[] {
  const macros = dataSetOf(settings, "MacroList", report);
  if (macros === undefined) return [];
  if (macros.kind === "patterns") {
    report.problem(macros.place, "OpenDKIM expects a list, or a table with file:");
    return [];
  }
  const entries = macros.entries.filter(({ key }) => key !== "");
  if (new Set(entries.map(({ key }) => key)).size > 1) {
    report.note(
      macros.place,
      "of several macros that the MTA sends, OpenDKIM goes by the last; dkim-sign signs if any of them fits",
    );
  }
  return entries.flatMap(({ key, value, place }) =>
    value === undefined
      ? [{ text: key, place }]
      : value.split("|").filter((each) => each !== "").map((each) => ({
        text: `${key}=${each.trim()}`,
        place,
      }))
  );
}
