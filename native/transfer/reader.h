// Reads that do not block: a thread waits for the device, and the event loop hears of it when the data is there.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "device/faults.h"
#include "memory/handles.h"
#include "memory/memory.h"
#include "memory/staging.h"

namespace wengert {

class Environment;

class Reader {
 public:
  explicit Reader(Environment& environment) : environment_(environment) {}
  ~Reader() { stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// A promise of the buffer's bytes, as they are at this point of the stream, in an ArrayBuffer. Until it is fulfilled
  /// nobody else knows of that ArrayBuffer, so nobody can take its memory away from the thread that writes to it.
  Napi::Promise read(const Buffer& buffer);

  /// Waits, and copies the buffer's bytes to `target`.
  void readSync(const Buffer& buffer, void* target);

  /// Waits for all work and throws what went wrong in it.
  void sync();

  /// Ends the thread. Promises that are open stay so.
  void stop();

 private:
  /// Bytes that arrive in one pinned piece, and are copied on by the event loop; more are copied by the thread.
  static constexpr std::size_t mostAtOnce = std::size_t{1} << 20;

  /// How much of so many bytes goes that way.
  static std::size_t stagedOf(std::size_t bytes) { return bytes > mostAtOnce ? 0 : bytes; }

  struct Request {
    Napi::Promise::Deferred deferred;
    std::size_t bytes;
    Ticket ticket = 0;
    Staging::Piece staging{};  // the data, where it is small
    Faults::Interval faults = 0;
    // Large data: where it goes, and the copy of it on the device that the thread has yet to read.
    Napi::Reference<Napi::ArrayBuffer> target{};
    void* targetData = nullptr;
    Memory::Piece snapshot{};
    std::exception_ptr failure{};  // of the device
  };

  Staging::Piece download(const void* source, std::size_t bytes, Ticket& ticket);
  void giveBack(const Staging::Piece& piece, Ticket ticket);
  void waitSoon(Ticket ticket);
  void begin(Request& request, const Buffer& buffer);
  void beginLarge(Request& request, const Buffer& buffer);
  void start();
  void work();
  void perform(Request& request);
  void settle(Request& request);
  static void deliver(napi_env env, napi_value, void* context, void* data);

  Environment& environment_;
  std::thread thread_;
  napi_threadsafe_function deliver_ = nullptr;
  int open_ = 0;  // requests that were not settled; while there are any, the event loop stays alive
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Request>> pending_;
  bool stopping_ = false;
};

}  // namespace wengert
