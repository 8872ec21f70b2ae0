import Quantities

/// Times of kernels on one kind of GPU.
public struct KernelTable: Sendable {
  /// Where the times of a table come from.
  public enum Origin: String, CaseIterable, Hashable, Sendable {
    /// Timed by our own program.
    case measured
    /// Read out of a file of another program.
    case imported
    /// Printed by somebody else.
    case published
    /// Computed from peaks, ratios and what was measured on other devices.
    case derived
  }

  /// A key of the header that only people read.
  public struct Note: Hashable, Sendable {
    /// The key, for example `driver`.
    public let key: String
    /// Its value.
    public let value: String

    /// Pairs a key with a value.
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// Name of the table: the file's name without extension.
  public var name: String
  /// What the driver calls the GPU.
  public var gpu: String
  /// Catalogue name of the GPU; `nil` when nobody knows.
  public var device: String?
  /// Where the times come from.
  public var origin: Origin
  /// Tool and commit, citation, or what the table was derived from.
  public var source: String
  /// Day of the measurement, `YYYY-MM-DD`.
  public var date: String
  /// Streaming multiprocessors the driver reported.
  public var multiprocessors: Int?
  /// Further keys of the header, in their order.
  public var notes: [Note]
  /// The timed calls.
  public var rows: [KernelRow]

  /// Collects timed calls.
  public init(
    name: String, gpu: String, device: String?, origin: Origin, source: String, date: String,
    multiprocessors: Int? = nil, notes: [Note] = [], rows: [KernelRow]
  ) {
    self.name = name
    self.gpu = gpu
    self.device = device
    self.origin = origin
    self.source = source
    self.date = date
    self.multiprocessors = multiprocessors
    self.notes = notes
    self.rows = rows
  }
}

extension KernelTable: Hashable {
  /// Only the head is hashed: tables are compared, and hashed, with every setup that carries them.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(device)
    hasher.combine(rows.count)
  }
}
