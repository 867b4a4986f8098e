import assert from "node:assert/strict";
import { test } from "node:test";
import { receivedSpf } from "../../../lib/auth/spf/received_spf.ts";
import { check, withRecord, type Zone } from "./support.ts";

async function field(zone: Zone, query: { client?: string; helo?: string; mailFrom?: string } = {}) {
  const all = { client: "192.0.2.1", helo: "mail.example.org", mailFrom: "<joe@example.org>", ...query };
  return receivedSpf(await check(zone, all), all, "mx.example.net").split("\n\t");
}

test("values are those of RFC 7208 section 9.1, each on its line", async () => {
  assert.deepEqual(await field(withRecord("v=spf1 a:x.example ~all")), [
    "softfail (the domain says that the client is probably not permitted)",
    'client-ip="192.0.2.1";',
    'envelope-from="joe@example.org";',
    'helo="mail.example.org";',
    'receiver="mx.example.net";',
    "identity=mailfrom;",
    'mechanism="~all"',
  ]);
  const neutral = await field(withRecord("v=spf1"), { client: "2001:db8::1" });
  assert.deepEqual([neutral[1], neutral.at(-1)], ['client-ip="2001:db8::1";', "mechanism=default"]);
  const none = await field({}, { mailFrom: "<>" });
  assert.deepEqual([none[0], none[2], none.at(-1)], [
    "none (the domain does not exist)",
    'envelope-from="";',
    "identity=helo",
  ]);
  const error = await field({ "example.org": { TXT: "TIMEOUT" } });
  assert.equal(error[0], "temperror (a lookup of TXT records failed \\(timeout\\))");
  assert.equal(error.at(-1), 'problem="a lookup of TXT records failed (timeout)"');
});

test("what strangers wrote neither ends a line nor a value, and is cut", async () => {
  const mailFrom = 'a"; identity=helo\r\nX: y\\\0\u00e9@example.org';
  const lines = await field(withRecord(`v=spf1 x:";()\\${"z".repeat(5000)}`), {
    mailFrom,
    helo: "h".repeat(5000),
  });
  assert.equal(
    lines[2],
    'envelope-from="a\\"; identity=helo??X: y\\\\???@example.org";'.replace("???", "??"),
  );
  assert.equal(lines[3]?.length, 'helo="";'.length + 320);
  assert.match(lines.at(-1) ?? "", /^mechanism="x:\\";\(\)\\\\z{190,194}"$/);
  for (const line of lines) assert.match(line, /^[ -~]{1,400}$/);
});
