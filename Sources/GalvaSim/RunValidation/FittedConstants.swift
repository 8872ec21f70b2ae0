import Costing
import Parallelism

/// Constants that were fitted to measured runs; their number is printed beside every error.
enum FittedConstants {
  /// How many there are, over all frameworks and GPUs.
  static let count =
    FrameworkCatalog.all.reduce(LongRunTraits.fittedConstants) { $0 + $1.fittedConstants }
}
