#include "models/engine/gradient_store.hpp"

namespace tessera::engine {

template <RealScalar T>
GradientStore<T>::GradientStore(const FnoPart& part, const Partition& ranks, const FnoWeights<T>& weights)
    : empty_(part) {
  std::vector<SharedWeight<T>*> list{weights.lift_time_weight, weights.lift_time_bias, weights.lift_channel_weight,
                                     weights.lift_channel_bias};
  for (const auto& block : weights.blocks) {
    list.push_back(block.pointwise);
    spectral_.push_back(block.spectral);
  }
  list.insert(list.end(),
              {weights.project1_weight, weights.project1_bias, weights.project2_weight, weights.project2_bias});
  for (SharedWeight<T>* weight : list) {
    auto& entry = whole_.emplace_back();
    if (weight != nullptr) entry.emplace(weight->parameter(), ranks);
  }
}

template <RealScalar T>
PointwiseWeights<T> GradientStore<T>::fetch() {
  auto entry = whole_.begin();
  const auto next = [&]() -> const T* {
    auto& weight = *entry++;
    return weight ? weight->fetch() : nullptr;
  };
  PointwiseWeights<T> result;
  result.lift_time_weight = next();
  result.lift_time_bias = next();
  result.lift_channel_weight = next();
  result.lift_channel_bias = next();
  for (std::size_t block = 0; block < spectral_.size(); ++block) result.pointwise.push_back(next());
  result.project1_weight = next();
  result.project1_bias = next();
  result.project2_weight = next();
  result.project2_bias = next();
  return result;
}

template <RealScalar T>
void GradientStore<T>::start(int threads, Index samples) {
  samples_ = samples;
  sums_.assign(static_cast<std::size_t>(threads), empty_);
  by_sample_.assign(static_cast<std::size_t>(threads * samples), empty_);
  norms_.assign(static_cast<std::size_t>(threads * samples), SampleNorms{});
}

template <RealScalar T>
std::vector<SampleNorms> GradientStore<T>::total_norms(const Communicator& ranks, Index batch, Index first) const {
  static_assert(sizeof(SampleNorms) == 2 * sizeof(double));
  std::vector<SampleNorms> total(static_cast<std::size_t>(batch));
  for (std::size_t i = 0; i < norms_.size(); ++i) {
    SampleNorms& sample = total[static_cast<std::size_t>(first + static_cast<Index>(i) % samples_)];
    sample.error += norms_[i].error;
    sample.target += norms_[i].target;
  }
  ranks.all_sum(&total.data()->error, 2 * batch);
  return total;
}

template <RealScalar T>
void GradientStore<T>::finish(const std::vector<double>& factors, Index first) {
  GradientSums total = empty_;
  for (const GradientSums& sums : sums_) total.add(1.0, sums);
  for (std::size_t i = 0; i < by_sample_.size(); ++i) {
    const auto sample = static_cast<std::size_t>(first + static_cast<Index>(i) % samples_);
    total.add(factors.empty() ? 1.0 : factors[sample], by_sample_[i]);
  }
  auto entry = whole_.begin();
  const auto add = [&](const double* gradient) {
    auto& weight = *entry++;
    if (weight) weight->add_gradient(gradient);
  };
  add(total.lift_time_weight());
  add(total.lift_time_bias());
  add(total.lift_channel_weight());
  add(total.lift_channel_bias());
  for (std::size_t block = 0; block < spectral_.size(); ++block) add(total.pointwise(static_cast<Index>(block)));
  add(total.project1_weight());
  add(total.project1_bias());
  add(total.project2_weight());
  add(total.project2_bias());
}

template class GradientStore<float>;
template class GradientStore<double>;

}  // namespace tessera::engine
