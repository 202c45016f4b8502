// Convolutions as direct loops: for groups with so few channels that a matrix product would reuse nothing (above all
// depthwise convolutions), for float64, and for sizes that the 32-bit indices of the matrix products cannot hold.
// conv.cu decides and calls these functions.
#pragma once

#include "convolution/conv-sizes.h"

namespace wengert {

void forwardDirect(const Buffer& x,       // (N, C, H, W)
                   const Buffer& weight,  // (K, C/groups, R, S)
                   const Buffer* bias,    // (K), or null
                   Buffer& y,             // (N, K, P, Q)
                   const ConvSizes& sizes);
void gradInputDirect(const Buffer& dy,      // (N, K, P, Q)
                     const Buffer& weight,  // (K, C/groups, R, S)
                     const Buffer* bias,    // (C), or null
                     Buffer& dx,            // (N, C, H, W)
                     const ConvSizes& sizes);
void gradWeightDirect(const Buffer& x,   // (N, C, H, W)
                      const Buffer& dy,  // (N, K, P, Q)
                      Buffer& dw,        // (K, C/groups, R, S)
                      const ConvSizes& sizes);

}  // namespace wengert
