// Reads (reader.h): the copy to the host, the thread that waits for it, and the fulfilment of promises on the event
// loop.
#include "transfer/reader.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#include "environment.h"
#include "script.h"

namespace wengert {

namespace {

/// How long a blocking read polls before it sleeps: about as long as waking takes.
constexpr std::chrono::microseconds patience{50};

std::size_t bytesOf(const Buffer& buffer) { return static_cast<std::size_t>(buffer.length) * bytesOf(buffer.dtype); }

/// A new ArrayBuffer. V8 ends the process if it finds no memory for one, so this allocates that much first, and throws
/// if it cannot.
Napi::ArrayBuffer makeArrayBuffer(Napi::Env env, std::size_t bytes) {
  void* volatile const tried = std::malloc(bytes);
  if (tried == nullptr && bytes > 0)
    throw DeviceFailure("read: the host is out of memory: " + std::to_string(bytes) +
                        " bytes could not be allocated", true);
  std::free(tried);
  return Napi::ArrayBuffer::New(env, bytes);
}

}  // namespace

/// Submits the copy to pinned memory, if there are bytes to copy. The ticket is for all work that was submitted so far.
Staging::Piece Reader::download(const void* source, std::size_t bytes, Ticket& ticket) {
  Device& device = *environment_.device;
  Staging::Piece piece;
  if (bytes > 0) {
    piece = environment_.staging.take(bytes);
    try {
      device.download(piece.data, source, bytes);
    } catch (...) {
      giveBack(piece, device.mark());
      throw;
    }
  }
  ticket = device.mark();
  return piece;
}

void Reader::giveBack(const Staging::Piece& piece, Ticket ticket) {
  if (piece.data != nullptr) environment_.staging.give(piece, ticket);
}

/// Waits for the device. Sleeping and waking takes longer than many kernels, so this polls first. Only for blocking
/// reads: the thread of asynchronous reads does not poll, since it would occupy a core.
void Reader::waitSoon(Ticket ticket) {
  Device& device = *environment_.device;
  const auto start = std::chrono::steady_clock::now();
  while (!device.isDone(ticket) && std::chrono::steady_clock::now() - start < patience) {
  }
  device.await(ticket);  // which also throws if the device failed
}

void Reader::readSync(const Buffer& buffer, void* target) {
  environment_.checkAllGuards("read: an earlier kernel");
  Device& device = *environment_.device;
  const std::size_t bytes = bytesOf(buffer);
  const std::size_t staged = stagedOf(bytes);
  Ticket ticket = 0;
  const Staging::Piece piece = download(buffer.data, staged, ticket);
  Faults::Interval faults = 0;
  try {
    faults = environment_.faults.endInterval(ticket);
    waitSoon(ticket);
    environment_.faults.check(faults);
    if (staged > 0)
      std::memcpy(target, piece.data, bytes);
    else if (bytes > 0)
      device.read(target, buffer.data, bytes, ticket);
  } catch (...) {
    environment_.faults.forget(faults);
    giveBack(piece, ticket);
    throw;
  }
  giveBack(piece, ticket);
}

void Reader::sync() { readSync({nullptr, 0, DType::uint8}, nullptr); }

Napi::Promise Reader::read(const Buffer& buffer) {
  start();
  const Napi::Env env(environment_.env);
  auto request = std::make_unique<Request>(Request{Napi::Promise::Deferred::New(env), bytesOf(buffer)});
  const Napi::Promise promise = request->deferred.Promise();
  try {
    begin(*request, buffer);
  } catch (...) {
    giveBack(request->staging, request->ticket);
    if (request->snapshot.block != nullptr) environment_.memory.give(request->snapshot.block);
    throw;
  }
  if (open_++ == 0) napi_ref_threadsafe_function(env, deliver_);
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back(std::move(request));
  }
  changed_.notify_one();
  return promise;
}

/// Submits the work that preserves the buffer's present content.
void Reader::begin(Request& request, const Buffer& buffer) {
  if (request.bytes > mostAtOnce)
    beginLarge(request, buffer);
  else
    request.staging = download(buffer.data, request.bytes, request.ticket);
  request.faults = environment_.faults.endInterval(request.ticket);
}

/// Copies the buffer on the device, which occupies the stream for the shortest time; the thread reads the copy later.
/// If the device has no memory for a copy, the data is read now, and this blocks.
void Reader::beginLarge(Request& request, const Buffer& buffer) {
  Device& device = *environment_.device;
  const Napi::ArrayBuffer target = makeArrayBuffer(environment_.env, request.bytes);
  request.target = Napi::Persistent(target);
  request.targetData = Napi::ArrayBuffer(target).Data();
  try {
    request.snapshot = environment_.memory.take(request.bytes, "a copy to read from");
  } catch (const DeviceFailure& failure) {
    if (!failure.outOfMemory) throw;
  }
  const bool hasRoom = request.snapshot.block != nullptr;
  if (hasRoom) device.copy(request.snapshot.data, buffer.data, request.bytes);
  request.staging = download(nullptr, 0, request.ticket);
  if (hasRoom) return;
  try {
    device.read(request.targetData, buffer.data, request.bytes, request.ticket);
  } catch (const DeviceFailure&) {
    request.failure = std::current_exception();
  }
}

void Reader::start() {
  if (thread_.joinable()) return;
  const Napi::Env env(environment_.env);
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "wengert read"), 0, 1, nullptr,
                                      nullptr, this, deliver, &deliver_);
  if (status != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, deliver_);
  thread_ = std::thread([this] { work(); });
}

/// The thread: performs the requests in order, which is the order of the stream.
void Reader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    if (stopping_) return;
    std::unique_ptr<Request> request = std::move(pending_.front());
    pending_.pop_front();
    lock.unlock();
    perform(*request);
    // If the environment is ending, Node empties the function's queue and `deliver` deletes the request. If the
    // function is already closed, the request stays with this thread's queue.
    Request* const handed = request.release();
    const napi_status status = napi_call_threadsafe_function(deliver_, handed, napi_tsfn_nonblocking);
    lock.lock();
    if (status != napi_ok) {
      pending_.push_front(std::unique_ptr<Request>(handed));
      return;
    }
  }
}

void Reader::perform(Request& request) {
  Device& device = *environment_.device;
  try {
    if (request.snapshot.block != nullptr)
      device.read(request.targetData, request.snapshot.data, request.bytes, request.ticket);
    else
      device.await(request.ticket);
  } catch (const std::exception&) {
    if (!request.failure) request.failure = std::current_exception();
  }
}

/// Called on the event loop. `env` is null if the environment is ending: then the request may only be deleted.
void Reader::deliver(napi_env env, napi_value, void* context, void* data) {
  std::unique_ptr<Request> request(static_cast<Request*>(data));
  if (env == nullptr) return;
  static_cast<Reader*>(context)->settle(*request);
}

/// Resolves or rejects the promise, and gives the request's memory back.
void Reader::settle(Request& request) {
  const Napi::Env env(environment_.env);
  const Napi::HandleScope scope(env);
  if (--open_ == 0) napi_unref_threadsafe_function(env, deliver_);
  try {
    try {
      if (request.failure) std::rethrow_exception(request.failure);
      const std::size_t staged = stagedOf(request.bytes);
      environment_.faults.check(request.faults);
      if (request.targetData == nullptr) {
        Napi::ArrayBuffer small = makeArrayBuffer(env, request.bytes);
        if (staged > 0) std::memcpy(small.Data(), request.staging.data, staged);
        request.deferred.Resolve(small);
      } else {
        request.deferred.Resolve(request.target.Value());
      }
    } catch (...) {
      request.deferred.Reject(environment_.errors.fromCurrent(env));
    }
  } catch (const Napi::Error&) {
    // The environment is ending; the promise is never settled.
  } catch (const ScriptStopped&) {
    // The same.
  }
  environment_.faults.forget(request.faults);
  giveBack(request.staging, request.ticket);
  if (request.snapshot.block != nullptr) environment_.memory.give(request.snapshot.block);
}

void Reader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  pending_.clear();
}

}  // namespace wengert
