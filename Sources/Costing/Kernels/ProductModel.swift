import Hardware
import Quantities

/// Time of a matrix product cut into tiles.
///
/// A library picks the tile and the split of the inner dimension that end first. Tiles of a product run in waves, one on
/// each multiprocessor; a wave that is not full takes as long as a full one. A tile takes
/// `2 x y (k / split + prologue)` operations at the multiprocessor's share of the peak; the prologue fills the pipeline
/// and writes the result. Split products add their parts in fp32. The product is never faster than its operands move.
struct ProductModel {
  private let model: KernelModel
  private let format: NumberFormat
  /// Operations a multiprocessor does in a second inside the largest tile.
  private let rate: ComputeRate
  private let bandwidth: Bandwidth
  private let isScalar: Bool

  /// One tile shape and its speed over that of the largest: smaller tiles load more operands for each operation.
  private struct Tile {
    let rows: Int
    let columns: Int
    let fraction: Double
  }

  /// Tiles of the tensor cores; fractions fitted to 3,119 products of five models on A100 (docs/accuracy-kernels.md).
  private static let tensorTiles = [
    Tile(rows: 256, columns: 128, fraction: 1), Tile(rows: 128, columns: 256, fraction: 1),
    Tile(rows: 128, columns: 128, fraction: 0.97), Tile(rows: 128, columns: 64, fraction: 0.85),
    Tile(rows: 64, columns: 128, fraction: 0.85), Tile(rows: 64, columns: 64, fraction: 0.7),
    Tile(rows: 128, columns: 32, fraction: 0.5), Tile(rows: 32, columns: 128, fraction: 0.5),
  ]
  /// Tiles of the scalar units, whose arithmetic is slow enough for small tiles.
  private static let scalarTiles = [
    Tile(rows: 128, columns: 128, fraction: 1), Tile(rows: 128, columns: 64, fraction: 1),
    Tile(rows: 64, columns: 128, fraction: 1), Tile(rows: 64, columns: 64, fraction: 0.95),
    Tile(rows: 128, columns: 32, fraction: 0.9), Tile(rows: 32, columns: 128, fraction: 0.9),
  ]
  /// Inner steps that filling and draining a tile costs.
  private static let tensorPrologue = 128.0
  private static let scalarPrologue = 16.0

  init(_ model: KernelModel, format: NumberFormat) {
    self.model = model
    self.format = format
    isScalar = model.device.isScalar(format)
    let peak = model.device.peak(for: format) ?? .teraflops(1)
    let fraction = isScalar ? model.traits.scalar : model.traits.tensor
    rate = fraction / Double(model.device.multiprocessors) * peak
    bandwidth = model.traits.operandBandwidth * model.device.memoryBandwidth
  }

  /// - Parameter accumulates: Whether the result is added to an fp32 tensor, as weight gradients are.
  func duration(m: Int, n: Int, k: Int, batch: Int, accumulates: Bool) -> Seconds {
    let outputs = Double(m) * Double(n) * Double(batch)
    let inputs = (Double(m) + Double(n)) * Double(k) * Double(batch)
    let size = Double(format.bytesPerElement)
    let written = accumulates ? 8 : max(size, 2)
    let moved = Seconds((inputs * size + outputs * written) / bandwidth.bytesPerSecond)
    var fastest = Seconds.longest
    for tile in isScalar ? Self.scalarTiles : Self.tensorTiles {
      let tiles =
        (Double(m) / Double(tile.rows)).rounded(.up) * (Double(n) / Double(tile.columns)).rounded(.up) * Double(batch)
      for split in [1.0, 2, 4, 8, 16, 32] {
        fastest = min(fastest, time(tile, tiles: tiles, k: Double(k), split: split, outputs: outputs))
      }
    }
    let own = model.device.kernelOverhead + model.traits.productRamp
    return own + model.throttled(max(fastest, moved))
  }

  private func time(_ tile: Tile, tiles: Double, k: Double, split: Double, outputs: Double) -> Seconds {
    let waves = (tiles * split / Double(model.device.multiprocessors)).rounded(.up)
    let prologue = isScalar ? Self.scalarPrologue : Self.tensorPrologue
    let inner = (k / split).rounded(.up) + prologue
    let operations = waves * 2 * Double(tile.rows) * Double(tile.columns) * inner
    let time = FloatingPointOperations(operations / tile.fraction) / rate
    guard split > 1 else { return time }
    return time + Seconds((split + 1) * 4 * outputs / bandwidth.bytesPerSecond)
  }
}
