// A chain of filters behind Sendmail does what the same filters do as separate milters.
import { testChains } from "../../support/exactness/chain_tests.ts";

await testChains("sendmail");
