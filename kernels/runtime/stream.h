// The stream that launchers work on: the properties of the device that they may use, scratch memory, options, and the
// record in which a running kernel reports bad data. native/ implements it (Environment); launchers reach it by
// stream().
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>

namespace wengert {

/// How float32 products are computed: in float32 (ieee), or with inputs rounded to tf32 for the tensor cores.
enum class FloatMode : std::uint8_t { ieee, tf32 };

/// Bytes of dynamic shared memory that a kernel may have before its limit is raised.
constexpr int defaultShared = 48 * 1024;

struct Options {
  FloatMode matmul = FloatMode::ieee;
  FloatMode convolution = FloatMode::ieee;
  /// Launchers do everything except launch: measures the host's cost of an op.
  bool skipLaunches = false;
};

/// A report of bad values that a kernel read, such as a label that is out of range. It is in device memory; the host
/// reads it when it next waits for the stream, if the flag is set. The first thread that claims the record writes it.
struct KernelFault {
  int claimed;         // 0, or 1 once a thread has claimed it
  int rule;            // an index into faultRules
  long long value;
  long long limit;
  volatile int* flag;  // in pinned memory of the host, which set it up; shared by the records of many kernels
};

/// The rules that a kernel can report, and their messages; {value} and {limit} are replaced by the numbers.
enum class FaultRule : int { labelRange, indexRange };
constexpr const char* faultRules[] = {
    "label {value} is out of range for {limit} classes; labels count from 0",
    "index {value} is out of range for an axis of size {limit}; indices count from 0",
};

/// The device refused or failed. Becomes DeviceError or OutOfMemoryError in JavaScript.
struct DeviceFailure : std::runtime_error {
  bool outOfMemory;
  explicit DeviceFailure(const std::string& message, bool outOfMemory = false)
      : std::runtime_error(message), outOfMemory(outOfMemory) {}
};

class Tuning;       // matmul/product-tuning.h
struct ProductLog;  // matmul/product-tuning.h

/// One compute stream of the device: work that is submitted to it runs in order.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Device memory for a launcher's temporary data. It is stream-ordered: it may be given back as soon as the kernels
  /// that use it are launched. Throws DeviceFailure if there is no memory.
  virtual void* takeScratch(std::size_t bytes) = 0;
  virtual void giveScratch(void* data) noexcept = 0;

  /// Waits for all submitted work and gives cached memory back to the device. Called if a kernel cannot be loaded,
  /// since loading takes device memory outside the allocator.
  virtual void emptyCache() noexcept = 0;
  /// How much of the device's memory is in use, cached and free, in bytes; for messages.
  virtual std::string describeMemory() const = 0;

  void* handle = nullptr;          // cudaStream_t, or the emulator's queue
  int capability = 0;              // compute capability: 75, 80, 90, ...
  int processors = 1;              // streaming multiprocessors
  int mostShared = defaultShared;      // bytes of dynamic shared memory that a block may have
  KernelFault* fault = nullptr;    // in device memory
  const char* kernel = "";         // the launcher that is running, for messages
  Options options;
  const Tuning* tuning = nullptr;    // measured choices of kernels; null: use the built-in choices
  ProductLog* productLog = nullptr;  // where launched products are noted; null: logging is off
};

/// The stream of the call that this thread is making.
inline thread_local Stream* currentStream = nullptr;
inline Stream& stream() { return *currentStream; }

/// Scratch memory for as long as this object lives.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes) : data_(bytes > 0 ? stream().takeScratch(bytes) : nullptr) {}
  ~Scratch() {
    if (data_ != nullptr) stream().giveScratch(data_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
};

}  // namespace wengert
