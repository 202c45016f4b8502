// Where running kernels report bad data: a record for each kernel, in device memory, which travels to the host with
// every read.
#pragma once

#include <cstddef>
#include <vector>

#include "device.h"
#include "registry.h"

namespace wengert {

class Faults {
 public:
  explicit Faults(Device& device);
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  /// The kernels, in the order of their records.
  const std::vector<const Kernel*>& kernels() const { return kernels_; }
  KernelFault* recordOf(std::size_t kernel) const { return records_ + kernel; }

  /// The records' bytes; `download` copies them, in the order of the stream.
  std::size_t bytes() const { return kernels_.size() * sizeof(KernelFault); }
  void download(void* pinned) const { device_.download(pinned, records_, bytes()); }

  /// Throws InvalidCall that names every record that was claimed, after all were cleared; and DeviceFailure, which names
  /// those as well, for what stopped a kernel.
  void check(const void* downloaded);

 private:
  Device& device_;
  std::vector<const Kernel*> kernels_;
  KernelFault* records_ = nullptr;
};

}  // namespace wengert
