// The functions that are called for every op. They use Node's C functions directly, because node-addon-api's objects
// would allocate in each call. addon.cc exports them; functions that are called less often go through `callback`
// (environment.h).
#pragma once

#include <node_api.h>

namespace wengert {

/// Calls the kernel of the Binding that is the function's data.
napi_value callKernel(napi_env env, napi_callback_info info);

/// alloc(length, dtype) -> handle; free(handle).
napi_value allocBuffer(napi_env env, napi_callback_info info);
napi_value freeBuffer(napi_env env, napi_callback_info info);

}  // namespace wengert
