// The optimizers' steps: sgd, sgdMomentum, adam, adamW, amsgrad, amsgradW. A rule (Sgd, SgdMomentum, Adam) is the
// formula for one element. The kernel that applies it to all parameters of a group is in step.cuh.
#include "optimizer/step.cuh"
#include "runtime/registry.h"

namespace wengert {
namespace {

// g += weightDecay p;  p -= lr g
template <class C>
struct Sgd {
  static constexpr int slots = 0;
  struct Coefficients {
    C lr;
  };
  C weightDecay;

  __device__ Coefficients prepare(double lr, unsigned) const { return {static_cast<C>(lr)}; }
  __device__ void operator()(const Coefficients& now, C g, C& p, C (&)[1]) const {
    if (weightDecay != C(0)) g += weightDecay * p;
    p -= now.lr * g;
  }
};

// g += weightDecay p;  v = momentum v + (1 - dampening) g, first v = g;  p -= lr v, Nesterov: lr (g + momentum v)
template <class C>
struct SgdMomentum {
  static constexpr int slots = 1;
  struct Coefficients {
    C lr;
    bool first;
  };
  C weightDecay;
  C momentum;
  C take;  // 1 - dampening
  bool nesterov;

  __device__ Coefficients prepare(double lr, unsigned step) const { return {static_cast<C>(lr), step == 1}; }
  __device__ void operator()(const Coefficients& now, C g, C& p, C (&slot)[1]) const {
    if (weightDecay != C(0)) g += weightDecay * p;
    const C velocity = now.first ? g : momentum * slot[0] + take * g;
    slot[0] = velocity;
    p -= now.lr * (nesterov ? g + momentum * velocity : velocity);
  }
};

// g += weightDecay p (decoupled: p *= 1 - lr weightDecay);  m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2
// w = max(w, v) (amsgrad; else w = v);  p -= lr m / (1 - beta1^step) / (sqrt(w / (1 - beta2^step)) + eps)
// Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (decoupled); Reddi, Kale and Kumar 2018 (AMSGrad)
template <class C, bool amsgrad>
struct Adam {
  static constexpr int slots = amsgrad ? 3 : 2;
  struct Coefficients {
    C shrink;    // 1 - lr weightDecay if decoupled, else 1
    C stepSize;  // lr / (1 - beta1^step)
    C scale;     // 1 / sqrt(1 - beta2^step)
  };
  double beta1;
  double beta2;
  double weightDecay;
  C eps;
  C take1;    // 1 - beta1
  C keep2;    // beta2
  C take2;    // 1 - beta2
  C penalty;  // weightDecay, or 0 if decoupled
  bool decoupled;

  __device__ Coefficients prepare(double lr, unsigned step) const {
    const double correction1 = 1 - pow(beta1, static_cast<double>(step));
    const double correction2 = 1 - pow(beta2, static_cast<double>(step));
    return {static_cast<C>(decoupled ? 1 - lr * weightDecay : 1.0), static_cast<C>(lr / correction1),
            static_cast<C>(1 / std::sqrt(correction2))};
  }
  __device__ void operator()(const Coefficients& now, C g, C& p, C (&slot)[slots]) const {
    if (penalty != C(0)) g += penalty * p;
    const C mean = slot[0] + (g - slot[0]) * take1;
    const C variance = keep2 * slot[1] + take2 * g * g;
    slot[0] = mean;
    slot[1] = variance;
    C largest = variance;
    if constexpr (amsgrad) {
      // If either is NaN, the maximum is NaN.
      largest = slot[2] > variance || isNaN(slot[2]) ? slot[2] : variance;
      slot[2] = largest;
    }
    p = p * now.shrink - now.stepSize * mean / (std::sqrt(largest) * now.scale + eps);
  }
};

void sgd(BufferList gradient, BufferList parameter, const Buffer& rate, double weightDecay) {
  runStep({gradient, parameter}, rate, nullptr,
          [&]<class C>(C) { return Sgd<C>{static_cast<C>(weightDecay)}; });
}

void sgdMomentum(BufferList gradient, BufferList parameter, BufferList velocity, const Buffer& rate, Buffer& counter,
                 double weightDecay, double momentum, double dampening, std::int64_t nesterov) {
  runStep({gradient, parameter, velocity}, rate, &counter, [&]<class C>(C) {
    return SgdMomentum<C>{static_cast<C>(weightDecay), static_cast<C>(momentum), static_cast<C>(1 - dampening),
                          nesterov != 0};
  });
}

template <bool amsgrad>
struct AdamRule {
  double beta1, beta2, eps, weightDecay;
  bool decoupled;

  template <class C>
  Adam<C, amsgrad> operator()(C) const {
    return {beta1,
            beta2,
            weightDecay,
            static_cast<C>(eps),
            static_cast<C>(1 - beta1),
            static_cast<C>(beta2),
            static_cast<C>(1 - beta2),
            static_cast<C>(decoupled ? 0 : weightDecay),
            decoupled};
  }
};

template <bool decoupled>
void launchAdam(BufferList gradient, BufferList parameter, BufferList mean, BufferList variance, const Buffer& rate,
                Buffer& counter, double beta1, double beta2, double eps, double weightDecay) {
  runStep({gradient, parameter, mean, variance}, rate, &counter,
          AdamRule<false>{beta1, beta2, eps, weightDecay, decoupled});
}

template <bool decoupled>
void launchAmsgrad(BufferList gradient, BufferList parameter, BufferList mean, BufferList variance, BufferList maximum,
                   const Buffer& rate, Buffer& counter, double beta1, double beta2, double eps, double weightDecay) {
  runStep({gradient, parameter, mean, variance, maximum}, rate, &counter,
          AdamRule<true>{beta1, beta2, eps, weightDecay, decoupled});
}

EXPORT_KERNEL(sgd)
EXPORT_KERNEL(sgdMomentum)
EXPORT_KERNEL_AS(adam, launchAdam<false>)
EXPORT_KERNEL_AS(adamW, launchAdam<true>)
EXPORT_KERNEL_AS(amsgrad, launchAmsgrad<false>)
EXPORT_KERNEL_AS(amsgradW, launchAmsgrad<true>)

}  // namespace
}  // namespace wengert
