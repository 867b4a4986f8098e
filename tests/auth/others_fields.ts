// Authentication-Results fields as other programs write them, and why we do not read some of them.

/** A field that follows RFC 8601. */
export interface ReadableField {
  /** Who writes such fields. */
  readonly from: string;
  readonly value: string;
  readonly id: string;
  /** Each result with its comment in parentheses, its reason and its properties. */
  readonly results: readonly string[];
}

/** A field that does not follow RFC 8601. */
export interface UnreadableField {
  readonly from: string;
  readonly value: string;
  readonly reason: string;
}

export const READABLE_FIELDS: readonly ReadableField[] = [
  { from: "RFC 8601, B.2", value: " example.org 1; none", id: "example.org", results: [] },
  {
    from: "RFC 8601, B.3",
    value: " example.com;\r\n          spf=pass smtp.mailfrom=example.net",
    id: "example.com",
    results: ["spf=pass smtp.mailfrom=example.net"],
  },
  {
    from: "RFC 8601, B.4",
    value:
      " example.com;\r\n  auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n  spf=pass smtp.mailfrom=example.net",
    id: "example.com",
    results: ["auth=pass (cram-md5) smtp.auth=sender@example.net", "spf=pass smtp.mailfrom=example.net"],
  },
  {
    from: "RFC 8601, B.4",
    value: " example.com; iprev=pass\r\n          policy.iprev=192.0.2.200",
    id: "example.com",
    results: ["iprev=pass policy.iprev=192.0.2.200"],
  },
  {
    from: "RFC 8601, B.6",
    value: ' example.com;\r\n  dkim=pass reason="good signature"\r\n    header.i=@mail-router.example.net;' +
      '\r\n  dkim=fail reason="bad signature"\r\n    header.i=@newyork.example.com',
    id: "example.com",
    results: [
      "dkim=pass reason=good signature header.i=@mail-router.example.net",
      "dkim=fail reason=bad signature header.i=@newyork.example.com",
    ],
  },
  {
    from: "RFC 8601, B.7",
    value:
      " foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail" +
      "\r\n      policy (A dot can go here) . (like that) expired" +
      "\r\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
    id: "foo.example.net",
    results: ["dkim=fail policy.expired=1362471462"],
  },
  {
    from: "opendkim 2.11.0-beta2",
    value: " mx.example.net; dkim=pass header.d=example.org header.b=AbC/+d==",
    id: "mx.example.net",
    results: ["dkim=pass header.d=example.org header.b=AbC/+d=="],
  },
  {
    from: "opendkim",
    value:
      " mx.example.net;\n\tdkim=pass (2048-bit key; unprotected) header.d=example.org header.i=@example.org" +
      ' header.a=rsa-sha256 header.s=2026 header.b="Ab/+d1Ef";\n\tdkim-atps=neutral',
    id: "mx.example.net",
    results: [
      "dkim=pass (2048-bit key; unprotected) header.d=example.org header.i=@example.org header.a=rsa-sha256 " +
      "header.s=2026 header.b=Ab/+d1Ef",
      "dkim-atps=neutral",
    ],
  },
  {
    from: "opendmarc",
    value: " mx.example.net; dmarc=fail (p=reject dis=none) header.from=example.org",
    id: "mx.example.net",
    results: ["dmarc=fail (p=reject dis=none) header.from=example.org"],
  },
  {
    from: "pyspf-milter",
    value: " mx.example.net; spf=pass (mailfrom) smtp.mailfrom=joe@example.org (client-ip=192.0.2.1; " +
      "helo=mail.example.org; envelope-from=joe@example.org; receiver=ann@example.net)",
    id: "mx.example.net",
    results: ["spf=pass (mailfrom) smtp.mailfrom=joe@example.org"],
  },
  {
    from: "pyspf-milter",
    value: " mx.example.net; none (SPF not checked for localhost)",
    id: "mx.example.net",
    results: [],
  },
  {
    from: "rspamd",
    value:
      " mx.example.net;\n\tdkim=pass header.d=example.org header.s=2026 header.b=AbCdEf12;\n\tdmarc=fail" +
      ' reason="No valid SPF, No valid DKIM" header.from=example.com (policy=reject);\n\tspf=softfail ' +
      "(mx.example.net: 192.0.2.1 is neither permitted nor denied by domain of joe@example.org) " +
      "smtp.mailfrom=joe@example.org",
    id: "mx.example.net",
    results: [
      "dkim=pass header.d=example.org header.s=2026 header.b=AbCdEf12",
      "dmarc=fail reason=No valid SPF, No valid DKIM header.from=example.com",
      "spf=softfail (mx.example.net: 192.0.2.1 is neither permitted nor denied by domain of joe@example.org) " +
      "smtp.mailfrom=joe@example.org",
    ],
  },
  {
    from: "Exim",
    value:
      " mx.example.net;\n\tiprev=pass (mail.example.org) smtp.remote-ip=192.0.2.1;\n\tauth=pass (plain) " +
      "smtp.auth=joe@example.org;\n\tspf=pass smtp.mailfrom=example.org;\n\tdkim=pass header.d=example.org " +
      "header.s=2026 header.a=rsa-sha256;\n\tdmarc=pass header.from=example.org;\n\tarc=none",
    id: "mx.example.net",
    results: [
      "iprev=pass (mail.example.org) smtp.remote-ip=192.0.2.1",
      "auth=pass (plain) smtp.auth=joe@example.org",
      "spf=pass smtp.mailfrom=example.org",
      "dkim=pass header.d=example.org header.s=2026 header.a=rsa-sha256",
      "dmarc=pass header.from=example.org",
      "arc=none",
    ],
  },
  {
    from: "Google",
    value: " mx.google.com;\r\n       dkim=pass header.i=@example.org header.s=2026 header.b=AbCdEf12;\r\n" +
      "       arc=pass (i=1);\r\n       spf=pass (google.com: domain of bounce+a=example.net@example.org " +
      'designates 192.0.2.1 as permitted sender) smtp.mailfrom="bounce+a=example.net@example.org";\r\n' +
      "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.org",
    id: "mx.google.com",
    results: [
      "dkim=pass header.i=@example.org header.s=2026 header.b=AbCdEf12",
      "arc=pass (i=1)",
      "spf=pass (google.com: domain of bounce+a=example.net@example.org designates 192.0.2.1 as permitted sender) " +
      "smtp.mailfrom=bounce+a=example.net@example.org",
      "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.org",
    ],
  },
  {
    from: "Fastmail",
    value: " mx6.messagingengine.com;\r\n    bimi=skipped (DMARC did not pass);\r\n    dmarc=none " +
      "policy.published-domain-policy=none\r\n      policy.applied-disposition=none (p=none,d=none) header.from=example.org;" +
      "\r\n    iprev=pass smtp.remote-ip=192.0.2.1 (mail.example.org)",
    id: "mx6.messagingengine.com",
    results: [
      "bimi=skipped (DMARC did not pass)",
      "dmarc=none policy.published-domain-policy=none policy.applied-disposition=none header.from=example.org",
      "iprev=pass smtp.remote-ip=192.0.2.1",
    ],
  },
];

export const UNREADABLE_FIELDS: readonly UnreadableField[] = [
  {
    from: "Microsoft 365",
    value:
      " spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=example.org; dkim=pass (signature was verified)\r\n" +
      " header.d=example.org;dmarc=pass action=none header.from=example.org;compauth=pass reason=100",
    reason: "has no authserv-id",
  },
  {
    from: "Microsoft 365",
    value:
      " mx.microsoft.com 1; spf=pass smtp.mailfrom=example.org; dmarc=pass action=none header.from=example.org",
    reason: "`action=none` is not a property",
  },
  {
    from: "rspamd before 1.7",
    value: ' dmarc=fail reason="No valid SPF, No valid DKIM" header.from=example.org (policy=reject)',
    reason: "has no authserv-id",
  },
  {
    from: "rspamd",
    value: " mx.example.net; spf=pass smtp.mailfrom=prvs=joe/1@example_org.example",
    reason: "a domain with an underscore must be in quotes",
  },
  {
    from: "opendkim with AuthservIDWithJobID",
    value: " mx.example.net/4E1F2A3B; dkim=pass header.d=example.org",
    reason: "an authserv-id with a slash must be in quotes",
  },
  {
    from: "nobody known",
    value: " mx.example.net; dkim=pass header.d=example.org header.i=AbC/+d==",
    reason: "a value with a slash or an equals sign must be in quotes",
  },
  {
    from: "Yahoo",
    value: " atlas122.free.mail.gq1.yahoo.com;\r\n dkim=dkim_pass header.i=@example.org header.s=@2026",
    reason: "a result has no underscore",
  },
  {
    from: "Yahoo, old",
    value: " mta1192.mail.ir2.yahoo.com \r\n header.i=@example.org header.s=s1 dkim=pass (ok)",
    reason: "there is no semicolon after the authserv-id",
  },
  {
    from: "Yahoo, old",
    value: " mta1192.mail.yahoo.com; spfDomain=example.org spfResult=pass;",
    reason: "a property has no ptype, and no result follows the last semicolon",
  },
  {
    from: "Fastmail",
    value:
      " mx6.messagingengine.com;\r\n    dkim=pass (2048-bit rsa key sha256) header.d=example.org x-bits=2048",
    reason: "`x-bits=2048` is not a property",
  },
  {
    from: "Exim, Mail::AuthenticationResults",
    value: " mx.example.net;\n\tiprev=pass (mail.example.org) smtp.remote-ip=2001:db8::1",
    reason: "a value with a colon must be in quotes",
  },
  {
    from: "python3-authres",
    value: " mx.example.net; dkim=fail reason=bad signature of joe@example.org",
    reason: "a reason with blanks must be in quotes",
  },
  {
    from: "hand-made filters",
    value: " mx.example.net; spf=pass smtp.mailfrom=example.org;",
    reason: "no result follows the last semicolon",
  },
  {
    from: "hand-made filters",
    value: " mx.example.net; spf=pass smtp.mailfrom=<joe@example.org>",
    reason: "a value with angle brackets must be in quotes",
  },
  {
    from: "hand-made filters",
    value: " mx.example.net; spf=pass smtp.mailfrom=",
    reason: "an empty value must be in quotes",
  },
];
