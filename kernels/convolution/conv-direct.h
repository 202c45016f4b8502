// Convolutions as direct loops, for groups of so few channels that a matrix product has nothing to reuse (depthwise
// convolutions above all), for float64, and for what the matrix products' 32-bit arithmetic cannot hold.
#pragma once

#include "convolution/conv-sizes.h"

namespace wengert {

void forwardDirect(const Buffer& x, const Buffer& weight, const Buffer* bias, Buffer& y, const ConvSizes& sizes);
void gradInputDirect(const Buffer& dy, const Buffer& weight, const Buffer* bias, Buffer& dx, const ConvSizes& sizes);
void gradWeightDirect(const Buffer& x, const Buffer& dy, Buffer& dw, const ConvSizes& sizes);

}  // namespace wengert
