// Times matrix products through cublasLtMatmul, and their slowdown beside a copy or a memory-bound kernel, without
// PyTorch. Reads the shapes from a CSV file and prints a kernel table for compare_tables.py.
//
//   crosscheck crosscheck-shapes.csv > crosscheck.csv

#include <cublasLt.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#ifndef COMMIT
#define COMMIT "unknown"
#endif

// --- Errors ----------------------------------------------------------------------------------------------------------

static void check(cudaError_t status, const char *what) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

static void check(cublasStatus_t status, const char *what) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw std::runtime_error(std::string(what) + ": " + cublasLtGetStatusString(status));
  }
}

#define CHECK(call) check((call), #call)

// --- Owners ----------------------------------------------------------------------------------------------------------

// Device memory.
struct Buffer {
  void *data = nullptr;
  size_t bytes;
  explicit Buffer(size_t bytes) : bytes(bytes) { CHECK(cudaMalloc(&data, bytes)); }
  ~Buffer() { cudaFree(data); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
};

// Page-locked host memory, which copies run from at full speed and beside kernels.
struct HostBuffer {
  void *data = nullptr;
  explicit HostBuffer(size_t bytes) { CHECK(cudaMallocHost(&data, bytes)); }
  ~HostBuffer() { cudaFreeHost(data); }
  HostBuffer(const HostBuffer &) = delete;
  HostBuffer &operator=(const HostBuffer &) = delete;
};

struct Event {
  cudaEvent_t event = nullptr;
  Event() { CHECK(cudaEventCreate(&event)); }
  ~Event() { cudaEventDestroy(event); }
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;

  void record(cudaStream_t stream) { CHECK(cudaEventRecord(event, stream)); }

  // Whether the stream has come past this event.
  bool reached() const {
    const cudaError_t status = cudaEventQuery(event);
    if (status == cudaErrorNotReady) return false;
    CHECK(status);
    return true;
  }

  // Microseconds from this event to a later one; negative when that came first.
  double until(const Event &later) const {
    float milliseconds = 0;
    CHECK(cudaEventElapsedTime(&milliseconds, event, later.event));
    return 1000.0 * milliseconds;
  }
};

struct Stream {
  cudaStream_t stream = nullptr;
  Stream() { CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(stream); }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;
};

// --- Data ------------------------------------------------------------------------------------------------------------

// A hash of a counter (the finisher of SplitMix64): equal seeds give equal data.
__device__ uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// Roughly normal numbers: four uniform ones added, of mean 0 and variance 1. Zeros would let the chip clock higher.
template <typename Element>
__global__ void fillNormal(Element *data, size_t count, uint64_t seed) {
  const size_t step = size_t(gridDim.x) * blockDim.x;
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const uint64_t bits = mixed(seed + i);
    float sum = 0;
    for (int part = 0; part < 4; ++part) sum += float((bits >> (16 * part)) & 0xffff) / 65536.0f - 0.5f;
    data[i] = Element(sum * 1.7320508f);
  }
}

template <typename Element>
static void fill(const Buffer &buffer, uint64_t seed) {
  fillNormal<<<1024, 256>>>(static_cast<Element *>(buffer.data), buffer.bytes / sizeof(Element), seed);
  CHECK(cudaGetLastError());
}

static void fill(const Buffer &buffer, cudaDataType_t type, uint64_t seed) {
  switch (type) {
    case CUDA_R_16BF: return fill<__nv_bfloat16>(buffer, seed);
    case CUDA_R_16F: return fill<__half>(buffer, seed);
    case CUDA_R_8F_E4M3: return fill<__nv_fp8_e4m3>(buffer, seed);
    default: return fill<float>(buffer, seed);
  }
}

// A copy by few blocks, as communication kernels do it: it takes memory bandwidth and leaves most multiprocessors free.
__global__ void copyByFew(const float4 *source, float4 *target, size_t count) {
  const size_t step = size_t(gridDim.x) * blockDim.x;
  for (size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) target[i] = source[i];
}

// --- Shapes ----------------------------------------------------------------------------------------------------------

struct Shape {
  std::string kind, op, pass, format, layout;
  int64_t batch, m, n, k;

  std::string text() const {
    std::ostringstream line;
    line << kind << ',' << op << ',' << pass << ',' << format << ',' << layout << ',' << batch << ',' << m << ',' << n
         << ',' << k;
    return line.str();
  }
};

static std::vector<std::string> split(const std::string &line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

static std::vector<Shape> readShapes(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != "kind,op,pass,format,layout,batch,m,n,k") {
    throw std::runtime_error(path + ": cannot be read, or does not begin with the names of its columns");
  }
  std::vector<Shape> shapes;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line);
    if (cells.size() != 9) throw std::runtime_error(path + ": not nine cells: " + line);
    shapes.push_back({cells[0], cells[1], cells[2], cells[3], cells[4], std::stoll(cells[5]), std::stoll(cells[6]),
                      std::stoll(cells[7]), std::stoll(cells[8])});
  }
  return shapes;
}

struct Arithmetic {
  cudaDataType_t input, output;
  size_t inputBytes, outputBytes;
  cublasComputeType_t compute;
};

static Arithmetic arithmetic(const std::string &format) {
  static const std::map<std::string, Arithmetic> known = {
      {"bf16", {CUDA_R_16BF, CUDA_R_16BF, 2, 2, CUBLAS_COMPUTE_32F}},
      {"fp16", {CUDA_R_16F, CUDA_R_16F, 2, 2, CUBLAS_COMPUTE_32F}},
      {"tf32", {CUDA_R_32F, CUDA_R_32F, 4, 4, CUBLAS_COMPUTE_32F_FAST_TF32}},
      {"fp32", {CUDA_R_32F, CUDA_R_32F, 4, 4, CUBLAS_COMPUTE_32F}},
      {"fp8", {CUDA_R_8F_E4M3, CUDA_R_16BF, 1, 2, CUBLAS_COMPUTE_32F}},
  };
  const auto found = known.find(format);
  if (found == known.end()) throw std::runtime_error("unknown format " + format);
  return found->second;
}

// --- Products --------------------------------------------------------------------------------------------------------

// A stored matrix, columns contiguous, of a batch whose members follow each other.
struct MatrixLayout {
  cublasLtMatrixLayout_t layout = nullptr;

  MatrixLayout(cudaDataType_t type, int64_t rows, int64_t columns, int64_t batch) {
    CHECK(cublasLtMatrixLayoutCreate(&layout, type, rows, columns, rows));
    const int32_t count = int32_t(batch);
    const int64_t stride = rows * columns;
    CHECK(cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count));
    CHECK(cublasLtMatrixLayoutSetAttribute(
        layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride));
  }
  ~MatrixLayout() { cublasLtMatrixLayoutDestroy(layout); }
  MatrixLayout(const MatrixLayout &) = delete;
  MatrixLayout &operator=(const MatrixLayout &) = delete;
};

struct Description {
  cublasLtMatmulDesc_t description = nullptr;

  explicit Description(cublasComputeType_t compute) {
    CHECK(cublasLtMatmulDescCreate(&description, compute, CUDA_R_32F));
  }
  ~Description() { cublasLtMatmulDescDestroy(description); }
  Description(const Description &) = delete;
  Description &operator=(const Description &) = delete;

  template <typename Value>
  void set(cublasLtMatmulDescAttributes_t attribute, const Value &value) {
    CHECK(cublasLtMatmulDescSetAttribute(description, attribute, &value, sizeof value));
  }
};

struct Preference {
  cublasLtMatmulPreference_t preference = nullptr;

  explicit Preference(uint64_t workspaceBytes) {
    CHECK(cublasLtMatmulPreferenceCreate(&preference));
    CHECK(cublasLtMatmulPreferenceSetAttribute(
        preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspaceBytes, sizeof workspaceBytes));
  }
  ~Preference() { cublasLtMatmulPreferenceDestroy(preference); }
  Preference(const Preference &) = delete;
  Preference &operator=(const Preference &) = delete;
};

// The product of a shape with its data. Tables are row-major and cuBLAS is column-major, so it computes the transposed
// result: its first operand is the right one of the table, n x k, its second the left one, k x m.
class Product {
 public:
  Product(cublasLtHandle_t handle, const Shape &shape, const Buffer &workspace)
      : handle_(handle), workspace_(workspace), kind_(arithmetic(shape.format)),
        firstTransposed_(shape.layout[0] == 'T'), secondTransposed_(shape.layout[1] == 'T'),
        first_(shape.batch * shape.n * shape.k * kind_.inputBytes),
        second_(shape.batch * shape.k * shape.m * kind_.inputBytes),
        result_(shape.batch * shape.m * shape.n * kind_.outputBytes), scales_(2 * sizeof(float)),
        firstLayout_(kind_.input, firstTransposed_ ? shape.k : shape.n, firstTransposed_ ? shape.n : shape.k,
                     shape.batch),
        secondLayout_(kind_.input, secondTransposed_ ? shape.m : shape.k, secondTransposed_ ? shape.k : shape.m,
                      shape.batch),
        resultLayout_(kind_.output, shape.n, shape.m, shape.batch), description_(kind_.compute) {
    fill(first_, kind_.input, 1);
    fill(second_, kind_.input, uint64_t(1) << 40);
    describe(shape);
    choose();
    CHECK(cudaDeviceSynchronize());
  }

  void run(cudaStream_t stream) const {
    const float one = 1, zero = 0;
    CHECK(cublasLtMatmul(handle_, description_.description, &one, first_.data, firstLayout_.layout, second_.data,
                         secondLayout_.layout, &zero, result_.data, resultLayout_.layout, result_.data,
                         resultLayout_.layout, &algorithm_.algo, workspace_.data, workspace_.bytes, stream));
  }

 private:
  void describe(const Shape &shape) {
    const cublasOperation_t firstOperation = firstTransposed_ ? CUBLAS_OP_T : CUBLAS_OP_N;
    const cublasOperation_t secondOperation = secondTransposed_ ? CUBLAS_OP_T : CUBLAS_OP_N;
    description_.set(CUBLASLT_MATMUL_DESC_TRANSA, firstOperation);
    description_.set(CUBLASLT_MATMUL_DESC_TRANSB, secondOperation);
    if (shape.format != "fp8") return;
    const float values[2] = {0.75f, 1.25f};
    CHECK(cudaMemcpy(scales_.data, values, sizeof values, cudaMemcpyHostToDevice));
    const void *firstScale = scales_.data;
    const void *secondScale = static_cast<const float *>(scales_.data) + 1;
    description_.set(CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, firstScale);
    description_.set(CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, secondScale);
    const int8_t fast = shape.pass == "forward" ? 1 : 0;
    description_.set(CUBLASLT_MATMUL_DESC_FAST_ACCUM, fast);
  }

  // The first choice of the library's heuristic, which is what frameworks run.
  void choose() {
    const Preference preference(workspace_.bytes);
    int found = 0;
    CHECK(cublasLtMatmulAlgoGetHeuristic(handle_, description_.description, firstLayout_.layout, secondLayout_.layout,
                                         resultLayout_.layout, resultLayout_.layout, preference.preference, 1,
                                         &algorithm_, &found));
    if (found == 0) throw std::runtime_error("cuBLASLt has no algorithm for it");
  }

  cublasLtHandle_t handle_;
  const Buffer &workspace_;
  Arithmetic kind_;
  bool firstTransposed_, secondTransposed_;
  Buffer first_, second_, result_, scales_;
  MatrixLayout firstLayout_, secondLayout_, resultLayout_;
  Description description_;
  cublasLtMatmulHeuristicResult_t algorithm_{};
};

// --- Timing ----------------------------------------------------------------------------------------------------------

using Work = std::function<void(cudaStream_t)>;

constexpr size_t leastFlushBytes = size_t(128) << 20;
constexpr int cacheSizes = 4;
constexpr int leastHead = 4, mostHead = 512;
constexpr double leastCover = 2.5, mostCover = 20;
constexpr double targetMicroseconds = 20000;
constexpr int leastRepeats = 7, mostRepeats = 50, leastLongRepeats = 3;

// The value below which a fraction of the values lie, linear between neighbours.
static double percentile(std::vector<double> values, double fraction) {
  std::sort(values.begin(), values.end());
  const double place = fraction * double(values.size() - 1);
  const size_t below = size_t(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - double(below));
}

static int repeatsFor(double microseconds) {
  const int least = microseconds < targetMicroseconds ? leastRepeats : leastLongRepeats;
  return std::clamp(int(targetMicroseconds / std::max(microseconds, 1.0)), least, mostRepeats);
}

// One time beside other work.
struct BesideTime {
  double callTime, otherTime;
  bool covered, late;
};

// Times work behind writes of a flush buffer, which empty the cache and keep the host ahead of the device.
class Timer {
 public:
  explicit Timer(size_t cacheBytes) : flush_(std::max(cacheSizes * cacheBytes, leastFlushBytes)) {}

  size_t flushBytes() const { return flush_.bytes; }

  std::vector<double> times(const Work &work) {
    head_ = leastHead;
    for (int i = 0; i < 2; ++i) work(main_.stream);
    CHECK(cudaDeviceSynchronize());
    const int repeats = repeatsFor(once(work));
    std::vector<double> all;
    for (int i = 0; i < repeats; ++i) all.push_back(once(work));
    return all;
  }

  // Times of `work` while `other`, which takes `otherAlone` microseconds, runs on the second stream over and over.
  // `otherTimes` gets the mean time of `other` meanwhile.
  std::vector<double> timesBeside(const Work &work, double alone, int repeats, const Work &other, double otherAlone,
                                  std::vector<double> &otherTimes) {
    double cover = leastCover;
    std::vector<double> all;
    while (int(all.size()) < repeats) {
      const BesideTime time = onceBeside(work, other, int(std::ceil(cover * alone / otherAlone)) + 1);
      if (time.late && head_ < mostHead) {
        head_ *= 2;
      } else if (!time.covered && cover < mostCover) {
        cover *= 2;
      } else {
        all.push_back(time.callTime);
        otherTimes.push_back(time.otherTime);
      }
    }
    return all;
  }

 private:
  double once(const Work &work) {
    while (true) {
      Event begin, end;
      writeFlush(head_);
      begin.record(main_.stream);
      work(main_.stream);
      end.record(main_.stream);
      const bool late = begin.reached();
      CHECK(cudaDeviceSynchronize());
      if (!late || head_ >= mostHead) return begin.until(end);
      head_ *= 2;
    }
  }

  BesideTime onceBeside(const Work &work, const Work &other, int pieces) {
    Event flushed, begin, end, started, ended;
    writeFlush(head_);
    flushed.record(main_.stream);
    CHECK(cudaStreamWaitEvent(side_.stream, flushed.event, 0));
    other(side_.stream);
    started.record(side_.stream);
    for (int i = 0; i < pieces; ++i) other(side_.stream);
    ended.record(side_.stream);
    CHECK(cudaStreamWaitEvent(main_.stream, started.event, 0));
    begin.record(main_.stream);
    work(main_.stream);
    end.record(main_.stream);
    const bool late = started.reached();
    CHECK(cudaDeviceSynchronize());
    return {begin.until(end), started.until(ended) / pieces, end.until(ended) > 0, late};
  }

  void writeFlush(int count) {
    for (int i = 0; i < count; ++i) CHECK(cudaMemsetAsync(flush_.data, 1 + (i & 1), flush_.bytes, main_.stream));
  }

  Buffer flush_;
  Stream main_, side_;
  int head_ = leastHead;
};

// --- Rows ------------------------------------------------------------------------------------------------------------

static void printRow(const Shape &shape, const std::vector<double> &times, double alone) {
  const double median = percentile(times, 0.5);
  const double spread = (percentile(times, 0.9) - percentile(times, 0.1)) / median;
  // Nine columns of other kinds stay empty.
  std::printf("%s,,,,,,,,,,%.6g,%.6g,%zu,", shape.text().c_str(), median, spread, times.size());
  if (alone > 0) std::printf("%.6g", alone);
  std::printf("\n");
  std::fflush(stdout);
}

// What runs beside a product.
class Neighbour {
 public:
  Neighbour(const std::string &op, int multiprocessors)
      : isCopy_(op == "copy"), blocks_(std::max(1, multiprocessors / 8)), source_(bytes), target_(bytes), host_(bytes) {
    fill<float>(source_, 3);
    CHECK(cudaMemcpy(host_.data, source_.data, bytes, cudaMemcpyDeviceToHost));
  }

  void run(cudaStream_t stream) const {
    if (isCopy_) {
      CHECK(cudaMemcpyAsync(target_.data, host_.data, bytes, cudaMemcpyHostToDevice, stream));
      return;
    }
    copyByFew<<<blocks_, 512, 0, stream>>>(
        static_cast<const float4 *>(source_.data), static_cast<float4 *>(target_.data), bytes / sizeof(float4));
    CHECK(cudaGetLastError());
  }

 private:
  static constexpr size_t bytes = size_t(32) << 20;
  bool isCopy_;
  int blocks_;
  Buffer source_, target_;
  HostBuffer host_;
};

static void measure(Timer &timer, cublasLtHandle_t handle, const Buffer &workspace, const Shape &shape,
                    int multiprocessors) {
  const Product product(handle, shape, workspace);
  const Work work = [&](cudaStream_t stream) { product.run(stream); };
  const std::vector<double> alone = timer.times(work);
  if (shape.kind != "overlap") return printRow(shape, alone, 0);

  const Neighbour neighbour(shape.op, multiprocessors);
  const Work other = [&](cudaStream_t stream) { neighbour.run(stream); };
  const double aloneMedian = percentile(alone, 0.5);
  const double otherAlone = percentile(timer.times(other), 0.5);
  std::vector<double> otherTimes;
  const std::vector<double> both =
      timer.timesBeside(work, aloneMedian, int(alone.size()), other, otherAlone, otherTimes);
  printRow(shape, both, aloneMedian);
  std::fprintf(stderr, "%s: product %.4g us alone, %.4g us beside; the other %.4g us alone, %.4g us beside\n",
               shape.text().c_str(), aloneMedian, percentile(both, 0.5), otherAlone, percentile(otherTimes, 0.5));
}

static void printHeader(const cudaDeviceProp &device, size_t flushBytes) {
  int driver = 0, runtime = 0;
  CHECK(cudaDriverGetVersion(&driver));
  CHECK(cudaRuntimeGetVersion(&runtime));
  char date[16];
  const std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%d", std::localtime(&now));
  std::printf("# format: galvasim-kernel-table 1\n# name: crosscheck\n# gpu: %s\n", device.name);
  std::printf("# provenance: measured\n");
  std::printf("# source: galvasim Sources/kernel-bench/cuda, commit %s\n# date: %s\n", COMMIT, date);
  std::printf("# driver: CUDA %d.%d\n# cuda: %d.%d\n# library: cuBLASLt %zu\n", driver / 1000, driver % 1000 / 10,
              runtime / 1000, runtime % 1000 / 10, cublasLtGetVersion());
  std::printf("# multiprocessors: %d\n# memory_bytes: %zu\n", device.multiProcessorCount, device.totalGlobalMem);
  std::printf("# method: CUDA events around one call of the heuristic's first algorithm, median of %d to %d repeats "
              "(%d and up beyond %g ms) after warm-up, random data; L2 flushed by writing %zu MiB\n",
              leastRepeats, mostRepeats, leastLongRepeats, targetMicroseconds / 1000, flushBytes >> 20);
  std::printf("kind,op,pass,format,layout,batch,m,n,k,heads,kv_heads,queries,keys,head_dim,causal,rows,width,bytes,"
              "time_us,spread,repeats,alone_us\n");
}

// Works until the clocks have risen from idle.
static void warmUp(cublasLtHandle_t handle, const Buffer &workspace) {
  const Shape shape{"gemm", "matmul", "forward", "fp16", "TN", 1, 4096, 4096, 4096};
  const Product product(handle, shape, workspace);
  const Stream stream;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  while (std::chrono::steady_clock::now() < end) {
    product.run(stream.stream);
    CHECK(cudaStreamSynchronize(stream.stream));
  }
}

static int run(const std::string &path) {
  const std::vector<Shape> shapes = readShapes(path);
  cudaDeviceProp device{};
  CHECK(cudaGetDeviceProperties(&device, 0));
  cublasLtHandle_t handle = nullptr;
  CHECK(cublasLtCreate(&handle));
  const Buffer workspace(size_t(64) << 20);
  Timer timer(size_t(device.l2CacheSize));
  warmUp(handle, workspace);
  printHeader(device, timer.flushBytes());
  for (const Shape &shape : shapes) {
    try {
      measure(timer, handle, workspace, shape, device.multiProcessorCount);
    } catch (const std::exception &error) {
      std::fprintf(stderr, "skipped %s: %s\n", shape.text().c_str(), error.what());
      // Clears an error of this shape; one of the device stays and ends the program.
      cudaGetLastError();
      CHECK(cudaDeviceSynchronize());
    }
  }
  CHECK(cublasLtDestroy(handle));
  return 0;
}

int main(int count, char **arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: crosscheck SHAPES.csv > TABLE.csv\n");
    return 2;
  }
  try {
    return run(arguments[1]);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
