// The list of all kernels. A launcher's own C++ signature becomes its binding: name, kinds of arguments, invoker.
// Nothing here knows of Node; native/ walks the list.
#pragma once

#include <utility>

#include "runtime/buffer.h"

namespace wengert {

enum class Kind : std::uint8_t { buffer, optionalBuffer, bufferList, dims, integer, number };

/// One argument of a launcher: an operand of the call, decoded by its kind.
union Argument {
  const Buffer* buffer;  // null for an optional one that is left out
  BufferList buffers;
  Dims dims;
  std::int64_t integer;  // a whole number of at most 53 bits
  double number;
};

template <class T>
struct ArgumentOf;

template <>
struct ArgumentOf<const Buffer&> {
  static constexpr Kind kind = Kind::buffer;
  static const Buffer& get(const Argument& a) { return *a.buffer; }
};
template <>
struct ArgumentOf<Buffer&> {
  static constexpr Kind kind = Kind::buffer;
  static Buffer& get(const Argument& a) { return const_cast<Buffer&>(*a.buffer); }
};
template <>
struct ArgumentOf<const Buffer*> {
  static constexpr Kind kind = Kind::optionalBuffer;
  static const Buffer* get(const Argument& a) { return a.buffer; }
};
template <>
struct ArgumentOf<BufferList> {
  static constexpr Kind kind = Kind::bufferList;
  static BufferList get(const Argument& a) { return a.buffers; }
};
template <>
struct ArgumentOf<Dims> {
  static constexpr Kind kind = Kind::dims;
  static Dims get(const Argument& a) { return a.dims; }
};
template <>
struct ArgumentOf<std::int64_t> {
  static constexpr Kind kind = Kind::integer;
  static std::int64_t get(const Argument& a) { return a.integer; }
};
template <>
struct ArgumentOf<double> {
  static constexpr Kind kind = Kind::number;
  static double get(const Argument& a) { return a.number; }
};

/// A registered launcher, linked into a list before `main`.
struct Kernel {
  const char* name;
  const Kind* kinds;
  int arity;
  void (*invoke)(const Argument* arguments);
  const Kernel* next;

  static inline const Kernel* first = nullptr;
  static constexpr int mostArguments = 24;

  Kernel(const char* name, const Kind* kinds, int arity, void (*invoke)(const Argument*))
      : name(name), kinds(kinds), arity(arity), invoke(invoke), next(first) {
    first = this;
  }
};

template <auto launcher>
struct Signature;

template <class... A, void (*launcher)(A...)>
struct Signature<launcher> {
  static_assert(sizeof...(A) <= Kernel::mostArguments);
  static constexpr int arity = sizeof...(A);
  static constexpr Kind kinds[] = {ArgumentOf<A>::kind...};

  static void invoke(const Argument* arguments) { call(arguments, std::index_sequence_for<A...>{}); }

  template <std::size_t... I>
  static void call(const Argument* arguments, std::index_sequence<I...>) {
    launcher(ArgumentOf<A>::get(arguments[I])...);
  }
};

}  // namespace wengert

/// Registers `launcher`, a function of this file, under the name of an op. For rows of a table, whose launchers are
/// instances of one template: EXPORT_KERNEL_AS(exp, launchUnary<Exp>).
#define EXPORT_KERNEL_AS(name, ...)                                                                                  \
  static const ::wengert::Kernel exported_##name(#name, ::wengert::Signature<(__VA_ARGS__)>::kinds,                  \
                                                 ::wengert::Signature<(__VA_ARGS__)>::arity,                         \
                                                 ::wengert::Signature<(__VA_ARGS__)>::invoke);
#define EXPORT_KERNEL(launcher) EXPORT_KERNEL_AS(launcher, launcher)
