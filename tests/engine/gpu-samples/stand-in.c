/*
 * The functions of libcuda and NVML that are asked how a card does, without a card. STAND_IN_FAILS names a function that
 * answers 3 (not supported).
 */
#include <stdlib.h>
#include <string.h>

static int answer(const char *name) {
  const char *fails = getenv("STAND_IN_FAILS");
  return fails && !strcmp(fails, name) ? 3 : 0;
}
#define DO(what) do { int failed = answer(__func__); if (failed) return failed; what; return 0; } while (0)

static int samples = 0;
typedef struct { unsigned gpu, memory; } utilization;
typedef struct { unsigned long long total, free, used; } memory;

int cuInit(unsigned flags) { DO(); }
int cuDeviceGet(int *device, int ordinal) { DO(*device = ordinal + 4); }
int cuDeviceGetPCIBusId(char *id, int length, int device) {
  DO(if (device == 4 && length >= 13) strcpy(id, "0000:3b:00.0"));
}
int nvmlInit_v2(void) { DO(); }
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **handle) {
  if (strcmp(id, "0000:3b:00.0")) return 6;
  DO(*handle = (void *)11);
}
int nvmlDeviceGetUtilizationRates(void *handle, utilization *to) {
  DO(to->gpu = handle == (void *)11 ? 90 + samples++ : 0; to->memory = 40);
}
int nvmlDeviceGetMemoryInfo(void *handle, memory *to) { DO(to->total = 85ull << 30; to->free = 44ull << 30; to->used = 41ull << 30); }
#ifndef OLD
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory_v2;
int nvmlDeviceGetMemoryInfo_v2(void *handle, memory_v2 *to) {
  if (to->version != (sizeof(memory_v2) | 2 << 24)) return 25;
  DO(to->total = 85ull << 30; to->reserved = 1ull << 29; to->free = 44ull << 30; to->used = (41ull << 30) - (1ull << 29));
}
#endif
int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *to) { DO(*to = sensor == 0 ? 64 : 0); }
int nvmlDeviceGetPowerUsage(void *handle, unsigned *to) { DO(*to = 412500); }
