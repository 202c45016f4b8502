// Conversion of a tensor to another dtype, for launchers of other families. The kernels are in cast.cuh, and only
// cast.cu compiles them.
#pragma once

#include "runtime/buffer.h"

namespace wengert {

/// y = x in the dtype of y, which has as many elements. Does nothing if there are none.
void convert(const Buffer& x, const Buffer& y);

}  // namespace wengert
