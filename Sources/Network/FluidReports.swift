extension FluidNetwork {
  /// Payload bytes per second of a flow since the last settlement.
  public func rate(of flow: FlowID) -> Double { rates[flow.index] }

  /// Payload bytes a flow has left at an instant not before the last settlement; never below zero.
  public func remaining(of flow: FlowID, at instant: Int64) -> Double {
    max(flows[flow.index].remaining(at: instant), 0)
  }

  /// Bytes per second a link carries since the last settlement.
  public func load(ofLink link: Int) -> Double { links[link].load }

  /// Bytes per second a link carries at most.
  public func capacity(ofLink link: Int) -> Double { links[link].capacity }

  /// What a link has carried from the beginning to an instant not before the last settlement.
  public func usage(ofLink link: Int, at instant: Int64) -> LinkUsage {
    var total = usage[link]
    total.add(links[link], until: instant)
    return total
  }

  /// Nanoseconds of each interval of ``history(ofLink:)``; a power of two, longer in longer runs.
  public var historyWidth: Int64 { history.width }

  /// Bytes a link carried in each of the intervals kept, up to the last settlement; empty when none are kept.
  ///
  /// Bytes a flow was given beyond its amount by whole nanoseconds are counted here.
  public func history(ofLink link: Int) -> [Double] { history.bytes(ofLink: link) }

  // MARK: Accounting

  /// Books what a link has carried up to now.
  @inline(__always)
  mutating func accountLoad(of link: Int) {
    let state = links[link]
    guard state.since < now else { return }
    usage[link].add(state, until: now)
    if history.intervals > 0, state.load > 0 { history.add(link: link, load: state.load, from: state.since, to: now) }
    links[link].since = now
  }
}

extension LinkUsage {
  /// Adds what a link has carried at its present load.
  @inline(__always)
  mutating func add(_ link: LinkState, until instant: Int64) {
    guard link.load > 0, instant > link.since else { return }
    let duration = instant - link.since
    bytes += link.load * (Double(duration) * 1e-9)
    busy += duration
    if link.load >= link.lowerBound { saturated += duration }
  }
}
