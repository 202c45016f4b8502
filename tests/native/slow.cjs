/**
 * Keeps the device busy: by the emulator's planted kernel, or on a GPU, which has none planted, by large products.
 * CommonJS, since workers load it too.
 *
 * @param addon the addon
 * @returns a function that submits `count` pieces of work, each of about a millisecond
 */
exports.slowWork = (addon) => {
  const { plantedSlow, matmul, fill } = addon.kernels;
  addon.lists[0] = 0;
  if (plantedSlow) {
    const y = addon.alloc(1, 4);
    return (count) => plantedSlow(y, count * 2 ** 20);
  }
  // A few tiles for each multiprocessor.
  const side = Math.min(4096, 64 * addon.info().processors);
  const [a, b, y] = [0, 1, 2].map(() => addon.alloc(side * side, 0));
  for (const x of [a, b]) fill(x, side * side, 0.5);
  return (count) => {
    addon.lists[0] = 0;
    for (let i = 0; i < count; i++) matmul(a, b, y, side, side, side, 0, 0, 0, 0, 0);
  };
};
