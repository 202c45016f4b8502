// slice: a regular part of an array. slicePad: an array that holds x in such a part and one value everywhere else; it
// is the gradient of slice and also pads. expand: an array repeated along some axes. slice and expand only compute
// strides; the kernel that copies is in strided-copy.cu.
#include "movement/strided-copy.cuh"
#include "movement/units.cuh"
#include "runtime/bits.cuh"
#include "runtime/registry.h"

namespace wengert {

namespace {

/// Throws unless part[i] = whole[starts + i steps] is inside the whole for all i.
void requireWindow(Dims part, Dims whole, Dims starts, Dims steps) {
  requireCount("whole", whole.count, part.count);
  requireCount("starts", starts.count, part.count);
  requireCount("steps", steps.count, part.count);
  if (sizeOf(part) == 0) return;
  for (int axis = 0; axis < part.count; axis++) {
    const std::int64_t first = starts[axis];
    const std::int64_t last = first + std::int64_t{part[axis] - 1} * steps[axis];
    require(first >= 0 && first < whole[axis] && last >= 0 && last < whole[axis], "the part must be inside the larger array");
    require(steps[axis] != 0 || part[axis] == 1, "a step must not be 0");
  }
}

/// y[i] = x[starts + i steps]; steps may be negative.
void slice(const Buffer& x,  // (xDims)
           Buffer& y,        // (dims)
           Dims dims, Dims xDims, Dims starts, Dims steps) {
  requireLength("x", x, sizeOf(xDims));
  requireLength("y", y, sizeOf(dims));
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  requireWindow(dims, xDims, starts, steps);
  if (y.length == 0) return;
  AxisList<1> axes;
  std::int64_t origin = 0, stride = x.length;
  for (int axis = 0; axis < dims.count; axis++) {
    stride /= xDims[axis];
    origin += starts[axis] * stride;
    axes.add(dims[axis], {stride * steps[axis]});
  }
  axes.close();
  launchStridedCopy(x.data, y.data, y.length, origin, axes, static_cast<int>(bytesOf(x.dtype)));
}

/// y = x, with stride 0 along the axes where xDims is 1.
void expand(const Buffer& x,  // (xDims)
            Buffer& y,        // (dims)
            Dims dims, Dims xDims) {
  requireLength("x", x, sizeOf(xDims));
  requireLength("y", y, sizeOf(dims));
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  const AxisList<1> axes = broadcastAxes<1>(dims, {xDims});
  if (y.length == 0) return;
  launchStridedCopy(x.data, y.data, y.length, 0, axes, static_cast<int>(bytesOf(x.dtype)));
}

/// The place of the part in the whole, axis by axis, outermost first, in units.
struct Placement {
  static constexpr int most = AxisList<1>::most;
  int count;                  // axes
  Divider size[most];         // of the whole
  Divider step[most];         // the absolute value
  std::int64_t start[most];   // of the part, in the whole
  std::int64_t part[most];    // size of the part
  std::int64_t stride[most];  // in x, which holds the part
  bool backwards[most];       // the step is negative
};

/// y[starts + i steps] = x[i], and `value` elsewhere. A thread computes one unit of y at a time, in a grid-stride loop:
/// it takes the coordinates of the unit from the innermost axis outwards and stops when one is outside the part. Each
/// unit is written once, by gathering, so nothing needs to be cleared first. Bound: the bytes of y written, and those
/// of x read.
template <int bytes>
__global__ void slicePadKernel(const Words<bytes>* __restrict__ x,  // (part)
                               Words<bytes>* __restrict__ y,        // (whole), n units
                               std::int64_t n,
                               Words<bytes> value,
                               Placement placement) {
  for (std::int64_t i = threadInGrid(); i < n; i += threadsInGrid()) {
    std::int64_t left = i, offset = 0;
    bool inside = true;
#pragma unroll 1
    for (int axis = placement.count - 1; axis >= 0; axis--) {
      const std::int64_t rest = placement.size[axis].quotient(left);
      const std::int64_t at = left - rest * placement.size[axis].divisor;
      const std::int64_t distance = placement.backwards[axis] ? placement.start[axis] - at : at - placement.start[axis];
      left = rest;
      inside = inside && distance >= 0;
      if (!inside) break;
      // The coordinate is in the part if its distance from the start is a multiple of the step.
      const std::int64_t index = placement.step[axis].quotient(distance);
      inside = index < placement.part[axis] && index * placement.step[axis].divisor == distance;
      offset += index * placement.stride[axis];
    }
    y[i] = inside ? x[offset] : value;
  }
}

/// Merges axes, chooses the largest unit in which the innermost axis can be moved, and launches slicePadKernel.
void slicePad(const Buffer& x,  // (dims)
              Buffer& y,        // (yDims)
              Dims dims, Dims yDims, Dims starts, Dims steps, double value) {
  requireLength("x", x, sizeOf(dims));
  requireLength("y", y, sizeOf(yDims));
  requireDType("y", y, x.dtype);
  requireVectors("x", x);
  requireVectors("y", y);
  requireWindow(dims, yDims, starts, steps);
  if (y.length == 0) return;
  // An axis that is taken whole is merged with the axis before it, if that axis is taken without gaps.
  struct {
    std::int64_t whole, part, start, step;
  } axes[Placement::most];
  int count = 0;
  for (int axis = 0; axis < dims.count; axis++) {
    const std::int64_t whole = yDims[axis], part = dims[axis], start = starts[axis], step = part == 1 ? 1 : steps[axis];
    if (whole == 1 && part == 1) continue;
    if (count > 0 && part == whole && step == 1 && axes[count - 1].step == 1 &&
        axes[count - 1].whole * whole < std::int64_t{1} << 31) {
      auto& last = axes[count - 1];
      last = {last.whole * whole, last.part * whole, last.start * whole, 1};
    } else {
      require(count < Placement::most, "there must be at most 16 axes after merging");
      axes[count++] = {whole, part, start, step};
    }
  }
  if (count == 0) axes[count++] = {1, 1, 0, 1};
  const int bytes = static_cast<int>(bytesOf(x.dtype));
  auto& inner = axes[count - 1];
  int unit = bytes;
  if (inner.step == 1) unit = unitFor(inner.start, bytes, unitFor(inner.part, bytes, unitFor(inner.whole, bytes)));
  const int ratio = unit / bytes;
  inner = {inner.whole / ratio, inner.part / ratio, inner.start / ratio, inner.step};
  const std::int64_t n = y.length / ratio;
  Placement placement{};
  placement.count = count;
  std::int64_t stride = 1;
  for (int axis = count - 1; axis >= 0; axis--) {
    const auto [whole, part, start, step] = axes[axis];
    placement.size[axis] = Divider(whole, n);
    placement.step[axis] = Divider(step < 0 ? -step : step, whole);
    placement.backwards[axis] = step < 0;
    placement.start[axis] = start;
    placement.part[axis] = x.length == 0 ? 0 : part;
    placement.stride[axis] = stride;
    stride *= part;
  }
  dispatchUnit(unit, [&](auto size) {
    using Unit = Words<decltype(size)::value>;
    Unit filling;
    const std::uint64_t bits = repeatedBits(x.dtype, value);
    for (std::size_t at = 0; at < sizeof(Unit); at += 8)
      std::memcpy(reinterpret_cast<char*>(&filling) + at, &bits, sizeof(Unit) < 8 ? sizeof(Unit) : 8);
    launch(slicePadKernel<decltype(size)::value>, gridStride(n), static_cast<const Unit*>(x.data),
           static_cast<Unit*>(y.data), n, filling, placement);
  });
}

}  // namespace

EXPORT_KERNEL(slice)
EXPORT_KERNEL(slicePad)
EXPORT_KERNEL(expand)

}  // namespace wengert
