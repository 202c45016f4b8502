#include "environment.h"

#include <string>

namespace wengert {

Environment::Environment(Napi::Env env)
    : env(env), device(Device::open()), memory(env, *device), faults(*device), staging(*device), reader(*this) {
  handle = device->queue();
  takeInfo();
  if (!lists.data) throw std::bad_alloc();
  const auto& kernels = faults.kernels();
  bindings.reserve(kernels.size());
  for (std::size_t i = 0; i < kernels.size(); i++) {
    int bufferLists = 0;
    for (int k = 0; k < kernels[i]->arity; k++) bufferLists += kernels[i]->kinds[k] == Kind::bufferList;
    bindings.push_back({this, kernels[i], faults.recordOf(i), bufferLists});
  }
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
  reader.stop();
  try {
    device->await(device->mark());
  } catch (const DeviceFailure&) {
    // A device that failed does no more work.
  }
}

void* Environment::takeScratch(std::size_t bytes) {
  scratch_.push_back({memory.take(bytes, kernel), bytes});
  return scratch_.back().piece.data;
}

void Environment::giveScratch(void* data) noexcept {
  for (std::size_t i = scratch_.size(); i-- > 0;) {
    if (scratch_[i].piece.data != data) continue;
    memory.give(scratch_[i].piece);
    scratch_.erase(scratch_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

HandleTable::Slot& Environment::slotOf(const char* user, double handle) {
  HandleTable::Slot* const slot = handles.find(handle);
  if (slot != nullptr) return *slot;
  throw WrongValue(std::string(user) + ": " + Napi::Number::New(env, handle).ToString().Utf8Value() +
                   " is no handle of a buffer, or of one that was freed");
}

double Environment::allocate(std::int64_t length, DType dtype) {
  HandleTable::Slot* const slot = handles.add();
  if (slot == nullptr) throw DeviceFailure(std::string(Device::kind) + ": no more than 2^24 buffers can be live", true);
  Memory::Piece piece{nullptr, nullptr};
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
  if (slot.block != nullptr) memory.give({slot.block, slot.buffer.data});
  handles.remove(slot);
}

void Environment::checkGuards(const char* culprit) {
  const auto check = [&](const Memory::Piece& piece, std::size_t bytes, const std::string& what) {
    const char* const side = memory.brokenSide(piece, bytes);
    if (side != nullptr)
      throw DeviceFailure(std::string(culprit) + ": wrote " + side + " a buffer of " + what);
  };
  handles.forEach([&](const HandleTable::Slot& slot) {
    const Buffer& buffer = slot.buffer;
    check({slot.block, buffer.data}, static_cast<std::size_t>(buffer.length) * bytesOf(buffer.dtype),
          std::to_string(buffer.length) + " " + nameOf(buffer.dtype));
  });
  for (const ScratchPiece& piece : scratch_) check(piece.piece, piece.bytes, std::to_string(piece.bytes) + " bytes of scratch");
}

}  // namespace wengert
