/// A Galvatron plan that cannot be read, or a plan that Galvatron's fields cannot hold.
public enum GalvatronPlanError: Error, Hashable, Sendable {
  /// A field every plan needs is not there.
  case missing(key: String)
  /// A field is there twice.
  case repeated(key: String)
  /// A text where a number belongs, or the reverse.
  case wrongKind(key: String, expected: String)
  /// An entry of a comma-separated list that is no number, or not one of those allowed.
  case badEntry(key: String, index: Int, found: String, expected: String)
  /// A list with more or fewer entries than the model has layers (or the pipeline stages).
  case listLength(key: String, found: Int, expected: Int)
  /// A number or word outside of what the field allows.
  case badValue(key: String, found: String, expected: String)
  /// The plan was made for another number of devices.
  case devices(found: Int, expected: Int)
  /// A layer's degrees do not divide the devices of a stage.
  case notDivisible(path: String, product: Int, stageSize: Int)
  /// Something Galvatron's fields have no place for.
  case notExpressible(path: String, what: String)
}

extension GalvatronPlanError: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String {
    switch self {
    case .missing(let key): "\(key): missing; add it"
    case .repeated(let key): "\(key): given twice; keep one"
    case .wrongKind(let key, let expected): "\(key): of the wrong kind; write \(expected)"
    case .badEntry(let key, let index, let found, let expected):
      "\(key)[\(index)]: '\(found)'; write \(expected)"
    case .listLength(let key, let found, let expected): "\(key): \(found) entries; write \(expected)"
    case .badValue(let key, let found, let expected): "\(key): '\(found)'; write \(expected)"
    case .devices(let found, let expected):
      "world_size: the plan is for \(found) devices, the cluster has \(expected); use a plan or a cluster that fits"
    case .notDivisible(let path, let product, let stageSize):
      "\(path): tp x cp is \(product), a stage has \(stageSize) devices; use divisors of \(stageSize)"
    case .notExpressible(let path, let what): "\(path): Galvatron plans cannot hold \(what); change or leave it out"
    }
  }
}
