/** Calls kernels of an addon by name. CommonJS, since worker threads of the native tests load it too. */

/**
 * Calls a kernel as the backend does. CommonJS, since workers load it too.
 *
 * @param addon the addon
 * @param name the kernel's
 * @param operands handles, null for a buffer left out, numbers, and lists of either
 */
exports.callKernel = (addon, name, ...operands) => {
  const words = operands.flatMap((operand) => {
    if (Array.isArray(operand)) return [operand.length, ...operand];
    return operand === null ? -1 : operand;
  });
  addon.operands[0] = words.length;
  addon.operands.set(words, 1);
  addon.kernels[name]();
};
