/** Follows docs/how-to/backend.md in a scratch copy. */
import { testPage } from "./page-test.js";

testPage("backend");
