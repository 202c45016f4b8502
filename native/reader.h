// Reads that do not block: a thread waits for the device, and the event loop hears of it when the data is there.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "handles.h"
#include "staging.h"

namespace wengert {

class Environment;

class Reader {
 public:
  explicit Reader(Environment& environment) : environment_(environment) {}
  ~Reader() { stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Copies the buffer, as it is at this point of the stream, into `target` when it is there.
  Napi::Promise read(const Buffer& buffer, Napi::TypedArray target);

  /// As `read`, but waits.
  void readSync(const Buffer& buffer, Napi::TypedArray target);

  /// Waits for all work and throws what went wrong in it.
  void sync();

  /// Ends the thread. Promises that are open stay so.
  void stop();

 private:
  struct Request {
    Napi::Promise::Deferred deferred;
    Napi::Reference<Napi::TypedArray> target;
    Staging::Piece staging;
    std::size_t bytes;
    Ticket ticket;
    std::string failure;  // of the device, while it was waited for
  };

  Staging::Piece download(const Buffer& buffer, Ticket& ticket);
  void finish(const unsigned char* downloaded, std::size_t bytes, Napi::TypedArray target);
  void start();
  void wait();
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
