// Kernels whose machine code the tests of scripts/kernels read: nvdisasm's listings are in this folder.
//   nvcc -std=c++20 -O3 -gencode arch=compute_90a,code=sm_90a -cubin samples.cu && nvdisasm -c samples.cubin
struct alignas(16) Four {
  float at[4];
};

// 16-byte loads and stores in a loop; the rest of the row one element at a time, after the loop.
__global__ void wide(const float4* x, float4* y, const float* rest, float* end, int n, int left) {
#pragma unroll 1
  for (int i = threadIdx.x; i < n; i += 256) {
    float4 v = x[i];
    v.x *= 2, v.y *= 2, v.z *= 2, v.w *= 2;
    y[i] = v;
  }
  if (threadIdx.x < left) end[threadIdx.x] = rest[threadIdx.x] * 2;
}

// The same with 4-byte stores.
__global__ void narrow(const float4* x, float* y, int n) {
#pragma unroll 1
  for (int i = threadIdx.x; i < n; i += 256) {
    const float4 v = x[i];
    y[i] = v.x + v.y + v.z + v.w;
  }
}

// A wide store, and four neighbouring stores of 4 bytes, as ptxas splits a struct store.
__global__ void split(const Four* x, Four* y, float* z, int n) {
#pragma unroll 1
  for (int i = threadIdx.x; i < n; i += 256) {
    const Four a = x[i];
    Four c;
    for (int e = 0; e < 4; e++) c.at[e] = a.at[e] * a.at[e] + 1;
    y[i] = c;
    for (int e = 0; e < 4; e++) z[i * 4 + e] = c.at[e] * c.at[e];
  }
}

// The same with a different predicate for each of the four: they cannot be one store.
__global__ void guarded(const Four* x, Four* y, float* z, int n, int count) {
#pragma unroll 1
  for (int i = threadIdx.x; i < n; i += 256) {
    const Four a = x[i];
    y[i] = a;
    for (int e = 0; e < 4; e++)
      if (e < count) z[i * 4 + e] = a.at[e] * a.at[e];
  }
}

// An array that is indexed by a number known at run time only.
__global__ void local(const float4* x, float* y, int n, int pick) {
#pragma unroll 1
  for (int i = threadIdx.x; i < n; i += 256) {
    const float4 v = x[i];
    float held[8] = {v.x, v.y, v.z, v.w, v.x * v.y, v.z * v.w, v.x * v.z, v.y * v.w};
    held[pick] += 1;
    y[i] = held[pick ^ 1] + held[(pick + 3) & 7];
  }
}

// A product's main loop: one operand by 16 bytes, the other by 2, and a barrier.
__global__ void pipeline(const float4* a, const unsigned short* b, float4* y, int turns) {
  __shared__ float4 tileA[128];
  __shared__ unsigned short tileB[128];
  float4 sum = {};
#pragma unroll 1
  for (int t = 0; t < turns; t++) {
    tileA[threadIdx.x] = a[t * 128 + threadIdx.x];
    tileB[threadIdx.x] = b[t * 128 + threadIdx.x];
    __syncthreads();
    const float4 v = tileA[threadIdx.x ^ 1];
    const float f = tileB[threadIdx.x ^ 2];
    sum.x += v.x * f, sum.y += v.y * f, sum.z += v.z * f, sum.w += v.w * f;
    __syncthreads();
  }
  y[threadIdx.x] = sum;
}

// No loop: the main path.
__global__ void straight(const float2* x, float2* y) { y[threadIdx.x] = x[threadIdx.x]; }
