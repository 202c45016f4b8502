/** Follows docs/how-to/kernel-tier.md in a scratch copy. */
import { missingTools } from "../support/native.js";
import { testPage } from "./page-test.js";

testPage("kernel-tier", missingTools().join(" and "));
