/// Settings and constants of PyTorch's caching allocator for CUDA (c10/cuda/CUDACachingAllocator.cpp, releases 2.0 to 2.9;
/// "CUDA semantics, memory management" in PyTorch's documentation).
public struct AllocatorRules: Hashable, Sendable {
  /// Whether segments grow instead of being many (`expandable_segments:True`).
  public var usesExpandableSegments = false
  /// Bytes from which on blocks are not split (`max_split_size_mb`); `nil` for no limit.
  public var maximumSplitSize: Int64?
  /// Share of the capacity beyond which unused segments are given back before new ones are asked for
  /// (`garbage_collection_threshold`); `nil` for never.
  public var collectionThreshold: Double?

  /// PyTorch's defaults.
  public init() {}

  /// Requests are rounded up to multiples of this, in bytes.
  public static let granularity: Int64 = 512
  /// Largest request of the small pool, in bytes.
  public static let smallRequest: Int64 = 1 << 20
  /// A segment of the small pool, in bytes.
  public static let smallSegment: Int64 = 2 << 20
  /// A segment for requests of the large pool below ``hugeRequest``, in bytes.
  public static let largeSegment: Int64 = 20 << 20
  /// Requests from this size on get a segment of their own, in bytes.
  public static let hugeRequest: Int64 = 10 << 20
  /// Segments of huge requests are multiples of this, in bytes.
  public static let hugeRounding: Int64 = 2 << 20

  /// Bytes a request takes of a block.
  public static func rounded(_ bytes: Int64) -> Int64 {
    max(granularity, (bytes + granularity - 1) / granularity * granularity)
  }

  /// Bytes of the segment that a rounded request is cut from when no block is free.
  public static func segment(for size: Int64) -> Int64 {
    if size <= smallRequest { return smallSegment }
    if size < hugeRequest { return largeSegment }
    return (size + hugeRounding - 1) / hugeRounding * hugeRounding
  }
}
