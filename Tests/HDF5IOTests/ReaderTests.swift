import Foundation
import Testing

@testable import HDF5IO

@Suite("HDF5 in other readers")
struct ReaderTests {
  @Test func `equal content gives equal bytes`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    try writeSample(scratch.path("b.h5"))
    #expect(try scratch.bytes("a.h5") == scratch.bytes("b.h5"))
  }

  @Test(.enabled(if: Python.has("h5py")))
  func `h5py reads numbers, texts and labels`() throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let script = """
      import h5py, sys
      f = h5py.File(sys.argv[1])
      e = f["events"]
      print(int(e["start"][:].sum()), e["start"].attrs["units"], e["start"].dims[0].keys())
      print(sorted(h5py.check_enum_dtype(e["kind"].dtype).items(), key=lambda x: x[1]))
      print(h5py.check_enum_dtype(f["types/event_kind"].dtype)["backward"], f["names"].asstr()[2], f.attrs["title"])
      print(h5py.h5ds.is_attached(f["memory/allocated"].id, f["time"].id, 1))
      """
    // The sum of row * 1 000 003 over 1000 rows: 499 500 * 1 000 003.
    let expected = """
      499501498500 ns ['event']
      [('forward', 0), ('backward', 1), ('all reduce', 2)]
      1 ünïcode sample of everything
      True

      """
    #expect(try Python.run(script, [scratch.path("a.h5")]) == expected)
  }

  @Test(.enabled(if: Python.has("xarray, h5netcdf, netCDF4")), arguments: ["h5netcdf", "netcdf4"])
  func `xarray names the dimensions`(engine: String) throws {
    let scratch = try Scratch()
    try writeSample(scratch.path("a.h5"))
    let script = """
      import xarray, sys
      e = xarray.open_dataset(sys.argv[1], group="events", engine=sys.argv[2], decode_timedelta=False)
      m = xarray.open_dataset(sys.argv[1], group="memory", engine=sys.argv[2])
      print(dict(e.sizes), e.start.dims, e.start.dtype, e.kind.attrs["flag_meanings"], m.allocated.dims)
      """
    let expected = "{'event': 1000} ('event',) int64 forward backward all_reduce ('rank', 'time')\n"
    #expect(try Python.run(script, [scratch.path("a.h5"), engine]) == expected)
  }
}
