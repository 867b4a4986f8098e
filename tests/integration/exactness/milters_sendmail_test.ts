// Milters asked by `--filter milter` behind Sendmail do what they do as milters of Sendmail itself.
import { testAskedMilters } from "../../support/exactness/milter_tests.ts";

await testAskedMilters("sendmail");
