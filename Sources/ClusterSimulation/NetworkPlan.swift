import Network
import Workload

/// Which operations of compiled programs are flows on shared links, and over which routes each simulated rank sends them.
struct NetworkPlan: Sendable {
  /// One operation as a flow.
  struct Demand: Hashable, Sendable {
    /// Index of the route among the routes of its rank; -1 for an operation that is no flow.
    var route: Int32 = -1
    /// Payload bytes.
    var amount = 0.0
    /// Nanoseconds between the end of the flow and the end of the operation.
    var latency: Int64 = 0
  }

  /// Links of the cluster that carry the same of every flow, as one.
  struct Link: Hashable, Sendable {
    /// Name of the first of them.
    var name: String
    /// What sort it is, as ``LinkKind``'s raw value.
    var kind: String
    /// How many there are.
    var count: Int
    /// Bytes per second of each.
    var capacity: Double
  }

  /// Who sends the flows of a route.
  struct Party: Hashable, Sendable {
    /// What for, for example `tensor 4` or `to stage 2`.
    var name: String
    /// Pipeline rank.
    var stage: Int
    /// Global ranks of the first of the groups it stands for.
    var members: [Int]
    /// How many groups it stands for.
    var count: Int
  }

  /// The links flows use.
  var links: [Link] = []
  /// Links of each route with their weights.
  var routes: [[LinkUse]] = []
  /// Payload bytes per second of one group's flow when nobody else communicates, not even the other groups the route
  /// stands for; shape `[routes]`.
  var rateAlone: [Double] = []
  /// Who sends the flows of each route, as an index into ``parties``; shape `[routes]`.
  var partyOfRoute: [Int] = []
  /// Groups and senders of messages.
  var parties: [Party] = []
  /// Simulated group of each party; -1 for messages; shape `[parties]`.
  var groupOfParty: [Int32] = []
  /// Demand of each operation of the program set; empty when nothing is shared.
  var demands: [Demand] = []
  /// Routes per simulated rank.
  var routesPerRank = 0
  /// Route of each rank and index; shape `[ranks * routesPerRank]`, -1 for none.
  var routeOfRank: [Int32] = []

  /// Whether there are flows at all.
  var isShared: Bool { !demands.isEmpty }
}

extension NetworkPlan.Demand: BitwiseCopyable {}
