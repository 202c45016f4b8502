// cast: the elements of a tensor in another dtype. The kernels are in cast.cuh.
#include "elementwise/cast.cuh"

#include "elementwise/cast.h"
#include "runtime/registry.h"

namespace wengert {

void convert(const Buffer& x, const Buffer& y) { launchCast(x, y); }

namespace {

/// y[i] = x[i] in the dtype of y.
void cast(const Buffer& x,  // (n)
          Buffer& y,        // (n)
          std::int64_t n, std::int64_t toBool) {
  requireLength("x", x, n);
  requireLength("y", y, n);
  requireVectors("x", x);
  requireVectors("y", y);
  require((toBool != 0) == (y.dtype == DType::boolean), "toBool must be 1 for a bool output and 0 otherwise");
  launchCast(x, y);
}

}  // namespace

EXPORT_KERNEL(cast)

}  // namespace wengert
