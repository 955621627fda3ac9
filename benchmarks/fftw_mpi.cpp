#include "fftw_mpi.hpp"

#include <fftw3-mpi.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

template <class T>
struct Api;

#define TESSERA_FFTW_MPI(T, NAME)                                                                                 \
  template <>                                                                                                     \
  struct Api<T> {                                                                                                 \
    using Plan = NAME(plan);                                                                                      \
    using Complex = NAME(complex);                                                                                \
    static void init() { NAME(mpi_init)(); }                                                                      \
    static Complex* allocate(std::size_t count) { return NAME(alloc_complex)(count); }                            \
    static void release(Complex* memory) { NAME(free)(memory); }                                                  \
    static ptrdiff_t size(int rank, const ptrdiff_t* n, MPI_Comm comm) {                                          \
      ptrdiff_t local_n, start, transposed_n, transposed_start;                                                   \
      return NAME(mpi_local_size_transposed)(rank, n, comm, &local_n, &start, &transposed_n, &transposed_start);  \
    }                                                                                                             \
    static Plan complex_plan(int rank, const ptrdiff_t* n, Complex* in, Complex* out, MPI_Comm comm, int sign,    \
                             unsigned flags) {                                                                    \
      return NAME(mpi_plan_dft)(rank, n, in, out, comm, sign, flags);                                             \
    }                                                                                                             \
    static Plan forward(int rank, const ptrdiff_t* n, Complex* in, Complex* out, MPI_Comm comm, unsigned flags) { \
      return NAME(mpi_plan_dft_r2c)(rank, n, reinterpret_cast<T*>(in), out, comm, flags);                         \
    }                                                                                                             \
    static Plan inverse(int rank, const ptrdiff_t* n, Complex* in, Complex* out, MPI_Comm comm, unsigned flags) { \
      return NAME(mpi_plan_dft_c2r)(rank, n, in, reinterpret_cast<T*>(out), comm, flags);                         \
    }                                                                                                             \
    static void execute(Plan plan) { NAME(execute)(plan); }                                                       \
    static void destroy(Plan plan) { NAME(destroy_plan)(plan); }                                                  \
  };
TESSERA_FFTW_MPI(float, FFTW_MANGLE_FLOAT)
TESSERA_FFTW_MPI(double, FFTW_MANGLE_DOUBLE)
#undef TESSERA_FFTW_MPI

/// Arrays and plans of one round trip.
template <class T>
class RoundTrip {
 public:
  RoundTrip(const FftwMpiPlan& plan, MPI_Comm communicator) {
    Api<T>::init();
    const std::vector<ptrdiff_t> n(plan.grid.begin(), plan.grid.end());
    std::vector<ptrdiff_t> modes = n;
    if (plan.real) modes.back() = modes.back() / 2 + 1;
    const int rank = static_cast<int>(n.size());
    size_ = static_cast<std::size_t>(Api<T>::size(rank, modes.data(), communicator));
    cells_ = Api<T>::allocate(size_);
    modes_ = plan.in_place ? cells_ : Api<T>::allocate(size_);
    const unsigned planning = plan.measure ? FFTW_MEASURE : FFTW_ESTIMATE;
    const unsigned out = planning | (plan.transposed ? FFTW_MPI_TRANSPOSED_OUT : 0U);
    const unsigned in = planning | (plan.transposed ? FFTW_MPI_TRANSPOSED_IN : 0U);
    if (plan.real) {
      forward_ = Api<T>::forward(rank, n.data(), cells_, modes_, communicator, out);
      inverse_ = Api<T>::inverse(rank, n.data(), modes_, cells_, communicator, in);
    } else {
      forward_ = Api<T>::complex_plan(rank, n.data(), cells_, modes_, communicator, FFTW_FORWARD, out);
      inverse_ = Api<T>::complex_plan(rank, n.data(), modes_, cells_, communicator, FFTW_BACKWARD, in);
    }
    if (forward_ == nullptr || inverse_ == nullptr) throw FftError("FFTW-MPI made no plan");
  }
  ~RoundTrip() {
    Api<T>::destroy(forward_);
    Api<T>::destroy(inverse_);
    if (modes_ != cells_) Api<T>::release(modes_);
    Api<T>::release(cells_);
  }
  RoundTrip(const RoundTrip&) = delete;
  RoundTrip& operator=(const RoundTrip&) = delete;

  void run() const {
    Api<T>::execute(forward_);
    Api<T>::execute(inverse_);
  }
  void reset() const {
    auto* reals = reinterpret_cast<T*>(cells_);
    for (std::size_t i = 0; i < 2 * size_; ++i) reals[i] = static_cast<T>(static_cast<double>(i % 97) / 48.0 - 1.0);
  }

 private:
  std::size_t size_ = 0;
  typename Api<T>::Complex* cells_ = nullptr;
  typename Api<T>::Complex* modes_ = nullptr;
  typename Api<T>::Plan forward_{};
  typename Api<T>::Plan inverse_{};
};

template <class T>
FftwMpiRoundTrip make(const FftwMpiPlan& plan, MPI_Comm communicator) {
  const auto trip = std::make_shared<const RoundTrip<T>>(plan, communicator);
  return {[trip] { trip->run(); }, [trip] { trip->reset(); }};
}

}  // namespace

std::optional<FftwMpiRoundTrip> make_fftw_mpi_round_trip(const FftwMpiPlan& plan, MPI_Comm communicator) {
  return plan.single_precision ? make<float>(plan, communicator) : make<double>(plan, communicator);
}

}  // namespace tessera::bench
