import Foundation
import GalvaSim
import Testing

/// Kernels of a GPU nothing else of which was found: A40, fp16, Llama 2 7B at 3,456 and 4,096 tokens, medians of
/// github.com/microsoft/vidur @e26eb8f79f, data/profiling/compute/a40/meta-llama/Llama-2-7b-hf/mlp.csv (microseconds).
@Suite("Published kernels of A40")
struct PublishedProductTests {
  private static let products = """
    gpu,op,m,n,k,batch,dtype,time_ms,tflops,layout,source,note
    A40,attn_pre_proj,4096,12288,4096,1,fp16,3.755,,,vidur,
    A40,attn_post_proj,4096,4096,4096,1,fp16,1.297,,,vidur,
    A40,mlp_up_proj,4096,22016,4096,1,fp16,6.739,,,vidur,
    A40,mlp_down_proj,4096,4096,11008,1,fp16,3.382,,,vidur,
    A40,attn_pre_proj,3456,12288,4096,1,fp16,3.139,,,vidur,
    A40,attn_post_proj,3456,4096,4096,1,fp16,0.988,,,vidur,
    A40,mlp_up_proj,3456,22016,4096,1,fp16,5.733,,,vidur,
    A40,mlp_down_proj,3456,4096,11008,1,fp16,2.555,,,vidur,
    """
  private static let elementwise = """
    gpu,op,tokens,hidden,ffn,tp,dtype,time_ms,model,source
    A40,add,4096,4096,11008,1,fp16,0.172,meta-llama/Llama-2-7b-hf,vidur
    A40,input_layernorm,4096,4096,11008,1,fp16,0.177,meta-llama/Llama-2-7b-hf,vidur
    A40,mlp_act,4096,4096,11008,1,fp16,0.495,meta-llama/Llama-2-7b-hf,vidur
    A40,attn_rope,4096,4096,11008,1,fp16,0.2495,meta-llama/Llama-2-7b-hf,vidur
    """

  private static func rows(_ text: String) throws -> [KernelValidation.Row] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".csv").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try KernelValidation(path: path).rows
  }

  @Test func `products are within 20 percent, the middle one within 8`() throws {
    let rows = try Self.rows(Self.products)
    #expect(rows.count == 8)
    for row in rows { #expect(abs(row.error ?? 1) < 0.20, "\(row)") }
    #expect(try #require(ErrorSummary(rows.compactMap(\.error)).median) < 0.08)
  }

  @Test func `elementwise kernels are within 25 percent`() throws {
    for row in try Self.rows(Self.elementwise) { #expect(abs(row.error ?? 1) < 0.25, "\(row)") }
  }
}
