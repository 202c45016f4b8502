// The list of all launchers. EXPORT_KERNEL makes a binding from a launcher's C++ signature: name, kinds of arguments
// and a function that calls it. native/ walks the list and makes a JavaScript function of each. Nothing here uses Node.
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

/// The kind of a launcher's parameter type, and how it is taken from an Argument.
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

/// A registered launcher. Its constructor runs when the addon is loaded and links it into a list.
struct Kernel {
  const char* name;
  const Kind* kinds;  // (arity)
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

/// The kinds of a launcher's parameters, and a function with the same signature for all launchers that calls it.
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
