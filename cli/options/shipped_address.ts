/**
 * The address that packages, help and documentation use.
 *
 * @module
 */

/**
 * Where Milterkit listens as it is shipped. IANA has not assigned the port, and no milter that we know uses it: those of
 * DKIM, SPF, DMARC and ARC share 8890 to 8898 (OpenDKIM 8891, OpenDMARC 8893). It is not among the ports that Linux gives
 * to outgoing connections.
 */
export const SHIPPED_ADDRESS = "inet:8825@localhost";
