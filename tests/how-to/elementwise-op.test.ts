/** Follows docs/how-to/elementwise-op.md in a scratch copy. */
import { withoutTorch } from "../bench/torch.js";
import { missingTools } from "../support/native.js";
import { testPage } from "./page-test.js";

testPage("elementwise-op", withoutTorch ? "PyTorch" : missingTools().join(" and "));
