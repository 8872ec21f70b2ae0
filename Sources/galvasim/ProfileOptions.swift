import ArgumentParser
import GalvaSim

/// What files of profiled kernels and layers do not say themselves.
struct ProfileOptions: ParsableArguments {
  @Option(help: "The model, by its catalogue name or the path of its configuration (galvatron-profile).")
  var model: String?
  @Option(help: "Arithmetic of the profile (galvatron-profile): bf16, fp16 or fp32.") var precision = "bf16"
  @Option(help: "Attention kernels of the profile (galvatron-profile): flash or unfused.") var attention = "flash"
  @Option(help: "Samples of times that do not say it (galvatron-profile).") var batch = 1
  @Flag(help: "The file is a memory profile (galvatron-profile): compare it with the model.") var memory = false
  @Option(help: "Day of the recording, for the table's header (galvatron-profile, kineto).") var date = "unknown"
  @Option(help: ArgumentHelp("Write the table as HDF5 instead of CSV on standard output.", valueName: "file.h5"))
  var out: String?

  func validate() throws {
    guard batch > 0 else { throw ValidationError("--batch must be above 0") }
  }

  /// Reads a profile of Galvatron and prints what it means.
  func write(path: String, device: String?, name: String) throws {
    guard let model, let device else {
      throw CommandFailure(status: 64, ["galvatron-profile: say --model and --device, which the file does not"])
    }
    let setting = try ImportText.profileSetting(
      model: model, device: device, precision: precision, attention: attention, batch: batch)
    if memory {
      StandardOutput.write(try GalvatronProfileImport.memoryReport(path: path, setting: setting))
    } else {
      try write(try GalvatronProfileImport.table(path: path, setting: setting, name: name, date: date))
    }
  }

  /// Prints a table, or writes it as HDF5.
  func write(_ table: KernelTable) throws {
    if let out { try ImportText.write(table, to: out) } else { StandardOutput.write(KernelTableFile.text(table)) }
  }
}
