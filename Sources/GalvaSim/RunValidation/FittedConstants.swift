/// Constants that were fitted on the calibration half of measured runs; the count is printed beside every error.
enum FittedConstants {
  /// How many there are.
  static let count = 0
}
