// Measured choices of kernels (tuning.h): rows from JavaScript, checked, and launched products to JavaScript. How a
// choice is used is in kernels/matmul/product-dispatch.h.
#include "tuning.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "runtime/check.h"
#include "script.h"

namespace wengert {

namespace {

constexpr int largest = 0x7fffffff;

constexpr const char* fieldNames[] = {"product", "elements",    "m",           "n",    "k",    "batches",
                                      "tier",    "aAlongDepth", "bAlongDepth", "tile", "splits"};

/// One row of `tuning`, as JavaScript gave it.
class Row {
 public:
  Row(std::uint32_t index, const Napi::Value& value) : where_("setOptions: tuning row " + std::to_string(index) + ": ") {
    if (!value.IsObject()) throw InvalidCall(where_ + "must be an object");
    row_ = value.As<Napi::Object>();
    const Napi::Array names = propertyNamesOf(row_);
    for (std::uint32_t i = 0; i < names.Length(); i++) {
      const std::string name = textOf(elementOf(names, i));
      if (std::find(std::begin(fieldNames), std::end(fieldNames), name) == std::end(fieldNames))
        throw InvalidCall(where_ + "unknown field " + name);
    }
  }

  /// The index of a field's text in `names`; only the names first .. end - 1 are allowed.
  template <std::size_t count>
  int among(const char* field, const char* const (&names)[count], std::size_t first = 0, std::size_t end = count) const {
    const Napi::Value value = propertyOf(row_, field);
    const std::string text = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
    std::string list;
    for (std::size_t i = first; i < end; i++) {
      if (value.IsString() && text == names[i]) return static_cast<int>(i);
      list += (i > first ? ", " : "") + std::string(names[i]);
    }
    fail(field, "one of " + list, value);
  }

  int integer(const char* field, int least, int most) const {
    const Napi::Value value = propertyOf(row_, field);
    const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
    if (!(number >= least && number <= most) || std::trunc(number) != number)
      fail(field, "an integer from " + std::to_string(least) + " to " + std::to_string(most), value);
    return static_cast<int>(number);
  }

  bool flag(const char* field) const {
    const Napi::Value value = propertyOf(row_, field);
    if (!value.IsBoolean()) fail(field, "true or false", value);
    return value.As<Napi::Boolean>();
  }

  void refuseLayout(const char* field) const {
    const Napi::Value value = propertyOf(row_, field);
    if (!value.IsUndefined()) fail(field, "undefined, since only matmul has layouts", value);
  }

  [[noreturn]] void fail(const char* field, const std::string& rule, const Napi::Value& value) const {
    const std::string got = value.IsSymbol() ? "a symbol" : textOf(value);
    fail(std::string(field) + " must be " + rule + ", got " + got);
  }
  [[noreturn]] void fail(const std::string& what) const { throw InvalidCall(where_ + what); }

 private:
  std::string where_;
  Napi::Object row_;
};

ProductKey keyOf(const Row& row) {
  ProductKey key{.kind = static_cast<ProductKind>(row.among("product", productKindNames)),
                 // All names except the last, `other`.
                 .elements = static_cast<ProductElements>(
                     row.among("elements", productElementNames, 0, std::size(productElementNames) - 1)),
                 .m = row.integer("m", 1, largest),
                 .n = row.integer("n", 1, largest),
                 // The depth is 0 for phases of a strided convolution that no tap of the filter reaches.
                 .k = row.integer("k", 0, largest),
                 .batches = row.integer("batches", 1, largest)};
  if (key.kind == ProductKind::matmul) {
    key.aAlongDepth = row.flag("aAlongDepth");
    key.bAlongDepth = row.flag("bAlongDepth");
  } else {
    row.refuseLayout("aAlongDepth");
    row.refuseLayout("bAlongDepth");
  }
  return key;
}

std::string describe(const ProductKernel& kernel) {
  return std::string(tierNames[static_cast<int>(kernel.tier)]) + " " + std::to_string(kernel.tile);
}

ProductChoice choiceOf(const Row& row, const ProductKey& key) {
  // All tiers except the first, `naive`, which is not in the tables.
  const Tier tier = static_cast<Tier>(row.among("tier", tierNames, 1));
  const int side = row.integer("tile", 1, largest);
  const int splits = row.integer("splits", 1, mostSplits(key.k));
  std::string compiled;
  for (const ProductKernel& kernel : kernelsOf(key.kind)) {
    if (!takes(kernel.elements, key.elements)) continue;
    if (kernel.tier == tier && kernel.tile == side) return {&kernel, splits};
    // A kernel may be in the table several times, for different elements.
    if (compiled.find(describe(kernel)) == std::string::npos)
      compiled += (compiled.empty() ? "" : ", ") + describe(kernel);
  }
  row.fail("tier and tile must be those of a kernel that was compiled for " +
           std::string(productKindNames[static_cast<int>(key.kind)]) + " of " +
           productElementNames[static_cast<int>(key.elements)] + " (" + compiled + "), got " +
           tierNames[static_cast<int>(tier)] + " " + std::to_string(side));
}

Napi::Object show(Napi::Env env, const ProductKernel& kernel) {
  const Napi::Object shown = Napi::Object::New(env);
  shown.Set("tier", tierNames[static_cast<int>(kernel.tier)]);
  shown.Set("tile", static_cast<int>(kernel.tile));
  return shown;
}

/// The kernels that can compute a product on this device, regardless of the table's order.
Napi::Array candidatesFor(Napi::Env env, const LoggedProduct& product, int capability) {
  const Napi::Array candidates = Napi::Array::New(env);
  std::vector<std::pair<Tier, int>> seen;
  for (const ProductKernel& kernel : kernelsOf(product.key.kind)) {
    const std::pair<Tier, int> name(kernel.tier, kernel.tile);
    if (!canCompute(kernel, product.key.elements, product.vectors, capability) ||
        std::find(seen.begin(), seen.end(), name) != seen.end())
      continue;
    seen.push_back(name);
    candidates.Set(candidates.Length(), show(env, kernel));
  }
  return candidates;
}

Napi::Object describe(Napi::Env env, const LoggedProduct& product, int capability) {
  const auto& [launcher, key, vectors, tuned, choice] = product;
  const Napi::Object shown = show(env, *choice.kernel);
  shown.Set("kernel", launcher);
  shown.Set("product", productKindNames[static_cast<int>(key.kind)]);
  shown.Set("elements", productElementNames[static_cast<int>(key.elements)]);
  shown.Set("m", key.m);
  shown.Set("n", key.n);
  shown.Set("k", key.k);
  shown.Set("batches", key.batches);
  if (key.kind == ProductKind::matmul) {
    shown.Set("aAlongDepth", key.aAlongDepth);
    shown.Set("bAlongDepth", key.bAlongDepth);
  }
  shown.Set("splits", choice.splits);
  shown.Set("tuned", tuned);
  shown.Set("mostSplits", mostSplits(key.k));
  shown.Set("candidates", candidatesFor(env, product, capability));
  return shown;
}

}  // namespace

std::unique_ptr<const Tuning> tuningOf(const Napi::Value& rows) {
  if (rows.IsNull()) return nullptr;
  if (!rows.IsArray()) throw WrongType("setOptions: tuning must be an array of rows, or null");
  const Napi::Array list = rows.As<Napi::Array>();
  auto tuning = std::make_unique<Tuning>();
  for (std::uint32_t i = 0; i < list.Length(); i++) {
    const Napi::HandleScope scope(rows.Env());
    const Row row(i, elementOf(list, i));
    const ProductKey key = keyOf(row);
    if (!tuning->add(key, choiceOf(row, key))) row.fail("an earlier row is for the same product");
  }
  return tuning;
}

Napi::Value takeProducts(Environment& environment, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Array shown = Napi::Array::New(env);
  for (const LoggedProduct& product : environment.products.products) {
    const Napi::HandleScope scope(env);
    shown.Set(shown.Length(), describe(env, product, environment.capability));
  }
  environment.products.products.clear();
  return shown;
}

}  // namespace wengert
