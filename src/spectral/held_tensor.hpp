#pragma once

#include <optional>
#include <utility>

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// A tensor that is either the caller's or owned.
template <class U>
class Held {
 public:
  void borrow(const DistTensor<U>& tensor) { borrowed_ = &tensor; }
  void operator=(DistTensor<U>&& tensor) {
    owned_ = std::move(tensor);
    borrowed_ = nullptr;
  }
  const DistTensor<U>& operator*() const { return borrowed_ != nullptr ? *borrowed_ : *owned_; }
  const DistTensor<U>* operator->() const { return &**this; }
  /// Null where it is the caller's.
  DistTensor<U>* owned() { return borrowed_ != nullptr ? nullptr : &*owned_; }
  void reset() { owned_.reset(); }
  DistTensor<U> take() { return owned_ ? std::move(*owned_) : borrowed_->clone(); }

 private:
  const DistTensor<U>* borrowed_ = nullptr;
  std::optional<DistTensor<U>> owned_;
};

}  // namespace tessera
