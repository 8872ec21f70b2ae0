/// What a network keeps of a flow.
struct FlowState: BitwiseCopyable {
  /// Payload bytes that were left at `since`.
  var remaining: Double
  /// Payload bytes per second from `since` on, as of the last settlement.
  var rate = 0.0
  /// The largest rate the endpoints and the links of the route allow, however few share them.
  var cap: Double
  /// Nanoseconds.
  var since: Int64
  var route: Int32
  /// First of the places of this flow in the lists of its links.
  var firstPlace: Int32
  var isActive = true
  /// Whether the flow is in the list of those whose rate may have changed.
  var isNoted = false

  /// Payload bytes left at an instant; below zero by less than a nanosecond's worth when the flow is just over.
  @inline(__always)
  func remaining(at now: Int64) -> Double {
    now == since ? remaining : remaining - rate * (Double(now - since) * 1e-9)
  }
}

/// What a network keeps of a link.
struct LinkState: BitwiseCopyable {
  /// Bytes per second.
  let capacity: Double
  /// Bytes per second carried since `since`.
  var load = 0.0
  /// Nanoseconds.
  var since: Int64 = 0
  /// First of the block of users, and how many of it are in use.
  var firstUser: Int32
  var userCount: Int32 = 0
  /// The block holds `2^size` users.
  var size: UInt8 = 0
  /// Whether the link is in the list of those whose load has to be added up again.
  var isStale = false

  /// A load above this is too much: rounding in a sum of many loads stays below it.
  var upperBound: Double { capacity + capacity * LinkState.tolerance }

  /// A load below this leaves something to be had.
  var lowerBound: Double { capacity - capacity * LinkState.tolerance }

  /// Relative difference below which two rates or loads count as equal: some thousand roundings of 1.1e-16.
  static let tolerance = 1e-12
}

/// A flow on a link.
struct LinkUser: BitwiseCopyable {
  var flow: Int32
  /// Which of the uses of the flow's route this is.
  var use: Int32
  var weight: Double
}

/// A registered route: a range of uses, and the rate of a flow that has them for itself.
struct RouteState: BitwiseCopyable {
  var firstUse: Int32
  var useCount: Int32
  var rateAlone: Double
  /// Places of a flow on this route are a block of `2^size`.
  var size: Int32
}

/// A use of a link by a route.
struct RouteUse: BitwiseCopyable {
  var link: Int32
  var weight: Double
}
