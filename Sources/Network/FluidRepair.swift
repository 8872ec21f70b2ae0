/// Putting levels and rates right after a change.
///
/// A state is fair when every flow has the smaller of its cap and the smallest level among its links, every link with a
/// level is loaded to its capacity, and no other link is loaded above: then every flow below its cap has a bottleneck.
///
/// A link is *wrong* when it is loaded above its capacity (its level has to come down) or when it has a level and is not
/// full (its level has to go up). Wrong links are treated in the order of the lower of their wrong and their right
/// level. Below the first of them nothing is wrong, and what is above cannot change what is below, because a flow
/// that is slower than a link's level loads the link the same whatever that level is. So a level that comes down is
/// final, and work goes where rates differ, not where flows are.
///
/// The order is that of Dijkstra's algorithm and its incremental form (G. Ramalingam, T. Reps, "An incremental algorithm
/// for a generalization of the shortest-path problem", J. Algorithms 21(2), 1996, doi:10.1006/jagm.1996.0046). When
/// more levels move than a limit, all rates start at their caps and come down once: plain progressive filling.
extension FluidNetwork {
  /// Gives every flow its fair rate, starting from the links marked stale.
  mutating func repairRates() {
    var repairs = 0
    inspectStaleLinks()
    while let first = wrongLinks.first {
      if repairs == repairLimit && !isFilling {
        startFilling()
      } else {
        repairs += 1
        levelChangeCount += 1
        if links[first.number].load > links[first.number].capacity {
          lowerLevel(of: first.number, to: Double(bitPattern: first.key))
        } else {
          raiseLevel(of: first.number)
        }
      }
      inspectStaleLinks()
    }
    isFilling = false
  }

  /// Notes that the load of a link has to be added up again.
  @inline(__always)
  mutating func markStale(_ link: Int) {
    guard !links[link].isStale else { return }
    links[link].isStale = true
    staleLinks.append(Int32(truncatingIfNeeded: link))
  }

  /// Notes that the rate of a flow may differ from the one settled last.
  @inline(__always)
  mutating func note(_ flow: Int) {
    guard !flows[flow].isNoted else { return }
    flows[flow].isNoted = true
    notedFlows.append(Int32(truncatingIfNeeded: flow))
  }

  // MARK: Inspection

  private mutating func inspectStaleLinks() {
    while let link = staleLinks.popLast() { inspect(Int(link)) }
  }

  /// Adds up a link's load and finds out whether the link is wrong.
  private mutating func inspect(_ link: Int) {
    links[link].isStale = false
    accountLoad(of: link)
    let state = links[link]
    let load = currentLoad(of: state)
    links[link].load = load
    if let key = wrongLevel(of: link, load: load) {
      wrongLinks.set(link, key: key.bitPattern)
    } else {
      wrongLinks.remove(link)
    }
  }

  /// The lower of the wrong and the right level of a link; nothing when the level is right.
  ///
  /// A level that cannot come down is right: what the sum exceeds the capacity by is rounding.
  @inline(__always)
  private func wrongLevel(of link: Int, load: Double) -> Double? {
    let old = levels[link]
    if load > links[link].upperBound {
      let level = fairLevel(of: links[link])
      return level < old ? level : nil
    }
    return old < .infinity && load < links[link].lowerBound && !isFilling ? old : nil
  }

  @inline(__always)
  private func currentLoad(of link: LinkState) -> Double {
    let users = users.values.pointer + Int(link.firstUser)
    let rates = rates.pointer
    var load = 0.0
    for place in 0..<Int(link.userCount) { load += users[place].weight * rates[Int(users[place].flow)] }
    return load
  }

  /// The level at which an overloaded link is just full: no flow on it above the level, none below it changed.
  ///
  /// Starts from the share each would have if all were at the level and sets those aside who take less, until nobody
  /// does; the level only grows.
  private func fairLevel(of link: LinkState) -> Double {
    let users = users.values.pointer + Int(link.firstUser)
    let rates = rates.pointer
    var level = 0.0
    var slower = -1
    while true {
      var left = link.capacity
      var growing = 0.0
      var count = 0
      for place in 0..<Int(link.userCount) {
        let user = users[place]
        let rate = rates[Int(user.flow)]
        if rate < level {
          left -= user.weight * rate
          count += 1
        } else {
          growing += user.weight
        }
      }
      guard count > slower, growing > 0 else { return level }
      slower = count
      level = max(level, left / growing)
    }
  }

  // MARK: Levels

  /// Slows the flows of an overloaded link down to its new level.
  private mutating func lowerLevel(of link: Int, to level: Double) {
    levels[link] = level
    slowDown(link, to: level, changedAbove: level)
    wrongLinks.remove(link)
  }

  /// Lets the flows a link has held back go on to the level that fills it, or to what bounds them elsewhere.
  private mutating func raiseLevel(of link: Int) {
    let old = levels[link]
    let state = links[link]
    levels[link] = .infinity
    for place in 0..<Int(state.userCount) {
      let flow = Int(users.values[Int(state.firstUser) + place].flow)
      if rates[flow] == old { rates[flow] = bound(of: flow) }
    }
    let isFull = currentLoad(of: state) > state.upperBound
    let level = isFull ? fairLevel(of: state) : .infinity
    levels[link] = level
    slowDown(link, to: level, changedAbove: old)
    wrongLinks.remove(link)
  }

  /// Brings rates above `level` down to it; rates above `old` are new, and so are the loads they cause elsewhere.
  private mutating func slowDown(_ link: Int, to level: Double, changedAbove old: Double) {
    let state = links[link]
    var load = 0.0
    for place in 0..<Int(state.userCount) {
      let user = users.values[Int(state.firstUser) + place]
      let flow = Int(user.flow)
      let rate = rates[flow]
      if rate > old {
        rates[flow] = min(rate, level)
        note(flow)
        markUsesStale(flow, except: link)
      }
      load += user.weight * rates[flow]
    }
    links[link].load = load
  }

  /// The smaller of a flow's cap and the levels of its links.
  func bound(of flow: Int) -> Double {
    let route = routes[Int(flows[flow].route)]
    let uses = routeUses.pointer + Int(route.firstUse)
    var bound = flows[flow].cap
    for use in 0..<Int(route.useCount) { bound = min(bound, levels[Int(uses[use].link)]) }
    return bound
  }

  @inline(__always)
  private mutating func markUsesStale(_ flow: Int, except link: Int) {
    let route = routes[Int(flows[flow].route)]
    for use in Int(route.firstUse)..<Int(route.firstUse + route.useCount) {
      let other = Int(routeUses[use].link)
      if other != link { markStale(other) }
    }
  }

  // MARK: Everything anew

  /// Forgets all levels: every flow is at its cap, from where rates only come down.
  private mutating func startFilling() {
    isFilling = true
    wrongLinks.removeAll()
    for link in 0..<links.count {
      levels[link] = .infinity
      if links[link].userCount > 0 { markStale(link) }
    }
    for flow in 0..<flows.count where flows[flow].isActive {
      rates[flow] = flows[flow].cap
      note(flow)
    }
  }
}
