// All pages in all states, in a browser with light colours.
import { testLook } from "./look.ts";

testLook("light");
