// The launchers of conv2d, conv2dGradInput and conv2dGradWeight: they check the operands, and describe the convolution
// as matrix products (the form that the three share is in src/ops/convolution/conv.ts). The kernels do not belong here:
// those of products are started by matmul/product-dispatch.h, and direct loops are in conv-direct.cu. With G groups, in
// each group:
//   y   (K/G, N P Q)   = filters (K/G, C/G R S)           patches of x  (C/G R S, N P Q)
//   dx  (C/G, N H W)   = flipped filters (C/G, K/G R S)   patches of dy (K/G R S, N H W), a product for each phase
//   dw  (K/G, C/G R S) = dy (K/G, N P Q)                  patches of x, transposed (N P Q, C/G R S)
// A phase is the rows and columns of dx that have one remainder after division by the stride.
#include "convolution/conv-direct.h"
#include "convolution/conv-filters.cuh"
#include "convolution/conv-patches.cuh"
#include "convolution/conv-phase.h"
#include "convolution/conv-products.h"
#include "matmul/product-dispatch.h"
#include "runtime/registry.h"

namespace wengert {

namespace {

constexpr int vectorBytes = 16;
constexpr int mostVector = 8;  // elements that a store writes at once, of any dtype

/// Gathers the filters into `scratch`, as lines of taps that are padded to whole vectors: (groups, rows, pitch).
void gather(PatchProduct& product, const Buffer& weight, const FilterGeometry& at, const Scratch& scratch) {
  product.filters = scratch.as<void>();
  const std::int64_t length = std::int64_t{product.shape.batches} * at.rows * product.pitch;
  if (length == 0) return;
  // Elements are only moved, so only their size matters.
  dispatch(weight.dtype == DType::float32 ? DType::float32 : DType::float16, Types<float, float16>(), [&](auto type) {
    using T = typename decltype(type)::type;
    launch(gatherFilters<T>, {dim3(gridStrideBlocks(length, 128)), dim3(128)}, dataOf<T>(weight), scratch.as<T>(),
           product.pitch, length, at);
  });
}

/// The length of a line of filters, in elements: a multiple of 16 bytes.
int pitchOf(int taps, DType dtype) {
  const int width = vectorBytes / static_cast<int>(bytesOf(dtype));
  return static_cast<int>(divideUp(taps, width)) * width;
}

/// The patches of x: (C/G R S, N P Q).
PatchGeometry patchesOf(const ConvSizes& s) {
  return {.height = s.height,
          .width = s.width,
          .placeStepHeight = s.strideHeight,
          .placeStepWidth = s.strideWidth,
          .top = s.top,
          .left = s.left,
          .tapStepHeight = s.dilationHeight,
          .tapStepWidth = s.dilationWidth,
          .imageStride = s.channels * s.plane(),
          .places = static_cast<int>(s.images * s.pixels()),
          .taps = static_cast<int>(s.groupChannels * s.taps()),
          .imagePlaces = SmallDivider(s.pixels()),
          .rowPlaces = SmallDivider(s.outWidth),
          .channelTaps = SmallDivider(s.taps()),
          .rowTaps = SmallDivider(s.kernelWidth)};
}

/// The batch of a product is the groups. `filters` and `image`: elements from one group to the next, of each operand.
BatchAxes groupsOf(const ConvSizes& s, std::int64_t filters, std::int64_t image) {
  return {.count = 1, .size = {s.groups}, .a = {filters}, .b = {image}};
}

Epilogue addBias(const Buffer* bias) { return {.bias = bias != nullptr ? bias->data : nullptr, .biasAlongRows = true}; }

/// y = filters patches + bias. The weight itself is the matrix of filters if its lines are whole vectors.
void forwardByGemm(const Buffer& x, const Buffer& weight, const Buffer* bias, Buffer& y, const ConvSizes& s) {
  const PatchGeometry patches = patchesOf(s);
  const int pitch = pitchOf(patches.taps, y.dtype);
  PatchProduct product{.dtype = y.dtype,
                       .shape = {.m = s.groupFilters, .n = patches.places, .k = patches.taps, .batches = s.groups},
                       .filters = weight.data,
                       .pitch = pitch,
                       .image = x.data,
                       .geometry = &patches,
                       .y = y.data,
                       .imageStride = s.filters * s.pixels(),
                       .plane = s.pixels(),
                       .rowStep = s.outWidth,
                       .columnStep = 1,
                       .rowPlaces = s.outWidth,
                       .imagePlaces = static_cast<int>(s.pixels()),
                       .vectors = s.pixels() % mostVector == 0 && isAligned(y.data),
                       .epilogue = addBias(bias)};
  product.shape.axes = groupsOf(s, std::int64_t{s.groupFilters} * pitch, s.groupChannels * s.plane());
  const bool whole = pitch == patches.taps && isAligned(weight.data);
  const Scratch filters(whole ? 0 : std::size_t(s.filters) * pitch * bytesOf(y.dtype));
  if (!whole) {
    const FilterGeometry inPlace{.rows = s.groupFilters,
                                 .taps = patches.taps,
                                 .tapsHeight = s.kernelHeight,
                                 .tapsWidth = s.kernelWidth,
                                 .start = 0,
                                 .groupStep = std::int64_t{s.groupFilters} * patches.taps,
                                 .rowStep = patches.taps,
                                 .channelStep = s.taps(),
                                 .tapStepHeight = s.kernelWidth,
                                 .tapStepWidth = 1};
    gather(product, weight, inPlace, filters);
  }
  runProduct(product, stream().options.convolution);
}

/// dx at one phase = flipped filters patches of dy + bias. `row` and `column`: the phase along each axis.
void gradInputPhase(const Buffer& dy, const Buffer& weight, const Buffer* bias, Buffer& dx, const ConvSizes& s, int row,
                    int column) {
  const Phase tall = phaseOf(row, s.height, s.strideHeight, s.top, s.dilationHeight, s.kernelHeight);
  const Phase wide = phaseOf(column, s.width, s.strideWidth, s.left, s.dilationWidth, s.kernelWidth);
  const std::int64_t places = std::int64_t{tall.places} * wide.places;
  const std::int64_t channelTaps = std::int64_t{tall.taps} * wide.taps;
  const PatchGeometry patches{.height = s.outHeight,
                              .width = s.outWidth,
                              .placeStepHeight = 1,
                              .placeStepWidth = 1,
                              .top = tall.border,
                              .left = wide.border,
                              .tapStepHeight = -tall.tapStep,
                              .tapStepWidth = -wide.tapStep,
                              .imageStride = s.filters * s.pixels(),
                              .places = static_cast<int>(s.images * places),
                              .taps = static_cast<int>(s.groupFilters * channelTaps),
                              .imagePlaces = SmallDivider(places),
                              .rowPlaces = SmallDivider(wide.places),
                              .channelTaps = SmallDivider(channelTaps),
                              .rowTaps = SmallDivider(wide.taps)};
  const int pitch = pitchOf(patches.taps, dx.dtype);
  const Scratch filters(std::size_t(s.channels) * pitch * bytesOf(dx.dtype));
  const bool dense = s.strideHeight == 1 && s.strideWidth == 1;
  const std::int64_t first = std::int64_t{row} * s.width + column;
  PatchProduct product{.dtype = dx.dtype,
                       .shape = {.m = s.groupChannels, .n = patches.places, .k = patches.taps, .batches = s.groups},
                       .filters = nullptr,
                       .pitch = pitch,
                       .image = dy.data,
                       .geometry = &patches,
                       .y = static_cast<char*>(dx.data) + first * bytesOf(dx.dtype),
                       .imageStride = s.channels * s.plane(),
                       .plane = s.plane(),
                       .rowStep = s.strideHeight * s.width,
                       .columnStep = s.strideWidth,
                       .rowPlaces = wide.places,
                       .imagePlaces = static_cast<int>(places),
                       .vectors = dense && places % mostVector == 0 && isAligned(dx.data),
                       .epilogue = addBias(bias)};
  product.shape.axes = groupsOf(s, std::int64_t{s.groupChannels} * pitch, s.groupFilters * s.pixels());
  const FilterGeometry flipped{.rows = s.groupChannels,
                               .taps = patches.taps,
                               .tapsHeight = tall.taps,
                               .tapsWidth = wide.taps,
                               .start = std::int64_t{tall.first} * s.kernelWidth + wide.first,
                               .groupStep = s.groupFilters * (s.groupChannels * s.taps()),
                               .rowStep = s.taps(),
                               .channelStep = s.groupChannels * s.taps(),
                               .tapStepHeight = std::int64_t{tall.step} * s.kernelWidth,
                               .tapStepWidth = wide.step};
  gather(product, weight, flipped, filters);
  runProduct(product, stream().options.convolution);
}

/// dw = dy patches^T.
void gradWeightByGemm(const Buffer& x, const Buffer& dy, Buffer& dw, const ConvSizes& s) {
  const PatchGeometry patches = patchesOf(s);
  WeightProduct product{.dtype = dw.dtype,
                        .shape = {.m = s.groupFilters, .n = patches.taps, .k = patches.places, .batches = s.groups},
                        .dy = dy.data,
                        .imageStride = s.filters * s.pixels(),
                        .pixels = static_cast<int>(s.pixels()),
                        .image = x.data,
                        .geometry = &patches,
                        .dw = dw.data};
  product.shape.axes = groupsOf(s, s.groupFilters * s.pixels(), s.groupChannels * s.plane());
  runProduct(product, stream().options.convolution);
}

/// Whether direct loops compute a convolution, instead of matrix products.
bool goesDirect(DType dtype, const ConvSizes& sizes) {
  return dtype == DType::float64 || isThin(sizes) || !isSmall(sizes);
}

void requireImages(const char* name, const Buffer& buffer, DType dtype, std::int64_t images, std::int64_t channels,
                   std::int64_t pixels) {
  requireDType(name, buffer, dtype);
  requireLength(name, buffer, multiplySizes(images, multiplySizes(channels, pixels)));
}

void requireBias(const Buffer* bias, DType dtype, std::int64_t length) {
  if (bias == nullptr) return;
  requireDType("bias", *bias, dtype);
  requireLength("bias", *bias, length);
}

void requireFilters(const char* name, const Buffer& weight, DType dtype, const ConvSizes& s) {
  requireDType(name, weight, dtype);
  requireLength(name, weight, multiplySizes(s.filters, multiplySizes(s.groupChannels, s.taps())));
}

/// y[n, k] = bias[k] + sum over c, r, s of weight[k, c, r, s] x[n, c], shifted by the tap (r, s).
void conv2d(const Buffer& x,       // (N, C, H, W)
            const Buffer& weight,  // (K, C/groups, R, S)
            const Buffer* bias,    // (K), or null
            Buffer& y,             // (N, K, P, Q)
            Dims xDims, Dims weightDims, Dims yDims, Dims stride, Dims padding, Dims dilation, std::int64_t groups) {
  const ConvSizes s = convSizes(xDims, weightDims, yDims, stride, padding, dilation, groups);
  requireImages("x", x, y.dtype, s.images, s.channels, s.plane());
  requireImages("y", y, y.dtype, s.images, s.filters, s.pixels());
  requireFilters("weight", weight, y.dtype, s);
  requireBias(bias, y.dtype, s.filters);
  if (y.length == 0) return;
  if (goesDirect(y.dtype, s)) forwardDirect(x, weight, bias, y, s);
  else forwardByGemm(x, weight, bias, y, s);
}
EXPORT_KERNEL(conv2d)

/// dx: the gradient for x, or the output of a transposed convolution, which has a bias. A product for each phase;
/// direct loops if there are more than 64 of them, since each would be a separate launch.
void conv2dGradInput(const Buffer& dy,      // (N, K, P, Q)
                     const Buffer& weight,  // (K, C/groups, R, S)
                     const Buffer* bias,    // (C), or null
                     Buffer& dx,            // (N, C, H, W)
                     Dims xDims, Dims weightDims, Dims yDims, Dims stride, Dims padding, Dims dilation,
                     std::int64_t groups) {
  constexpr int mostPhases = 64;
  const ConvSizes s = convSizes(xDims, weightDims, yDims, stride, padding, dilation, groups);
  requireImages("dy", dy, dx.dtype, s.images, s.filters, s.pixels());
  requireImages("dx", dx, dx.dtype, s.images, s.channels, s.plane());
  requireFilters("weight", weight, dx.dtype, s);
  requireBias(bias, dx.dtype, s.channels);
  if (dx.length == 0) return;
  const int tall = std::min(s.strideHeight, s.height), wide = std::min(s.strideWidth, s.width);
  const bool manyPhases = std::int64_t{tall} * wide > mostPhases;
  if (goesDirect(dx.dtype, s) || manyPhases) return gradInputDirect(dy, weight, bias, dx, s);
  for (int row = 0; row < tall; row++)
    for (int column = 0; column < wide; column++) gradInputPhase(dy, weight, bias, dx, s, row, column);
}
EXPORT_KERNEL(conv2dGradInput)

/// dw: the gradient for the weight.
void conv2dGradWeight(const Buffer& x,   // (N, C, H, W)
                      const Buffer& dy,  // (N, K, P, Q)
                      Buffer& dw,        // (K, C/groups, R, S)
                      Dims xDims, Dims weightDims, Dims yDims, Dims stride, Dims padding, Dims dilation,
                      std::int64_t groups) {
  const ConvSizes s = convSizes(xDims, weightDims, yDims, stride, padding, dilation, groups);
  requireImages("x", x, dw.dtype, s.images, s.channels, s.plane());
  requireImages("dy", dy, dw.dtype, s.images, s.filters, s.pixels());
  requireFilters("dw", dw, dw.dtype, s);
  if (dw.length == 0) return;
  if (goesDirect(dw.dtype, s)) gradWeightDirect(x, dy, dw, s);
  else gradWeightByGemm(x, dy, dw, s);
}
EXPORT_KERNEL(conv2dGradWeight)

}  // namespace

}  // namespace wengert
