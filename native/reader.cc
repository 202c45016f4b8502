#include "reader.h"

#include <cstring>
#include <string>

#include "environment.h"

namespace wengert {

namespace {

std::size_t bytesOf(const Buffer& buffer) { return static_cast<std::size_t>(buffer.length) * bytesOf(buffer.dtype); }

}  // namespace

/// Starts the copy to pinned memory: the data, and after it the records of faults.
Staging::Piece Reader::download(const Buffer& buffer, Ticket& ticket) {
  Device& device = *environment_.device;
  const std::size_t bytes = bytesOf(buffer);
  const Staging::Piece piece = environment_.staging.take(bytes + environment_.faults.bytes());
  try {
    if (bytes > 0) device.download(piece.data, buffer.data, bytes);
    environment_.faults.download(piece.data + bytes);
  } catch (...) {
    environment_.staging.give(piece, device.mark());
    throw;
  }
  ticket = device.mark();
  return piece;
}

/// Hands over what arrived. The array may have been taken away meanwhile (transferred to a worker); then it is empty.
void Reader::finish(const unsigned char* downloaded, std::size_t bytes, Napi::TypedArray target) {
  environment_.faults.check(downloaded + bytes);
  if (target.ByteLength() != bytes) throw WrongValue("read: the array was detached while it was read into");
  if (bytes > 0)
    std::memcpy(static_cast<unsigned char*>(target.ArrayBuffer().Data()) + target.ByteOffset(), downloaded, bytes);
}

void Reader::readSync(const Buffer& buffer, Napi::TypedArray target) {
  environment_.checkAllGuards("a kernel that ran since");
  Ticket ticket = 0;
  const Staging::Piece piece = download(buffer, ticket);
  try {
    environment_.device->await(ticket);
    finish(piece.data, bytesOf(buffer), target);
  } catch (...) {
    environment_.staging.give(piece, ticket);
    throw;
  }
  environment_.staging.give(piece, ticket);
}

void Reader::sync() {
  const Napi::Env env(environment_.env);
  readSync({nullptr, 0, DType::uint8}, Napi::Uint8Array::New(env, 0));
}

Napi::Promise Reader::read(const Buffer& buffer, Napi::TypedArray target) {
  start();
  const Napi::Env env(environment_.env);
  Ticket ticket = 0;
  const Staging::Piece piece = download(buffer, ticket);
  auto request = std::make_unique<Request>(Request{Napi::Promise::Deferred::New(env),
                                                   Napi::Reference<Napi::TypedArray>::New(target, 1), piece,
                                                   bytesOf(buffer), ticket, {}});
  const Napi::Promise promise = request->deferred.Promise();
  if (open_++ == 0) napi_ref_threadsafe_function(env, deliver_);
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back(std::move(request));
  }
  changed_.notify_one();
  return promise;
}

void Reader::start() {
  if (thread_.joinable()) return;
  const Napi::Env env(environment_.env);
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "wengert read"), 0, 1, nullptr,
                                      nullptr, this, deliver, &deliver_);
  if (status != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, deliver_);
  thread_ = std::thread([this] { wait(); });
}

/// The thread: waits for the requests in their order, which is that of the stream.
void Reader::wait() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    if (stopping_) return;
    std::unique_ptr<Request> request = std::move(pending_.front());
    pending_.pop_front();
    lock.unlock();
    try {
      environment_.device->await(request->ticket);
    } catch (const std::exception& error) {
      request->failure = error.what();
    }
    // Whoever empties the queue of an environment that ends deletes it; so does this thread if there is none any more.
    Request* const handed = request.release();
    const napi_status status = napi_call_threadsafe_function(deliver_, handed, napi_tsfn_nonblocking);
    lock.lock();
    if (status != napi_ok) {
      pending_.push_front(std::unique_ptr<Request>(handed));
      return;
    }
  }
}

/// On the event loop. Without an environment, it is ending: references may not be touched, only given up.
void Reader::deliver(napi_env env, napi_value, void* context, void* data) {
  std::unique_ptr<Request> request(static_cast<Request*>(data));
  if (env == nullptr) return;
  static_cast<Reader*>(context)->settle(*request);
}

void Reader::settle(Request& request) {
  const Napi::Env env(environment_.env);
  const Napi::HandleScope scope(env);
  if (--open_ == 0) napi_unref_threadsafe_function(env, deliver_);
  try {
    try {
      if (!request.failure.empty()) throw DeviceFailure(request.failure);
      finish(request.staging.data, request.bytes, request.target.Value());
      request.deferred.Resolve(env.Undefined());
    } catch (...) {
      request.deferred.Reject(environment_.errors.fromCurrent(env));
    }
    environment_.staging.give(request.staging, request.ticket);
  } catch (const Napi::Error&) {
    // The environment is ending: nobody waits for the promise.
  }
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
