import Costing
import Foundation
import Hardware

/// Reads which cost model prices kernels, and finds the tables.
struct CostsReader {
  let references: ReferenceReader
  let log: ProblemLog

  /// The costs; `nil` with problems recorded.
  func costs(_ node: DocumentNode?, devices: [DeviceSpec]) -> KernelCosts? {
    let before = log.problems.count
    let reader = node.flatMap { MappingReader($0, path: "costs", keys: .costs, log: log) }
    let words = CostModelChoice.allCases.map { ($0.rawValue, $0) }
    let file = reader?.value("table").flatMap { table($0, devices: devices) }
    let choice = reader?.choice("model", among: words) ?? (file == nil ? .auto : .table)
    guard log.problems.count == before else { return nil }
    if choice == .roofline {
      if let file = reader?.value("table") {
        log.add(file, path: "costs.table", expected: "no table beside model: roofline")
        return nil
      }
      return KernelCosts(choice: choice)
    }
    return tables(choice, own: file, devices: devices, node: reader?.value("model") ?? node)
  }

  /// One table for each device: the user's, or else the catalogue's.
  private func tables(
    _ choice: CostModelChoice, own: MeasuredCostModel?, devices: [DeviceSpec], node: DocumentNode?
  ) -> KernelCosts? {
    var models = own.map { [$0] } ?? []
    do throws(InputError) {
      for device in devices where !models.contains(where: { $0.device.name == device.name }) {
        if let table = try references.catalog.kernelTable(for: device) {
          models.append(MeasuredCostModel(device: device, table: table))
        } else if choice == .table, let node {
          log.add(
            at: node.position, path: "costs.model", "found no kernel table of \(device.name)",
            "name a file with costs.table (--kernel-table), or use auto or roofline")
          return nil
        }
      }
    } catch {
      log.adopt(error)
      return nil
    }
    return KernelCosts(choice: choice, models: models)
  }

  /// The user's table, for the device it names.
  private func table(_ node: DocumentNode, devices: [DeviceSpec]) -> MeasuredCostModel? {
    let path = "costs.table"
    guard let text = log.text(node, path: path, expected: "the path of a kernel table (.csv, .h5)"),
      let file = references.absolutePath(text, at: node.position, path: path)
    else { return nil }
    do throws(InputError) {
      let table = try KernelTableFile.load(path: file)
      guard let device = Self.match(table, devices) else {
        log.add(
          at: node.position, path: path,
          "found a table of \(table.device ?? table.gpu), but the cluster has \(ProblemLog.list(devices.map(\.name)))",
          "use a table of that device, or correct its header line \"# device:\"")
        return nil
      }
      guard table.multiprocessors.map({ $0 == device.multiprocessors }) ?? true else {
        log.add(
          at: node.position, path: path,
          "found \(table.multiprocessors ?? 0) multiprocessors in the table, \(device.multiprocessors) in "
            + device.name, "use a table of that device")
        return nil
      }
      return MeasuredCostModel(device: device, table: table)
    } catch {
      log.adopt(error)
      return nil
    }
  }

  /// The device a table is of: the one it names; without a name the only one there is.
  private static func match(_ table: KernelTable, _ devices: [DeviceSpec]) -> DeviceSpec? {
    guard let name = table.device else { return devices.count == 1 ? devices.first : nil }
    return devices.first { $0.name == name }
  }
}
