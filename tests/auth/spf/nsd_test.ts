// SPF and iprev with records of a real name server.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkIprev } from "../../../lib/auth/iprev.ts";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { StubResolver } from "../../../lib/dns/stub.ts";
import { type Nsd, nsdProblem, startNsd, txtLine, zoneHead } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";

const LONG = Array.from({ length: 300 }, (_, i) => `ip4:198.51.${i >> 8}.${i & 255}`).join(" ");
const ZONES = {
  "example.org": [
    zoneHead("example.org"),
    txtLine(
      "@",
      "v=spf1 mx a:six.example.org include:long.example.org exists:%{ir}.%{v}.ok.example.org -all exp=why.%{d}",
      20,
    ),
    txtLine("why", "%{c} is not ours"),
    txtLine("long", `v=spf1 ${LONG} ?all`),
    txtLine("alias-target", "v=spf1 redirect=example.org"),
    txtLine("spaces", "v=spf1 exists:a%_b.%{d} ptr:%{d2} -all"),
    txtLine("broken", "v=spf1 include:example.com -all"),
    "@ IN MX 10 mail\n@ IN MX 20 mail2\nmail IN A 192.0.2.1\nmail2 IN A 192.0.2.2\nmail2 IN AAAA 2001:db8::2\n",
    "six IN AAAA 2001:db8::6\nalias IN CNAME alias-target\n1.113.0.203.in-addr.ok IN A 127.0.0.2\n",
    "a\\032b.spaces IN A 127.0.0.2\n",
  ].join(""),
  "2.0.192.in-addr.arpa": zoneHead("2.0.192.in-addr.arpa") +
    "1 IN PTR mail.example.org.\n9 IN PTR mail.example.org.\n",
};

const skip = skipFor(nsdProblem());
let server: Nsd | undefined;
after(async () => await server?.stop());

test("records of a real name server: over UDP and TCP, aliases, spaces, explanations", { skip }, async () => {
  server ??= await startNsd(ZONES);
  const resolver = new StubResolver({ servers: [server.address] });
  const cases: [client: string, domain: string, result: string, mechanism: string | undefined][] = [
    ["192.0.2.1", "example.org", "pass", "mx"],
    ["2001:db8::2", "example.org", "pass", "mx"],
    ["2001:db8::6", "example.org", "pass", "a:six.example.org"],
    ["198.51.1.43", "example.org", "pass", "include:long.example.org"],
    ["203.0.113.1", "alias.example.org", "pass", "exists:%{ir}.%{v}.ok.example.org"],
    ["203.0.113.2", "alias.example.org", "fail", "-all"],
    ["203.0.113.2", "spaces.example.org", "pass", "exists:a%_b.%{d}"],
    ["203.0.113.2", "mail.example.org", "none", undefined],
    ["203.0.113.2", "nothing.example.org", "none", undefined],
    // The server refuses names that are not its own.
    ["203.0.113.2", "broken.example.org", "temperror", "include:example.com"],
  ];
  try {
    for (const [client, domain, result, mechanism] of cases) {
      const found = await checkSpf({ client, helo: "x", mailFrom: `joe@${domain}` }, { resolver });
      assert.deepEqual([found.result, found.mechanism], [result, mechanism], `${client} ${domain}`);
    }
    const failed = await checkSpf({ client: "2001:db8::99", helo: "example.org", mailFrom: "" }, {
      resolver,
    });
    assert.equal(failed.explanation, "2001:db8::99 is not ours");
    const names = await Promise.all(
      ["192.0.2.1", "192.0.2.9", "192.0.2.2"].map((ip) => checkIprev(ip, { resolver })),
    );
    assert.deepEqual(names.map(({ result, name }) => name ?? result), [
      "mail.example.org",
      "fail",
      "permerror",
    ]);
  } finally {
    resolver.close();
  }
});
