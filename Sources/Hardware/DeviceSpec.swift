import Quantities

/// One GPU model.
public struct DeviceSpec: Hashable, Sendable {
  /// Catalogue name, for example `a100-sxm-80gb`.
  public let name: String
  /// Name for people, for example "NVIDIA A100 SXM 80 GB".
  public let title: String
  /// Peak dense arithmetic rate of each number format the chip has.
  public let peak: [NumberFormat: ComputeRate]
  /// Device memory a process can allocate, context included.
  public let memoryCapacity: Bytes
  /// Peak rate of device memory.
  public let memoryBandwidth: Bandwidth
  /// Streaming multiprocessors (compute units).
  public let multiprocessors: Int
  /// Shortest time between the starts of two kernels of one stream.
  public let kernelOverhead: Seconds
  /// Fraction of ``peak`` that matrix products reach; size is operations.
  public let gemmEfficiency: EfficiencyCurve
  /// Fraction of ``peak`` that fused attention reaches; size is operations.
  public let attentionEfficiency: EfficiencyCurve
  /// Fraction of ``memoryBandwidth`` that memory-bound kernels reach; size is bytes.
  public let memoryEfficiency: EfficiencyCurve
  /// Memory the driver, the runtime and its kernels take before the first tensor.
  public let contextMemory: Bytes
  /// How kernels and collectives slow each other down; `nil` when they do not.
  public let interference: InterferenceTraits?
  /// Evidence of each key of the catalogue file, by key.
  public let provenance: [String: Provenance]

  /// Describes a GPU. The catalogue reader checks that every number is positive.
  public init(
    name: String, title: String, peak: [NumberFormat: ComputeRate], memoryCapacity: Bytes, memoryBandwidth: Bandwidth,
    multiprocessors: Int, kernelOverhead: Seconds, gemmEfficiency: EfficiencyCurve,
    attentionEfficiency: EfficiencyCurve, memoryEfficiency: EfficiencyCurve, contextMemory: Bytes,
    interference: InterferenceTraits? = nil, provenance: [String: Provenance]
  ) {
    self.name = name
    self.title = title
    self.peak = peak
    self.memoryCapacity = memoryCapacity
    self.memoryBandwidth = memoryBandwidth
    self.multiprocessors = multiprocessors
    self.kernelOverhead = kernelOverhead
    self.gemmEfficiency = gemmEfficiency
    self.attentionEfficiency = attentionEfficiency
    self.memoryEfficiency = memoryEfficiency
    self.contextMemory = contextMemory
    self.interference = interference
    self.provenance = provenance
  }
}
