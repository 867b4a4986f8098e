// The executable behind a Sendmail, over a UNIX socket and over TCP.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import { testDkim } from "./mta/dkim.ts";
import { testHeaders } from "./mta/headers.ts";
import { testSessions } from "./mta/sessions.ts";
import { sitesOf } from "./mta/site.ts";
import { testSize } from "./mta/size.ts";

for (const site of await sitesOf("Sendmail")) {
  testHeaders(site);
  testDkim(site);
  testSize(site);
  testSessions(site);
}
