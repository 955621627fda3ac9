#pragma once

/// \file
/// gelu by a table, for levels whose registers hold half of one: S(z) = z erfc(z / sqrt 2) / 2 on [0, 6) is a
/// polynomial of degree 5 on each of 32 equal intervals, and
///   gelu(x) = max(x, 0) - S(|x|),   gelu'(x) = (x < 0 ? S'(-x) : 1 - S'(x)).
/// Coefficients: least squares at 400 Chebyshev points of every interval, in double, of the local variable
/// u in [-1/2, 1/2]. Errors of the float code against double erfc: S 1.8e-8, S' 1.2e-7.

#include "kernels/cpu/simd/gelu_parts.hpp"

namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE {

inline constexpr float kIntervalsPerUnit = 16.0f / 3.0f;
inline constexpr float kLastInterval = 31.0f;

inline constexpr float kTailTable[6][32] = {{0.0433738008f,   0.109479189f,    0.14982383f,     0.167889521f,
                                             0.168247595f,    0.155937165f,    0.135853514f,    0.112253837f,
                                             0.088446781f,    0.0666825324f,   0.0482164659f,   0.0334910341f,
                                             0.0223722216f,   0.0143846897f,   0.00890786387f,  0.00531537225f,
                                             0.003057305f,    0.0016955547f,   0.000906880014f, 0.000467875274f,
                                             0.000232870603f, 0.000111828871f, 5.181901e-05f,   2.31714948e-05f,
                                             9.99946678e-06f, 4.16467401e-06f, 1.67411827e-06f, 6.49544518e-07f,
                                             2.43255897e-07f, 8.79349642e-08f, 3.06841272e-08f, 0.0f},
                                            {0.0797656924f,    0.0527639799f,    0.028514348f,     0.00838958565f,
                                             -0.00682311412f,  -0.0169734638f,   -0.022479102f,    -0.024167046f,
                                             -0.0230732337f,   -0.0202492233f,   -0.0166132487f,   -0.0128639583f,
                                             -0.00945619959f,  -0.00662461715f,  -0.00443477323f,  -0.00284241373f,
                                             -0.00174675509f,  -0.00103034195f,  -0.000583856774f, -0.000318054575f,
                                             -0.000166649974f, -8.40256689e-05f, -4.07833904e-05f, -1.90613919e-05f,
                                             -8.58104886e-06f, -3.72167506e-06f, -1.55536759e-06f, -6.26465464e-07f,
                                             -2.43217244e-07f, -9.10291931e-08f, -3.28477405e-08f, 0.0f},
                                            {-0.013902436f,   -0.0129482159f,  -0.0111855175f,  -0.00887321588f,
                                             -0.00632758113f, -0.00385896955f, -0.00171733845f, -5.86082351e-05f,
                                             0.00106351334f,  0.00168325158f,  0.00189431617f,  0.00181729544f,
                                             0.0015713647f,   0.00125527079f,  0.000938718964f, 0.000662376697f,
                                             0.000443276047f, 0.000282342662f, 0.000171599109f, 9.97038951e-05f,
                                             5.5462373e-05f,  2.95712234e-05f, 1.51259073e-05f, 7.42810607e-06f,
                                             3.50434152e-06f, 1.58902253e-06f, 6.92848459e-07f, 2.90598081e-07f,
                                             1.1728244e-07f,  4.55596236e-08f, 1.70388432e-08f, 0.0f},
                                            {0.000163278513f,  0.000464582758f,  0.00069584616f,   0.000827753684f,
                                             0.000851782854f,  0.000779881841f,  0.000639167381f,  0.000463755045f,
                                             0.000286393188f,  0.000132159184f,  1.54104182e-05f,  -6.00307649e-05f,
                                             -9.83910722e-05f, -0.000108468441f, -0.000100339414f, -8.29861892e-05f,
                                             -6.30703871e-05f, -4.4692606e-05f,  -2.97856823e-05f, -1.87755868e-05f,
                                             -1.12379776e-05f, -6.40497865e-06f, -3.48338926e-06f, -1.81072141e-06f,
                                             -9.0080033e-07f,  -4.29324928e-07f, -1.96198798e-07f, -8.60337579e-08f,
                                             -3.62213513e-08f, -1.46489301e-08f, -5.6935594e-09f,  0.0f},
                                            {8.04047668e-05f,  6.80595913e-05f,  4.61448981e-05f,  1.94022396e-05f,
                                             -6.79211826e-06f, -2.78239258e-05f, -4.08629385e-05f, -4.52474997e-05f,
                                             -4.22193443e-05f, -3.42110434e-05f, -2.39911715e-05f, -1.39469075e-05f,
                                             -5.6687395e-06f,  1.37373391e-07f,  3.49182574e-06f,  4.86481213e-06f,
                                             4.89843114e-06f,  4.20071183e-06f,  3.23511154e-06f,  2.29236548e-06f,
                                             1.51451968e-06f,  9.40595726e-07f,  5.52100744e-07f,  3.07449e-07f,
                                             1.62884788e-07f,  8.22740418e-08f,  3.96862845e-08f,  1.83058209e-08f,
                                             8.08310396e-09f,  3.41975914e-09f,  1.38728884e-09f,  0.0f},
                                            {-1.28432964e-06f, -3.5606854e-06f,  -5.04642458e-06f, -5.471034e-06f,
                                             -4.85321016e-06f, -3.4662462e-06f,  -1.72884529e-06f, -6.78661038e-08f,
                                             1.19708068e-06f,  1.91379149e-06f,  2.09518203e-06f,  1.87058447e-06f,
                                             1.41833175e-06f,  9.0575611e-07f,   4.52267102e-07f,  1.1849162e-07f,
                                             -8.49229806e-08f, -1.79024511e-07f, -1.97862107e-07f, -1.74782485e-07f,
                                             -1.35244207e-07f, -9.50418553e-08f, -6.17759497e-08f, -3.75373865e-08f,
                                             -2.14695071e-08f, -1.16127596e-08f, -5.96044147e-09f, -2.91043412e-09f,
                                             -1.35465916e-09f, -6.01970307e-10f, -2.55707622e-10f, 0.0f}};

/// The table in registers, loaded once per loop.
template <int Lanes>
struct GeluByTable {
  Floats low[6], high[6];

  TESSERA_ALWAYS_INLINE GeluByTable() {
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) {
      low[i] = load<Lanes>(kTailTable[i]);
      high[i] = load<Lanes>(kTailTable[i] + Lanes);
    }
  }

  TESSERA_ALWAYS_INLINE Gelu at(Floats x) const {
    // Adding 3 * 2^22 leaves the nearest integer in the low mantissa bits, of which a shuffle looks at five.
    constexpr float kRound = 12582912.0f;
    const Floats scaled = absolute(x) * kIntervalsPerUnit - 0.5f;
    // Written so that NaN passes through.
    const Floats position = scaled > kLastInterval ? Floats{} + kLastInterval : scaled;
    const Floats shifted = position + kRound;
    const Floats u = position - (shifted - kRound);
    const auto interval = (FloatBits)shifted;
    Floats slope = __builtin_shuffle(low[5], high[5], interval);
    Floats tail = slope * u + __builtin_shuffle(low[4], high[4], interval);
#pragma GCC unroll 4
    for (int i = 3; i >= 0; --i) {
      slope = slope * u + tail;
      tail = tail * u + __builtin_shuffle(low[i], high[i], interval);
    }
    slope *= kIntervalsPerUnit;
    return {positive_part(x) - tail, x < 0.0f ? slope : 1.0f - slope};
  }
};

}  // namespace tessera::kernels::simd::TESSERA_SIMD_NAMESPACE
