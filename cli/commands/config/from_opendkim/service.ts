/**
 * Converts where the service listens, and how it looks up names.
 *
 * @module
 */

import { AddressError, formatAddress, parseAddress } from "../../../../lib/net/address.ts";
import type { OutputEntry } from "../conversion/output.ts";
import type { Report } from "../conversion/report.ts";
import type { OpendkimSettings } from "./settings.ts";

/** The longest that `dns-timeout` takes, in seconds. */
const MAX_DNS_TIMEOUT = 60;

/**
 * Converts the settings.
 *
 * @param settings the settings
 * @param checks whether signatures are checked, which needs the DNS
 * @param report receives what cannot be converted
 */
export function serviceEntries(
  settings: OpendkimSettings,
  checks: boolean,
  report: Report,
): readonly OutputEntry[] {
  const listen = listenEntry(settings, report);
  const isUnix = listen.value.startsWith("unix:");
  return [
    listen,
    ...isUnix ? socketEntries(settings, report) : [],
    ...checks ? lookupEntries(settings, report) : [],
  ];
}

function listenEntry(settings: OpendkimSettings, report: Report): OutputEntry & { readonly value: string } {
  const setting = settings.get("Socket");
  if (setting === undefined) {
    report.note(
      { file: settings.file, line: 1 },
      "Socket is not set: listen is Debian's, which the MTA must connect to",
    );
    return { key: "listen", value: "unix:/run/opendkim/opendkim.sock" };
  }
  const { value, place } = setting;
  // OpenDKIM takes a path alone for a unix socket, and a port alone for all addresses of the machine.
  const text = value.startsWith("/")
    ? `unix:${value}`
    : value.replace(/^inet:(\d+)$/i, "inet:$1@0.0.0.0").replace(/^inet6:(\d+)$/i, "inet6:$1@::");
  try {
    return {
      key: "listen",
      value: formatAddress(parseAddress(text.replace(/^[a-z0-9]+:/i, (kind) => kind.toLowerCase()))),
      place,
    };
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    report.problem(place, `${value} is not an address to listen on: ${error.reason}`);
    return { key: "listen", value: "inet:8891@localhost", place };
  }
}

/** Permissions and group of a unix socket. */
function socketEntries(settings: OpendkimSettings, report: Report): OutputEntry[] {
  const [mask, user] = [settings.get("UMask"), settings.get("UserID")];
  const entries: OutputEntry[] = [];
  const mode = 0o666 & ~(settings.number("UMask") ?? 0);
  if (mask && mode & 0o222) {
    entries.push({ key: "socket-mode", value: mode.toString(8).padStart(3, "0"), place: mask.place });
  } else if (mask) {
    report.note(mask.place, "with this mask nobody could connect; the socket gets the mode 660");
  }
  const [, name = "", group] = /^([^:]*)(?::(.*))?$/.exec(user?.value ?? "") ?? [];
  if (user && group !== undefined && group !== "") {
    entries.push({ key: "socket-group", value: group, place: user.place });
  }
  if (user) {
    report.note(
      user.place,
      `the service runs as the user that starts it, milterkit in the packages, which reads the keys and makes the socket, not ${name}`,
    );
  }
  return entries;
}

function lookupEntries(settings: OpendkimSettings, report: Report): OutputEntry[] {
  const [servers, timeout] = [settings.get("Nameservers"), settings.get("DNSTimeout")];
  const id = settings.get("AuthservID");
  const seconds = settings.number("DNSTimeout");
  const isSeconds = seconds !== undefined && seconds >= 1 && seconds <= MAX_DNS_TIMEOUT;
  if (timeout && !isSeconds) {
    report.note(
      timeout.place,
      `dns-timeout is at most ${MAX_DNS_TIMEOUT}s, and never endless; its default stays`,
    );
  }
  if (id?.value === "HOSTNAME") {
    report.note(
      id.place,
      "by default the id is the MTA's own name; set authserv-id if that is not the host's",
    );
  }
  const addresses = servers?.value.split(",").map((text) => ({ text: text.trim() })).filter(({ text }) =>
    text !== ""
  );
  return [
    ...id && id.value !== "HOSTNAME" ? [{ key: "authserv-id", value: id.value, place: id.place }] : [],
    ...servers && addresses ? [{ key: "dns-server", value: addresses, place: servers.place }] : [],
    ...timeout && isSeconds ? [{ key: "dns-timeout", value: `${seconds}s`, place: timeout.place }] : [],
  ];
}
