/** Work that keeps the device busy for a while. CommonJS, since worker threads of the native tests load it too. */

// biome-ignore lint/correctness/useImportExtensions: the rule does not know of .cjs
const { callKernel } = require("../support/operands.cjs");

/**
 * Keeps the device busy: by the emulator's planted kernel, or on a GPU, which has none planted, by large products.
 * CommonJS, since workers load it too.
 *
 * @param addon the addon
 * @returns a function that submits `count` pieces of work, each of about a millisecond
 */
exports.slowWork = (addon) => {
  if (addon.kernels.plantedSlow) {
    const y = addon.alloc(1, 4);
    return (count) => callKernel(addon, "plantedSlow", y, count * 2 ** 20);
  }
  // A few tiles for each multiprocessor.
  const side = Math.min(4096, 64 * addon.info().processors);
  const [a, b, y] = [0, 1, 2].map(() => addon.alloc(side * side, 0));
  for (const x of [a, b]) callKernel(addon, "fill", x, side * side, 0.5);
  return (count) => {
    for (let i = 0; i < count; i++) callKernel(addon, "matmul", a, b, y, side, side, side, 0, 0, 0, 0, 0);
  };
};
