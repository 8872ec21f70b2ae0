/// The matrix `nvidia-smi topo -m` prints.
///
/// On a terminal the header is underlined; cells are separated by tabs or, once pasted, by blanks. Rows of network cards
/// have no affinities.
struct DeviceMatrix {
  /// How two devices reach each other.
  enum Code: Hashable {
    /// The device itself.
    case same
    /// At most one PCIe switch in between (PIX), or several (PXB).
    case switches
    /// Through the processor of the same NUMA node (PHB, NODE).
    case node
    /// Through the link between processors.
    case system
    /// Bonded NVLinks, or the chip-to-chip link of a superchip (counted as one).
    case links(Int)
  }

  /// GPUs first, then cards.
  private(set) var names: [String] = []
  /// `codes[a][b]`.
  private(set) var codes: [[Code]] = []
  /// NUMA node of each GPU, where it is printed.
  private(set) var affinities: [Int?] = []
  /// Name of each card, by its name in the header, from the legend.
  private(set) var legend: [(card: String, name: String)] = []

  var deviceCount: Int { names.prefix { $0.hasPrefix("GPU") }.count }

  /// Reads a matrix.
  ///
  /// - Throws: ``InputError`` with the line: no header, rows missing or twice, unknown codes, a matrix that is not
  ///   symmetric.
  init(_ text: String, file: String) throws(InputError) {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { Self.plain(String($0)) }
    guard let header = lines.firstIndex(where: { Self.words($0).first == "GPU0" }) else {
      throw importFailure(file, "found no header with GPU0", "expected the output of nvidia-smi topo -m")
    }
    names = Self.words(lines[header]).prefix { !$0.hasPrefix("CPU") && $0 != "NUMA" }.map { $0 }
    guard Set(names).count == names.count else {
      throw importFailure(file, line: header + 1, "found a device twice", "expected every device once")
    }
    var rows: [[Code]?] = Array(repeating: nil, count: names.count)
    var lineOfRow = Array(repeating: 0, count: names.count)
    affinities = Array(repeating: nil, count: names.count)
    for (index, line) in lines.enumerated().dropFirst(header + 1) {
      let words = Self.words(line)
      if words.count == 2, words[0].hasSuffix(":") { legend.append((String(words[0].dropLast()), words[1])) }
      guard let name = words.first, let row = names.firstIndex(of: name) else { continue }
      guard rows[row] == nil else {
        throw importFailure(file, line: index + 1, "found a second row of \(name)", "expected one matrix in a file")
      }
      rows[row] = try Self.codes(words, names, row: row, file: file, line: index + 1)
      lineOfRow[row] = index + 1
      affinities[row] = words.count > names.count + 2 ? Int(words[names.count + 2]) : nil
    }
    codes = rows.compactMap { $0 }
    guard let missing = rows.firstIndex(where: { $0 == nil }) else {
      try checkSymmetry(file: file, lines: lineOfRow)
      return
    }
    throw importFailure(file, line: header + 1, "found no row of \(names[missing])", "expected a row per column")
  }

  private static func codes(
    _ words: [String], _ names: [String], row: Int, file: String, line: Int
  ) throws(InputError) -> [Code] {
    guard words.count > names.count else {
      let advice = "expected \(names.count)"
      throw importFailure(file, line: line, "found \(words.count - 1) cells in the row of \(names[row])", advice)
    }
    var codes: [Code] = []
    for (column, word) in words[1...names.count].enumerated() {
      guard let code = code(word), (code == .same) == (column == row) else {
        let advice = "expected X on the diagonal and SYS, NODE, PHB, PXB, PIX, C2C or NV and a number elsewhere"
        let cell = JSONValue.text(String(word.prefix(40))).compactText
        throw importFailure(file, line: line, "found \(cell) in column \(names[column])", advice)
      }
      codes.append(code)
    }
    return codes
  }

  private static func code(_ word: String) -> Code? {
    switch word {
    case "X": .same
    case "PIX", "PXB": .switches
    case "PHB", "NODE": .node
    case "SYS": .system
    case "C2C": .links(1)
    default: word.hasPrefix("NV") ? Int(word.dropFirst(2)).flatMap { (1...1024).contains($0) ? .links($0) : nil } : nil
    }
  }

  private func checkSymmetry(file: String, lines: [Int]) throws(InputError) {
    for row in names.indices {
      guard let column = names.indices.first(where: { codes[row][$0] != codes[$0][row] }) else { continue }
      throw importFailure(
        file, line: lines[row], "found different ways from \(names[row]) to \(names[column]) and back",
        "expected a symmetric matrix")
    }
  }

  private static func words(_ line: String) -> [String] { line.split(whereSeparator: \.isWhitespace).map(String.init) }

  /// A line without terminal escapes: ESC, a bracket, parameters, a letter.
  static func plain(_ line: String) -> String {
    var plain = ""
    var inEscape = false
    for character in line {
      if character == "\u{1b}" {
        inEscape = true
      } else if !inEscape {
        plain.append(character)
      } else if character.isLetter {
        inEscape = false
      }
    }
    return plain
  }
}
