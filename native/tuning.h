// Measured choices of kernels between JavaScript and C++: settings.cc reads rows with tuningOf, and addon.cc exports
// takeProducts, which bench/tune.ts uses to measure. The format of rows is in kernels/tuning/README.md.
#pragma once

#include <napi.h>

#include <memory>

#include "environment.h"
#include "matmul/product-tuning.h"

namespace wengert {

/// The rows of setOptions({ tuning }), checked; null for null. Throws InvalidCall that names the row and the field.
std::unique_ptr<const Tuning> tuningOf(const Napi::Value& rows);

/// takeProducts(): the products launched since `logProducts` was set or they were last taken, in order, each with the
/// kernels that could compute it.
Napi::Value takeProducts(Environment& environment, const Napi::CallbackInfo& info);

}  // namespace wengert
