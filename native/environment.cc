// The state of a JavaScript environment (environment.h): buffers, scratch memory, checks of guard bands, and the end.
#include "environment.h"

#include <string>

namespace wengert {

Environment::Environment(Napi::Env env)
    : env(env), device(Device::open()), memory(env, *device), staging(*device), faults(*device, staging), reader(*this) {
  handle = device->queue();
  takeInfo();
  if (!operands.data) throw std::bad_alloc();
  const auto& kernels = faults.kernels();
  bindings.reserve(kernels.size());
  for (std::size_t i = 0; i < kernels.size(); i++) bindings.push_back({this, kernels[i], i});
}

void Environment::takeInfo() {
  capability = device->info().capability;
  processors = device->info().processors;
  mostShared = device->info().mostShared;
}

void Environment::pretend(int other) {
  device->pretend(other);
  takeInfo();
}

Environment::~Environment() { shutDown(); }

void Environment::shutDown() {
  device->abandon();
  reader.stop();
  try {
    device->await(device->mark());
  } catch (const DeviceFailure&) {
    // A device that failed does no more work, so there is nothing to wait for.
  }
}

void* Environment::takeScratch(std::size_t bytes) {
  const Memory::Piece piece = memory.take(bytes, "scratch");
  scratch_.push_back({{piece.data, static_cast<std::int64_t>(bytes), DType::uint8}, piece.block});
  return piece.data;
}

void Environment::giveScratch(void* data) noexcept {
  for (std::size_t i = scratch_.size(); i-- > 0;) {
    const auto [buffer, block] = scratch_[i];
    if (buffer.data != data) continue;
    scratch_.erase(scratch_.begin() + static_cast<std::ptrdiff_t>(i));
    try {
      if (Guard* const guard = memory.guard())
        if (const Guard::Broken broken = guard->find({buffer}); broken.buffer != nullptr)
          brokenScratch_ = std::string(kernel) + ": the kernel wrote " + broken.side + " its scratch memory of " +
                           std::to_string(buffer.length) + " bytes";
    } catch (const DeviceFailure& failure) {
      brokenScratch_ = failure.what();
    }
    memory.give(block);
    return;
  }
}

HandleTable::Slot& Environment::slotOf(const char* user, double handle) {
  HandleTable::Slot* const slot = handles.find(handle);
  if (slot != nullptr) return *slot;
  throw WrongValue(std::string(user) + ": " + Napi::Number::New(env, handle).ToString().Utf8Value() +
                   " is not the handle of a live buffer");
}

double Environment::allocate(std::int64_t length, DType dtype) {
  HandleTable::Slot* const slot = handles.add();
  if (slot == nullptr)
    throw DeviceFailure(
        std::string(Device::kind) + ": at most 2^24 buffers can exist at a time; dispose tensors that are not needed", true);
  Memory::Piece piece;
  if (length > 0) {
    try {
      piece = memory.take(static_cast<std::size_t>(length) * bytesOf(dtype), nameOf(dtype));
    } catch (...) {
      handles.remove(*slot);
      throw;
    }
  }
  slot->buffer = {piece.data, length, dtype};
  slot->block = piece.block;
  return handles.handleOf(*slot);
}

void Environment::free(HandleTable::Slot& slot) noexcept {
  if (slot.block != nullptr) memory.give(slot.block);
  handles.remove(slot);
}

void Environment::checkGuards(const std::string& writer, const std::vector<Buffer>& buffers) {
  Guard* const guard = memory.guard();
  if (guard == nullptr) return;
  if (!brokenScratch_.empty()) throw DeviceFailure(std::exchange(brokenScratch_, {}));
  const Guard::Broken broken = guard->find(buffers);
  if (const std::string stopped = device->takeFault(); !stopped.empty())
    throw DeviceFailure(std::string(Device::kind) + ": " + stopped);
  if (broken.buffer == nullptr) return;
  const std::string message = writer + " wrote " + broken.side + " a buffer of " +
                              std::to_string(broken.buffer->length) + " " + nameOf(broken.buffer->dtype);
  // The bands are written again, so that the error is reported once.
  guard->put(static_cast<char*>(broken.buffer->data),
             static_cast<std::size_t>(broken.buffer->length) * bytesOf(broken.buffer->dtype));
  throw DeviceFailure(message);
}

void Environment::checkAllGuards(const std::string& writer) {
  if (memory.guard() == nullptr) return;
  std::vector<Buffer> buffers;
  handles.forEach([&](const HandleTable::Slot& slot) {
    if (slot.block != nullptr) buffers.push_back(slot.buffer);
  });
  checkGuards(writer, buffers);
}

}  // namespace wengert
