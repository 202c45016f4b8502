/** Follows docs/how-to/optimizer.md in a scratch copy. */
import { withoutTorch } from "../bench/torch.js";
import { missingTools } from "../support/native.js";
import { testPage } from "./page-test.js";

testPage("optimizer", withoutTorch ? "PyTorch" : missingTools().join(" and "));
