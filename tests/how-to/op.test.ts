/** Follows docs/how-to/op.md in a scratch copy. */
import { withoutTorch } from "../bench/torch.js";
import { missingTools } from "../support/native.js";
import { testPage } from "./page-test.js";

testPage("op", withoutTorch ? "PyTorch" : missingTools().join(" and "));
