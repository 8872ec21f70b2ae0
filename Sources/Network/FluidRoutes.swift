extension FluidNetwork {
  /// Makes a set of uses known, once for all flows that share it.
  ///
  /// Uses without weight are left out; a link named twice is loaded with the sum of its weights.
  ///
  /// - Precondition: every link exists; weights are finite and not negative.
  public mutating func registerRoute(_ uses: [LinkUse]) -> RouteID {
    let first = routeUses.count
    var rateAlone = Double.infinity
    for use in uses.filter({ $0.weight != 0 }).sorted(by: { $0.link < $1.link }) {
      precondition(use.link >= 0 && use.link < links.count, "a route uses links of the network")
      precondition(use.weight > 0 && use.weight < .infinity, "a weight must be finite, not negative")
      let link = Int32(truncatingIfNeeded: use.link)
      if routeUses.count > first, routeUses[routeUses.count - 1].link == link {
        routeUses[routeUses.count - 1].weight += use.weight
      } else {
        routeUses.append(RouteUse(link: link, weight: use.weight))
      }
    }
    for use in first..<routeUses.count {
      rateAlone = min(rateAlone, links[Int(routeUses[use].link)].capacity / routeUses[use].weight)
    }
    let count = routeUses.count - first
    routes.append(
      RouteState(
        firstUse: Int32(first), useCount: Int32(count), rateAlone: rateAlone,
        size: Int32(BlockPool<Int32>.size(for: count))))
    return RouteID(index: routes.count - 1)
  }

  /// Rate of a flow that shares the route with nobody, in payload bytes per second: the smallest `capacity / weight`.
  public func rateAlone(on route: RouteID) -> Double { routes[route.index].rateAlone }

  // MARK: Lists of users

  /// Puts a new flow on the lists of its links.
  mutating func attach(_ flow: Int) {
    let route = routes[Int(flows[flow].route)]
    let firstPlace = Int(flows[flow].firstPlace)
    for use in 0..<Int(route.useCount) {
      let routeUse = routeUses[Int(route.firstUse) + use]
      let link = Int(routeUse.link)
      if Int(links[link].userCount) == 1 << Int(links[link].size) { growUsers(of: link) }
      let place = links[link].userCount
      users.values[Int(links[link].firstUser + place)] = LinkUser(
        flow: Int32(truncatingIfNeeded: flow), use: Int32(truncatingIfNeeded: use), weight: routeUse.weight)
      places.values[firstPlace + use] = place
      links[link].userCount = place + 1
      markStale(link)
    }
  }

  /// Takes a removed flow off the lists of its links, corrects what they carried, and frees its number.
  mutating func detach(_ flow: Int) {
    let state = flows[flow]
    let route = routes[Int(state.route)]
    let excess = min(state.remaining(at: now), 0)
    for use in 0..<Int(route.useCount) {
      let routeUse = routeUses[Int(route.firstUse) + use]
      let link = Int(routeUse.link)
      accountLoad(of: link)
      usage[link].bytes += routeUse.weight * excess
      removeUser(at: places.values[Int(state.firstPlace) + use], of: link)
      markStale(link)
    }
    places.give(state.firstPlace, size: Int(route.size))
    freeFlows.append(Int32(truncatingIfNeeded: flow))
  }

  /// The last user of the list takes the place of the one removed.
  private mutating func removeUser(at place: Int32, of link: Int) {
    let first = links[link].firstUser
    let last = links[link].userCount - 1
    links[link].userCount = last
    guard place != last else { return }
    let moved = users.values[Int(first + last)]
    users.values[Int(first + place)] = moved
    places.values[Int(flows[Int(moved.flow)].firstPlace + moved.use)] = place
  }

  private mutating func growUsers(of link: Int) {
    let old = links[link]
    let first = users.take(size: Int(old.size) + 1)
    for place in 0..<Int(old.userCount) {
      users.values[Int(first) + place] = users.values[Int(old.firstUser) + place]
    }
    users.give(old.firstUser, size: Int(old.size))
    links[link].firstUser = first
    links[link].size = old.size + 1
  }
}
