/// log2 from the exponent and an odd series of the significand: + - * / only, so every machine gives the same bits.
///
/// `ln m = 2 atanh((m-1)/(m+1))`; with `m` in [sqrt(1/2), sqrt 2) eleven terms leave an error below 1e-16.
///
/// - Precondition: `value` is positive and finite.
public func logarithm2(_ value: Double) -> Double {
  var exponent = Double(value.exponent)
  var significand = value.significand
  if significand > 1.414_213_562_373_095_1 {
    significand /= 2
    exponent += 1
  }
  let ratio = (significand - 1) / (significand + 1)
  let square = ratio * ratio
  var sum = 0.0
  for term in stride(from: 21, through: 1, by: -2) { sum = sum * square + 1 / Double(term) }
  return exponent + 2 * ratio * sum * 1.442_695_040_888_963_4
}

/// e to a power by halving the argument until a Taylor series of eighteen terms is exact, then squaring back.
///
/// - Precondition: `abs(value) <= 700`.
public func exponential(_ value: Double) -> Double {
  var reduced = value
  var halvings = 0
  while reduced.magnitude > 0.5 {
    reduced /= 2
    halvings += 1
  }
  var sum = 1.0
  for term in stride(from: 18, through: 1, by: -1) { sum = 1 + reduced / Double(term) * sum }
  for _ in 0..<halvings { sum *= sum }
  return sum
}

/// The value below which a standard normal variable stays with a given probability.
///
/// Bisection on the distribution function, whose series converges everywhere: `1/2 + phi(x) (x + x^3/3 + x^5/15 + ...)`
/// (Marsaglia, Journal of Statistical Software 11(4), 2004). Good to 1e-12 for probabilities from 1e-6 to 1 - 1e-6.
///
/// - Precondition: `0 < probability < 1`.
public func normalQuantile(_ probability: Double) -> Double {
  var (low, high) = (-8.0, 8.0)
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if normalDistribution(middle) < probability { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// Probability that a standard normal variable stays below `x`, for `abs(x) <= 8`.
func normalDistribution(_ x: Double) -> Double {
  var term = x
  var sum = x
  var odd = 3.0
  while term.magnitude > 1e-18, odd < 400 {
    term *= x * x / odd
    sum += term
    odd += 2
  }
  return 0.5 + sum * exponential(-x * x / 2) * 0.398_942_280_401_432_7
}
