/// What a layer computes.
public enum Block: Hashable, Sendable {
  case undefined
}
