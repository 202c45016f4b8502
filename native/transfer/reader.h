// Reads of buffers, asynchronous and blocking. For an asynchronous read, a thread waits for the device, and the promise
// is resolved on the event loop. transfer.cc calls it for JavaScript; writes are in transfer.cc.
//
//   up to 1 MiB    buffer --stream--> pinned piece ----------event loop---> ArrayBuffer
//   more           buffer --stream--> copy on the device --thread, in pieces--> ArrayBuffer
//
//   event loop     read(): submits the copy, ends an interval of faults, queues a request
//   thread                          waits for the ticket; for large data, copies
//   event loop                                                               settle(): checks faults, resolves
//
// Either way the promise gives the bytes as they were when read() was called, since the stream works in order.
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

  /// A promise of the buffer's bytes, as they are at this point of the stream, in an ArrayBuffer. JavaScript cannot
  /// reach this ArrayBuffer before the promise is resolved, so it cannot detach the memory that the thread writes to.
  Napi::Promise read(const Buffer& buffer);

  /// Waits, and copies the buffer's bytes to `target`.
  void readSync(const Buffer& buffer, void* target);

  /// Waits for all work and throws what went wrong in it.
  void sync();

  /// Ends the thread. Open promises are never settled.
  void stop();

 private:
  /// Reads of at most this many bytes go through one pinned piece; larger ones are copied by the thread.
  static constexpr std::size_t mostAtOnce = std::size_t{1} << 20;

  /// The bytes that go through a pinned piece: all, or none.
  static std::size_t stagedOf(std::size_t bytes) { return bytes > mostAtOnce ? 0 : bytes; }

  struct Request {
    Napi::Promise::Deferred deferred;
    std::size_t bytes;
    Ticket ticket = 0;
    Staging::Piece staging{};  // small data
    Faults::Interval faults = 0;
    // Large data: its target, and the copy on the device that the thread reads.
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
  int open_ = 0;  // requests that are not settled; they keep the event loop alive
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Request>> pending_;
  bool stopping_ = false;
};

}  // namespace wengert
