/** Restores the tuning of kernels after tests that change it. */
import { readTuning } from "../../src/backends/native/tuning.js";
import { native } from "./device.js";

/**
 * Restores the choices of kernels that the device was opened with, for tests that change them: later tests of the process
 * then run with the card's tuning file again, if it has one.
 */
export const restoreTuning = (): void => native.setOptions({ tuning: readTuning(native.info().name) });
