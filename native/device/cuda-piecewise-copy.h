// Copies from the GPU to host memory that is not pinned, for CudaDevice::read. Through two pinned pieces, in turns:
//
//   stream        piece 0 arrives | piece 1 arrives | piece 0 arrives | ...
//   this thread                   | memcpy piece 0  | memcpy piece 1  | ...
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>

#include "device/cuda-errors.h"
#include "device/device.h"

namespace wengert {

/// The copy, on a separate stream, so that it does not wait for work that was submitted later. Any thread may call it;
/// calls run one after the other.
class PiecewiseCopy {
 public:
  explicit PiecewiseCopy(Device& device) : device_(device) {}
  ~PiecewiseCopy() {
    if (stream_ != nullptr) cudaStreamSynchronize(stream_);
    for (const Piece& piece : pieces_) {
      if (piece.data != nullptr) device_.releasePinned(piece.data, pieceBytes);
      if (piece.arrived != nullptr) cudaEventDestroy(piece.arrived);
    }
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  PiecewiseCopy(const PiecewiseCopy&) = delete;
  PiecewiseCopy& operator=(const PiecewiseCopy&) = delete;

  void operator()(char* target, const char* source, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    prepare();
    const std::size_t count = (bytes + pieceBytes - 1) / pieceBytes;
    for (std::size_t i = 0; i <= count; i++) {
      if (i < count) begin(pieces_[i % 2], source + i * pieceBytes, std::min(pieceBytes, bytes - i * pieceBytes));
      if (i == 0) continue;
      const std::size_t done = (i - 1) * pieceBytes;
      const Piece& arrived = pieces_[(i - 1) % 2];
      check(cudaEventSynchronize(arrived.arrived), kernelFailed);
      std::memcpy(target + done, arrived.data, std::min(pieceBytes, bytes - done));
    }
  }

 private:
  static constexpr std::size_t pieceBytes = std::size_t{4} << 20;
  struct Piece {
    void* data = nullptr;
    cudaEvent_t arrived = nullptr;
  };

  void begin(const Piece& piece, const void* source, std::size_t bytes) {
    check(cudaMemcpyAsync(piece.data, source, bytes, cudaMemcpyDeviceToHost, stream_), "a copy from the device failed");
    check(cudaEventRecord(piece.arrived, stream_), kernelFailed);
  }

  /// Creates the stream, the pieces and the events on the first call.
  void prepare() {
    if (stream_ == nullptr)
      check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream could not be created");
    for (Piece& piece : pieces_) {
      if (piece.data == nullptr) piece.data = device_.allocatePinned(pieceBytes);
      if (piece.data == nullptr) throw DeviceFailure("cuda: the host is out of pinned memory for reads", true);
      if (piece.arrived != nullptr) continue;
      check(cudaEventCreateWithFlags(&piece.arrived, cudaEventDisableTiming | cudaEventBlockingSync),
            "an event could not be created");
    }
  }

  Device& device_;
  std::mutex mutex_;
  cudaStream_t stream_ = nullptr;
  Piece pieces_[2];
};

}  // namespace wengert
