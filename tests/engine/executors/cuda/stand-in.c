/*
 * The functions of libcuda, libnvrtc and libcublasLt that the executor calls, without a GPU: memory is the host's, launches
 * do nothing. STAND_IN_FAILS names a function and the code that it returns, as "cuGraphLaunch=700".
 */
#include <stdlib.h>
#include <string.h>

typedef void *handle;
typedef unsigned long long address;

static int answer(const char *name, int code) {
  const char *fails = getenv("STAND_IN_FAILS");
  size_t length = strlen(name);
  return fails && !strncmp(fails, name, length) && fails[length] == '=' ? atoi(fails + length + 1) : code;
}
#define ANSWER(code) return answer(__func__, code)
#define DO(what) do { int failed = answer(__func__, 0); if (failed) return failed; what; return 0; } while (0)

int cuInit(unsigned flags) { ANSWER(0); }
int cuDriverGetVersion(int *version) { DO(*version = 13000); }
int cuDeviceGetCount(int *count) { DO(*count = 1); }
int cuDeviceGetName(char *name, int length, int device) { DO(strcpy(name, "Stand-in")); }
int cuDeviceGetAttribute(int *value, int attribute, int device) { DO(*value = attribute == 75 ? 9 : 0); }
int cuDevicePrimaryCtxRetain(handle *context, int device) { DO(*context = (handle)1); }
int cuDevicePrimaryCtxRelease_v2(int device) { ANSWER(0); }
int cuCtxSetCurrent(handle context) { ANSWER(context == (handle)1 ? 0 : 1); }
int cuMemGetInfo_v2(size_t *free, size_t *total) { DO(*free = *total = 1ull << 34); }
static struct { address at; size_t bytes; } blocks[1 << 16];
static int blockCount = 0;
int cuMemAlloc_v2(address *to, size_t bytes) {
  DO(*to = (address)calloc(bytes, 1); blocks[blockCount].at = *to; blocks[blockCount++ & 0xffff].bytes = bytes);
}
static int isOurs(address at, size_t bytes) {
  for (int i = 0; i < blockCount; i++) if (at >= blocks[i].at && at + bytes <= blocks[i].at + blocks[i].bytes) return 1;
  return 0;
}
int cuMemFree_v2(address at) { DO(free((handle)at)); }
int cuMemHostAlloc(handle *to, size_t bytes, unsigned flags) { DO(*to = calloc(bytes, 1)); }
int cuMemFreeHost(handle at) { DO(free(at)); }
int cuMemcpyHtoDAsync_v2(address to, handle from, size_t bytes, handle stream) { DO(memcpy((handle)to, from, bytes)); }
int cuMemcpyDtoHAsync_v2(handle to, address from, size_t bytes, handle stream) { DO(memcpy(to, (handle)from, bytes)); }
int cuMemcpyDtoDAsync_v2(address to, address from, size_t bytes, handle stream) { DO(memcpy((handle)to, (handle)from, bytes)); }
/* What is captured is not done; a graph that sets memory which nobody allocated is refused when it is instantiated. */
static int captures = 0, refused = 0;
int cuMemsetD8Async(address to, unsigned char value, size_t bytes, handle stream) {
  DO(if (!captures) memset((handle)to, value, bytes); else if (!isOurs(to, bytes)) refused = 1);
}
int cuStreamCreate(handle *stream, unsigned flags) { DO(*stream = (handle)7); }
int cuStreamSynchronize(handle stream) { ANSWER(stream == (handle)7 ? 0 : 1); }
int cuModuleLoadData(handle *module, const char *image) { DO(*module = (handle)3); }
int cuModuleGetFunction(handle *function, handle module, const char *name) { DO(*function = (handle)5); }
int cuFuncSetAttribute(handle function, int attribute, int value) { ANSWER(attribute != 8); }
struct attribute { unsigned id, pad; int value; char rest[60]; };
struct config { unsigned x, y, z, tx, ty, tz, shared; handle stream; struct attribute *attributes; unsigned count; };
int cuLaunchKernelEx(const struct config *c, handle function, handle *parameters, handle *extra) {
  int right = function == (handle)5 && c->x && c->y && c->y < 65536 && c->z == 1 && c->tx && c->tx <= 1024 && c->ty == 1 &&
    c->tz == 1 && c->stream == (handle)7 && parameters && parameters[0] && c->count <= 1 &&
    (!c->count || c->attributes->id == 6 && c->attributes->value == 1);
  ANSWER(right ? 0 : 1);
}
int cuStreamBeginCapture_v2(handle stream, int mode) { DO(captures = 1; refused = 0); }
int cuStreamEndCapture(handle stream, handle *graph) { DO(captures = 0; *graph = (handle)9); }
int cuGraphInstantiateWithFlags(handle *exec, handle graph, address flags) { DO(if (refused) return 1; *exec = (handle)11); }
int cuGraphLaunch(handle exec, handle stream) { ANSWER(exec == (handle)11 ? 0 : 1); }
int cuGraphDestroy(handle graph) { ANSWER(0); }
int cuGraphExecDestroy(handle exec) { ANSWER(0); }
int cuEventCreate(handle *event, unsigned flags) { DO(*event = (handle)13); }
int cuEventRecord(handle event, handle stream) { ANSWER(0); }
int cuEventSynchronize(handle event) { ANSWER(0); }
int cuEventQuery(handle event) { ANSWER(0); }
int cuGetErrorName(int code, const char **name) { DO(*name = code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR_OTHER"); }

int nvrtcVersion(int *major, int *minor) { DO(*major = 13; *minor = 0); }
int nvrtcCreateProgram(handle *program, const char *source, const char *name, int headers, handle a, handle b) { DO(*program = (handle)1); }
int nvrtcDestroyProgram(handle *program) { ANSWER(0); }
int nvrtcCompileProgram(handle program, int options, const char **option) { ANSWER(strcmp(option[0], "--gpu-architecture=sm_90a") ? 5 : 0); }
int nvrtcGetProgramLogSize(handle program, size_t *size) { DO(*size = 17); }
int nvrtcGetProgramLog(handle program, char *log) { DO(strcpy(log, "it is not C++ at")); }
int nvrtcGetCUBINSize(handle program, size_t *size) { DO(*size = 100); }
int nvrtcGetCUBIN(handle program, char *code) { DO(memset(code, 1, 100)); }

size_t cublasLtGetVersion(void) { return 130100; }
int cublasLtCreate(handle *lt) { DO(*lt = (handle)1); }
int cublasLtDestroy(handle lt) { ANSWER(0); }
int cublasLtMatmulDescCreate(handle *made, int compute, int scale) { DO(*made = (handle)2); }
int cublasLtMatmulDescSetAttribute(handle of, int attribute, const void *value, size_t bytes) { ANSWER(0); }
int cublasLtMatrixLayoutCreate(handle *made, int type, address rows, address columns, long long ld) {
  *made = (handle)3;
  ANSWER(ld < (long long)rows ? 7 : 0);
}
int cublasLtMatrixLayoutSetAttribute(handle of, int attribute, const void *value, size_t bytes) { ANSWER(0); }
int cublasLtMatmulPreferenceCreate(handle *made) { DO(*made = (handle)4); }
int cublasLtMatmulPreferenceSetAttribute(handle of, int attribute, const void *value, size_t bytes) { ANSWER(0); }
int cublasLtMatmulAlgoGetHeuristic(handle lt, handle d, handle a, handle b, handle c, handle e, handle p, int wanted, void *results, int *found) {
  DO(*found = 1; memset(results, 0, 96));
}
int cublasLtMatmul(handle lt, handle d, const float *alpha, handle a, handle la, handle b, handle lb, const float *beta,
                   handle c, handle lc, handle to, handle lto, handle algorithm, handle workspace, size_t bytes, handle stream) {
  ANSWER(a && b && c && *beta == 0 && workspace && stream == (handle)7 ? 0 : 8);
}
