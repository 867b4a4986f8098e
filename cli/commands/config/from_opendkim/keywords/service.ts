/**
 * The keywords of `opendkim.conf` about the service: socket, processes, log, DNS, databases.
 *
 * @module
 */

import { type Keyword, noted, taken } from "./keyword.ts";

const SYSTEMD = "systemd starts and restarts the service";
const LOG =
  "the log goes to standard output, which systemd's journal collects; log-format and log-level choose its format and detail";
const LDAP = "data sets in LDAP are not supported";
const STATISTICS = "milterkit has metrics instead: see metrics in milterkit config example";
const RATES = "limits on the rate of mail are not converted; see the filter rate-limit";
const MEMORY = "milterkit does not write OpenDKIM's temporary files of messages";

/** In the order of the alphabet. */
export const SERVICE_KEYWORDS: readonly Keyword[] = [
  noted("AutoRestart", "boolean", SYSTEMD),
  noted("AutoRestartCount", "integer", SYSTEMD),
  noted("AutoRestartRate", "string", SYSTEMD),
  noted("Background", "boolean", "the service stays in the foreground, as systemd expects it"),
  taken("BaseDirectory", "string", "absolute paths"),
  noted("ChangeRootDirectory", "string", "systemd confines the service"),
  noted("DisableCryptoInit", "boolean", "there is nothing to initialize"),
  noted("DNSConnect", "boolean", "lookups use UDP, and TCP where they must"),
  taken("DNSTimeout", "integer", "`dns-timeout`"),
  noted("EnableCoredumps", "boolean", SYSTEMD),
  noted("FlowData", "string", RATES),
  noted("FlowDataFactor", "integer", RATES),
  noted("FlowDataTTL", "integer", RATES),
  taken("Include", "string", "the settings of that file, at this place"),
  noted("KeepTemporaryFiles", "boolean", MEMORY),
  ...[
    "LDAPAuthMechanism",
    "LDAPAuthName",
    "LDAPAuthRealm",
    "LDAPAuthUser",
    "LDAPBindPassword",
    "LDAPBindUser",
    "LDAPKeepaliveIdle",
    "LDAPKeepaliveInterval",
    "LDAPKeepaliveProbes",
    "LDAPTimeout",
  ].map((name) => noted(name, "string", LDAP)),
  noted("LDAPDisableCache", "boolean", LDAP),
  noted("LDAPUseTLS", "boolean", LDAP),
  noted("LogResults", "boolean", "each message's log line has the results"),
  noted("LogWhy", "boolean", "the message's log line always says why it was not signed"),
  noted("MilterDebug", "integer", "milterkit trace shows the protocol"),
  taken("Nameservers", "string", "`dns-server`"),
  noted("PidFile", "string", "systemd keeps track of the process"),
  noted("QueryCache", "boolean", "DNS answers are always cached until their TTL expires"),
  noted("RateLimits", "string", RATES),
  noted("ResolverConfiguration", "string", "dns-server names the servers to ask"),
  noted("ResolverTracing", "boolean", 'log-level = "debug" shows more'),
  taken("Socket", "string", "`listen`"),
  noted("SoftStart", "boolean", "data sets in LDAP and SQL are not supported"),
  noted("SoftwareHeader", "boolean", "no field names the program"),
  noted("Statistics", "string", STATISTICS),
  noted("StatisticsName", "string", STATISTICS),
  noted("StatisticsPolicyScript", "string", STATISTICS),
  noted("StatisticsPrefix", "string", STATISTICS),
  noted("StrictTestMode", "boolean", "it is for opendkim -t"),
  noted("Syslog", "boolean", LOG),
  noted("SyslogFacility", "string", LOG),
  noted("SyslogName", "string", LOG),
  noted("SyslogSuccess", "boolean", LOG),
  noted("TemporaryDirectory", "string", MEMORY),
  taken("UMask", "integer", "`socket-mode`"),
  taken("UserID", "string", "its group: `socket-group`"),
  noted("X-Header", "boolean", "no field names the program"),
];
