// Milters asked by `--filter milter` behind Postfix do what they do as milters of Postfix itself.
import { testAskedMilters } from "../../support/exactness/milter_tests.ts";

await testAskedMilters("postfix");
