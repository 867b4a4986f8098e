// Configurations of OpenDKIM as sites have them, with the tables that they name.

/** A configuration. */
export interface Configuration {
  /** What it shows. */
  readonly name: string;
  /** The lines of opendkim.conf; FOLDER stands for that of the tables. */
  readonly lines: readonly string[];
  /** The tables by the names of their files. */
  readonly tables?: Readonly<Record<string, string>>;
}

/** What all have: nothing that decides who is signed. */
export const COMMON = [
  "# The folder for temporary files is everybody's.",
  "RequireSafeKeys no",
  "Syslog no",
  "Socket inet:0@127.0.0.1",
  "Canonicalization relaxed/simple",
];

const KEYS = [
  "org example.org:org:FOLDER/org.pem",
  "net example.net:net:FOLDER/net.pem",
  "boss example.net:boss:FOLDER/boss.pem",
  "news other.example:news:FOLDER/news.pem",
].join("\n");

const OFFICE = `# the office
127.0.0.1
::1
192.168.1.0/24
!192.168.1.66
!192.168.1.192/26
2001:db8:1::/48
`;

/** All of them. */
export const CONFIGURATIONS: readonly Configuration[] = [
  {
    name: "one domain, signing alone",
    lines: ["Mode s", "Domain example.org", "Selector org", "KeyFile FOLDER/org.pem"],
  },
  {
    name: "a list of domains with their subdomains, an office with exceptions",
    lines: [
      ...[
        "Domain csl:example.org,Sub.Example.Org, example.net",
        "SubDomains yes",
        "Selector org",
        "KeyFile FOLDER/org.pem",
      ],
      ...["InternalHosts FOLDER/office", "ExternalIgnoreList 203.0.113.77", "OversignHeaders From"],
    ],
    tables: { office: OFFICE },
  },
  {
    name: "a table of domains, an office by its name",
    lines: [
      "Domain file:FOLDER/domains",
      "Selector org",
      "KeyFile FOLDER/org.pem",
      "InternalHosts localhost, 192.168.1.66",
    ],
    tables: { domains: "example.net # ours\r\nother.example\r\n" },
  },
  {
    name: "every domain",
    lines: ["Domain *", "Selector org", "KeyFile FOLDER/org.pem", "InternalHosts 0.0.0.0/0"],
  },
  {
    name: "patterns of domains",
    lines: ["Domain refile:FOLDER/domains", "Selector org", "KeyFile FOLDER/org.pem"],
    tables: { domains: "example.net\n*.example.org\nother.*\n" },
  },
  {
    name: "a literal SigningTable, peers with exceptions",
    lines: [
      ...["KeyTable FOLDER/keys", "SigningTable FOLDER/signing", "InternalHosts FOLDER/office"],
      "PeerList 198.51.100.0/24, !198.51.100.128/25",
    ],
    tables: {
      keys: KEYS,
      office: OFFICE,
      signing:
        ".example.org org\nboss@example.net boss\nexample.net net\nnews@.example news\nExample.Org org\n" +
        "joe@* net\njoe@.sub.example.org boss\n",
    },
  },
  {
    name: "a literal SigningTable of which every entry signs",
    lines: [
      "KeyTable FOLDER/keys",
      "SigningTable FOLDER/signing",
      "MultipleSignatures yes",
      "InternalHosts FOLDER/office",
    ],
    tables: {
      keys: KEYS,
      office: OFFICE,
      signing: "example.org org\nboss@example.net boss\nexample.net net\n* news\n.example.org net\n",
    },
  },
  {
    name: "a SigningTable of patterns, lists that are not signed to",
    lines: [
      ...[
        "KeyTable refile:FOLDER/keys",
        "SigningTable refile:FOLDER/signing",
        "InternalHosts refile:FOLDER/none",
      ].slice(0, 2),
      ...["InternalHosts FOLDER/office", "DontSignMailTo list@lists.example", "Mode sv"],
    ],
    tables: {
      keys: KEYS,
      office: OFFICE,
      signing:
        "boss@example.net boss\n*@example.net net\n*@*.example.org org\n*@example.org org\nnews*@other.example news\n",
    },
  },
  {
    name: "a SigningTable of patterns of which every one signs, patterns that are not signed to",
    lines: [
      ...["KeyTable file:FOLDER/keys", "SigningTable refile:FOLDER/signing", "MultipleSignatures yes"],
      ...["InternalHosts FOLDER/office", "DontSignMailTo refile:FOLDER/quiet"],
    ],
    tables: {
      keys: KEYS,
      office: OFFICE,
      quiet: "*@lists.example\n*@*.quiet.example\n",
      signing:
        "*@example.net net\nboss@* boss\n*.example.org org\n*@example.org org\nj*@other.example news\n*@example.* net\n",
    },
  },
  {
    name: "keys by the author's domain",
    lines: ["KeyTable FOLDER/keys", "SigningTable refile:FOLDER/signing", "InternalHosts FOLDER/office"],
    tables: {
      office: OFFICE,
      keys: "example.org example.org:org:FOLDER/org.pem\nexample.net example.net:net:FOLDER/net.pem\n",
      signing: "*@*.example.org %\n*@*.net %\n*@example.* %\n",
    },
  },
  {
    name: "one key for every domain of some",
    lines: ["KeyTable FOLDER/keys", "SigningTable refile:FOLDER/signing"],
    tables: {
      keys: "any %:any:FOLDER/org.pem\nown %:own:FOLDER/%/own.pem\n",
      signing: "*@example.org own\n*@example.net own\n*@*.example.org any\n*@other.example any\n",
    },
  },
  {
    name: "Sender before From",
    lines: [
      ...[
        "KeyTable FOLDER/keys",
        "SigningTable FOLDER/signing",
        "SenderHeaders Sender,From",
        "InternalHosts FOLDER/office",
      ],
    ],
    tables: { keys: KEYS, office: OFFICE, signing: "example.org org\nexample.net net\n" },
  },
  {
    name: "the submission daemon, and macros of one's own",
    lines: [
      ...["Domain example.org,example.net", "Selector org", "KeyFile FOLDER/org.pem", "MTA ORIGINATING"],
      "MacroList auth_type=EXTERNAL|KERBEROS",
    ],
  },
  {
    name: "domains that are left alone",
    lines: [
      ...["Domain example.org,example.net", "SubDomains yes", "Selector org", "KeyFile FOLDER/org.pem"],
      "ExemptDomains exempt.example.org, example.net",
    ],
  },
];
