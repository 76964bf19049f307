/* Records what GPUs do and what is called of CUDA, by CUPTI's activity API, as it happens: each buffer that CUPTI
 * returns is written to a file at once, so nothing piles up in memory, nothing is left to do when the recording stops,
 * and all but the last moment survives the process, however that ends. Kineto keeps every record until it is stopped.
 *
 * Plain C and libc, no header of CUPTI: of the records only what stands at the same place in every version is read, and
 * declared here under the names of cupti_activity.h (compared from CUDA 11.8 to 13.5: versions add fields at the end).
 * libcupti is the one that torch has loaded. The format of the files is described in records.py, which reads them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- CUPTI's records (cupti_activity.h), as far as all versions agree ---- */

enum Kind {
    MEMCPY = 1, MEMSET = 2, DRIVER = 4, RUNTIME = 5, CONCURRENT_KERNEL = 10, OVERHEAD = 17, MEMCPY2 = 22, CUDA_EVENT = 36,
    SYNCHRONIZATION = 38, EXTERNAL_CORRELATION = 39
};

typedef struct {
    uint32_t kind;
    uint8_t cache_config, shared_memory_config;
    uint16_t registersPerThread;
    uint8_t unused[8];
    uint64_t start, end, completed;
    uint32_t deviceId, contextId, streamId;
    int32_t grid[3], block[3];
    int32_t staticSharedMemory, dynamicSharedMemory;
    uint32_t local_memory[2], correlationId;
    int64_t gridId;
    const char* name;
    uint8_t unused2[32];
    uint64_t graphNodeId;
    uint32_t unused3, graphId;
} ActivityKernel;
_Static_assert(offsetof(ActivityKernel, start) == 16 && offsetof(ActivityKernel, deviceId) == 40 && offsetof(ActivityKernel, grid) == 52, "");
_Static_assert(offsetof(ActivityKernel, correlationId) == 92 && offsetof(ActivityKernel, name) == 104, "");
_Static_assert(offsetof(ActivityKernel, graphNodeId) == 144 && offsetof(ActivityKernel, graphId) == 156, "");

typedef struct {
    uint32_t kind;
    uint8_t copyKind, srcKind, dstKind, flags;
    uint64_t bytes, start, end;
    uint32_t deviceId, contextId, streamId, correlationId, runtimeCorrelationId, pad;
    void* reserved0;
    uint64_t graphNodeId;
    uint32_t graphId;
} ActivityMemcpy;
_Static_assert(offsetof(ActivityMemcpy, correlationId) == 44 && offsetof(ActivityMemcpy, graphNodeId) == 64 && offsetof(ActivityMemcpy, graphId) == 72, "");

typedef struct { /* between two devices */
    uint32_t kind;
    uint8_t copyKind, srcKind, dstKind, flags;
    uint64_t bytes, start, end;
    uint32_t deviceId, contextId, streamId, srcDeviceId, srcContextId, dstDeviceId, dstContextId, correlationId;
    void* reserved0;
    uint64_t graphNodeId;
    uint32_t graphId;
} ActivityMemcpyPtoP;
_Static_assert(offsetof(ActivityMemcpyPtoP, correlationId) == 60 && offsetof(ActivityMemcpyPtoP, graphNodeId) == 72 && offsetof(ActivityMemcpyPtoP, graphId) == 80, "");

typedef struct {
    uint32_t kind, value;
    uint64_t bytes, start, end;
    uint32_t deviceId, contextId, streamId, correlationId;
    uint16_t flags, memoryKind;
    uint32_t pad;
    void* reserved0;
    uint64_t graphNodeId;
    uint32_t graphId;
} ActivityMemset;
_Static_assert(offsetof(ActivityMemset, memoryKind) == 50 && offsetof(ActivityMemset, graphNodeId) == 64 && offsetof(ActivityMemset, graphId) == 72, "");

typedef struct {
    uint32_t kind, cbid;
    uint64_t start, end;
    uint32_t processId, threadId, correlationId, returnValue;
} ActivityAPI;

typedef struct {
    uint32_t kind, type;
    uint64_t start, end;
    uint32_t correlationId, contextId, streamId, cudaEventId;
} ActivitySynchronization;

typedef struct { uint32_t kind, correlationId, contextId, streamId, eventId; } ActivityCudaEvent;

typedef struct {
    uint32_t kind, overheadKind, objectKind, object[3];
    uint64_t start, end;
} ActivityOverhead;
_Static_assert(offsetof(ActivityOverhead, start) == 24, "");

enum { THREAD_ID_DEFAULT = 0, THREAD_ID_SYSTEM = 1, FLUSH_FORCED = 1, DOMAIN_DRIVER = 1, DOMAIN_RUNTIME = 2 };
enum { ATTRIBUTE_ZEROED_OUT_BUFFER = 5 };

typedef void (*BufferRequested)(uint8_t** buffer, size_t* size, size_t* most_records);
typedef void (*BufferCompleted)(void* context, uint32_t stream, uint8_t* buffer, size_t size, size_t valid);

static struct {
    int (*RegisterCallbacks)(BufferRequested, BufferCompleted);
    int (*RegisterTimestampCallback)(uint64_t (*)(void));
    int (*Enable)(uint32_t kind), (*Disable)(uint32_t kind);
    int (*FlushAll)(uint32_t flag);
    int (*GetNextRecord)(uint8_t* buffer, size_t valid, void** record);
    int (*GetNumDroppedRecords)(void* context, uint32_t stream, size_t* dropped);
    int (*SetAttribute)(uint32_t attribute, size_t* size, void* value);
    int (*SetThreadIdType)(uint32_t type);
    int (*GetCallbackName)(uint32_t domain, uint32_t cbid, const char** name);
    int (*GetVersion)(uint32_t* version);
    int (*EnableRuntimeApi)(uint32_t cbid, uint8_t enable), (*EnableDriverApi)(uint32_t cbid, uint8_t enable); /* since 12.6 */
} cupti;

/* ---- our records ---- */

typedef struct {
    uint64_t start_ns, end_ns; /* CLOCK_REALTIME: the clock of Kineto's traces and of our NVTX ranges */
    uint32_t kind, correlation, device, context, stream, name, graph, reserved;
    uint64_t graph_node;
    union {
        struct { int32_t grid[3], block[3]; uint32_t registers, shared; } kernel;
        struct { uint64_t bytes; uint8_t kind, from, to, reserved; uint32_t from_device, to_device; } copy; /* a memset: to */
        struct { uint32_t thread, returned; } call;
        struct { uint32_t type, event; } wait; /* an overhead: type */
    };
} Record;
_Static_assert(sizeof(Record) == 88, "records.py reads 88 bytes a record");

enum { BUFFER = 4 << 20, BATCH = 4096, MOST_POOLED = 16, MOST_APIS = 4096 };
#define OF_A_THREAD 0x80000000u /* in the number of a name, whose other bits are the thread's id */
enum { NOT_LOADED = -1, TOO_OLD = -2, TOO_NEW = -3 };
enum { OLDEST = 18 /* of CUDA 11.8 */, FIRST_UNKNOWN = 140000 };

static struct {
    pthread_mutex_t lock;
    char records[4096], names[4096]; /* paths; no descriptor stays open, see nvtx_recording/injection.c */
    _Atomic uint64_t count, lost;
} recording = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct {
    pthread_mutex_t lock; /* never held for long: threads of the script wait for it when they launch */
    uint8_t* ready[MOST_POOLED]; /* zeroed */
    uint8_t** all;               /* every buffer that is ours: at first CUPTI still returns some of Kineto's */
    size_t ready_count, all_count, all_capacity;
} buffers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- files ---- */

/* All of it or nothing: after half a record, on a full disk, none could be read that follows. */
static int append(const char* path, const void* bytes, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) return 0;
    off_t before = lseek(file, 0, SEEK_END);
    const char* at = bytes;
    while (count > 0) {
        ssize_t done = write(file, at, count);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) break;
        at += done;
        count -= (size_t)done;
    }
    if (count > 0) (void)!ftruncate(file, before);
    close(file);
    return count == 0;
}

/* ---- names: each distinct text is written once and has a number from then on; the lock is held ---- */

typedef struct { const char* address; char* text; uint32_t number; } Name;
static struct { Name* slots; uint32_t used, capacity, count; } names;

static char* demangled(const char* text) {
    static char* (*demangle)(const char*, char*, size_t*, int*);
    if (!demangle) {
        void* library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD); /* torch is written in C++ */
        if (library) *(void**)&demangle = dlsym(library, "__cxa_demangle");
    }
    int status = 0;
    return demangle ? demangle(text, NULL, NULL, &status) : NULL;
}

static int write_name(uint32_t number, const char* text) {
    uint32_t head[2] = {number, (uint32_t)strlen(text)};
    char* whole = malloc(sizeof head + head[1]);
    if (!whole) return 0;
    memcpy(whole, head, sizeof head);
    memcpy(whole + sizeof head, text, head[1]);
    int written = append(recording.names, whole, sizeof head + head[1]);
    free(whole);
    return written;
}

static Name* slot_of(Name* slots, uint32_t capacity, const char* address) {
    uint32_t at = (uint32_t)(((uintptr_t)address >> 3) * 2654435761u) & (capacity - 1);
    while (slots[at].address && slots[at].address != address) at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static int grow_names(void) {
    uint32_t capacity = names.capacity ? 2 * names.capacity : 1024;
    Name* slots = calloc(capacity, sizeof *slots);
    if (!slots) return 0;
    for (uint32_t i = 0; i < names.capacity; i++) {
        if (names.slots[i].address) *slot_of(slots, capacity, names.slots[i].address) = names.slots[i];
    }
    free(names.slots);
    names.slots = slots;
    names.capacity = capacity;
    return 1;
}

/* The number of a text, from 1; 0 where there is no room. Texts are known by their address, which another kernel may
 * have once its module was unloaded: so the text is compared too. */
static uint32_t number_of(const char* text) {
    if (!text || (2 * (names.used + 1) > names.capacity && !grow_names())) return 0;
    Name* name = slot_of(names.slots, names.capacity, text);
    if (name->address && !strcmp(name->text, text)) return name->number;
    char* plain = demangled(text);
    int written = write_name(names.count + 1, plain ? plain : text);
    free(plain);
    char* copy = written ? strdup(text) : NULL; /* else it is tried again: the disk may have room by then */
    if (!copy) return 0;
    names.used += !name->address;
    free(name->text);
    *name = (Name){text, copy, ++names.count};
    return name->number;
}

/* ---- threads: what Linux calls each is written when it is first met, for it may have ended before the recording does ---- */

enum { MOST_THREADS = 8192 };
static struct { uint32_t ids[MOST_THREADS], count; } threads;

static void write_thread(uint32_t id) {
    char path[64], name[64];
    snprintf(path, sizeof path, "/proc/self/task/%u/comm", id);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t length = read(file, name, sizeof name - 1);
    close(file);
    while (length > 0 && name[length - 1] == '\n') length--;
    if (length <= 0) return;
    name[length] = 0;
    write_name(OF_A_THREAD | id, name);
}

static void meet_thread(uint32_t id) {
    uint32_t at = id & (MOST_THREADS - 1);
    while (threads.ids[at] && threads.ids[at] != id) at = (at + 1) & (MOST_THREADS - 1);
    if (!id || threads.ids[at] || 2 * threads.count > MOST_THREADS) return;
    threads.ids[at] = id;
    threads.count++;
    write_thread(id);
}

static void forget_names(void) { /* each recording has files of its own */
    for (uint32_t i = 0; i < names.capacity; i++) free(names.slots[i].text);
    free(names.slots);
    memset(&names, 0, sizeof names);
    memset(&threads, 0, sizeof threads);
}

/* ---- which calls are worth a record ---- */

/* Of these a script makes ten for each kernel, and none says anything of what the GPU does. */
static const char* const TRIVIAL[] = {
    "cudaGetDevice", "cudaSetDevice", "cudaGetLastError", "cudaPeekAtLastError", "cudaStreamIsCapturing", "cudaStreamGetCaptureInfo",
    "cudaThreadExchangeStreamCaptureMode", "cudaDeviceGetAttribute", "cudaDeviceGetStreamPriorityRange", "cudaPointerGetAttributes",
    "cudaOccupancy", "cudaFuncSetAttribute", "cudaEventCreate", "cudaEventDestroy", "cudaDriverGetVersion", "cudaRuntimeGetVersion",
};
/* Most calls of the driver are the runtime's own. */
static const char* const OF_THE_DRIVER[] = {
    "cuLaunch", "cuGraphLaunch", "cuMemcpy", "cuMemset", "cuMemAlloc", "cuMemFree", "cuMemHost", "cuMemCreate", "cuMemMap", "cuMemUnmap",
    "cuMemRelease", "cuCtxSynchronize", "cuStreamSynchronize", "cuEventSynchronize", "cuStreamWaitEvent", "cuEventRecord",
    "cuStreamBeginCapture", "cuStreamEndCapture",
};

static struct { const char* name; int wanted; } apis[2][MOST_APIS]; /* of the runtime, and of the driver */

static int begins_with_any(const char* name, const char* const* beginnings, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!strncmp(name, beginnings[i], strlen(beginnings[i]))) return 1;
    }
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void learn_the_calls(void) {
    for (uint32_t cbid = 1; cbid < MOST_APIS; cbid++) {
        const char *runtime = NULL, *driver = NULL;
        cupti.GetCallbackName(DOMAIN_RUNTIME, cbid, &runtime);
        cupti.GetCallbackName(DOMAIN_DRIVER, cbid, &driver);
        apis[0][cbid].name = runtime;
        apis[0][cbid].wanted = runtime && !begins_with_any(runtime, TRIVIAL, COUNT(TRIVIAL));
        apis[1][cbid].name = driver;
        apis[1][cbid].wanted = driver && begins_with_any(driver, OF_THE_DRIVER, COUNT(OF_THE_DRIVER));
    }
}

static int is_wanted(const ActivityAPI* call) { return call->cbid < MOST_APIS && apis[call->kind == DRIVER][call->cbid].wanted; }

/* Where CUPTI can leave the others out, that is less work for the script than to throw them away here. */
static void leave_out_the_others(void) {
    for (uint32_t cbid = 1; cbid < MOST_APIS; cbid++) {
        if (cupti.EnableRuntimeApi && apis[0][cbid].name && !apis[0][cbid].wanted) cupti.EnableRuntimeApi(cbid, 0);
        if (cupti.EnableDriverApi && apis[1][cbid].name && !apis[1][cbid].wanted) cupti.EnableDriverApi(cbid, 0);
    }
}

/* ---- CUPTI's records to ours; the lock is held ---- */

static void of_kernel(const ActivityKernel* from, Record* to) {
    *to = (Record){
        .start_ns = from->start, .end_ns = from->end, .kind = CONCURRENT_KERNEL, .correlation = from->correlationId, .device = from->deviceId,
        .context = from->contextId, .stream = from->streamId, .name = number_of(from->name), .graph = from->graphId, .graph_node = from->graphNodeId,
        .kernel.registers = from->registersPerThread, .kernel.shared = (uint32_t)(from->staticSharedMemory + from->dynamicSharedMemory),
    };
    memcpy(to->kernel.grid, from->grid, sizeof to->kernel.grid);
    memcpy(to->kernel.block, from->block, sizeof to->kernel.block);
}

static void of_memcpy(const ActivityMemcpy* from, Record* to) {
    *to = (Record){
        .start_ns = from->start, .end_ns = from->end, .kind = MEMCPY, .correlation = from->correlationId, .device = from->deviceId,
        .context = from->contextId, .stream = from->streamId, .graph = from->graphId, .graph_node = from->graphNodeId,
        .copy = {.bytes = from->bytes, .kind = from->copyKind, .from = from->srcKind, .to = from->dstKind},
    };
}

static void of_memcpy_between_devices(const ActivityMemcpyPtoP* from, Record* to) {
    *to = (Record){
        .start_ns = from->start, .end_ns = from->end, .kind = MEMCPY2, .correlation = from->correlationId, .device = from->deviceId,
        .context = from->contextId, .stream = from->streamId, .graph = from->graphId, .graph_node = from->graphNodeId,
        .copy = {.bytes = from->bytes, .kind = from->copyKind, .from = from->srcKind, .to = from->dstKind,
                 .from_device = from->srcDeviceId, .to_device = from->dstDeviceId},
    };
}

static void of_memset(const ActivityMemset* from, Record* to) {
    *to = (Record){
        .start_ns = from->start, .end_ns = from->end, .kind = MEMSET, .correlation = from->correlationId, .device = from->deviceId,
        .context = from->contextId, .stream = from->streamId, .graph = from->graphId, .graph_node = from->graphNodeId,
        .copy = {.bytes = from->bytes, .to = (uint8_t)from->memoryKind},
    };
}

static void of_call(const ActivityAPI* from, Record* to) {
    meet_thread(from->threadId);
    *to = (Record){
        .start_ns = from->start, .end_ns = from->end, .kind = from->kind, .correlation = from->correlationId,
        .name = number_of(apis[from->kind == DRIVER][from->cbid].name), .call = {from->threadId, from->returnValue},
    };
}

static void of_synchronization(const ActivitySynchronization* from, Record* to) {
    *to = (Record){
        .start_ns = from->start, .end_ns = from->end, .kind = SYNCHRONIZATION, .correlation = from->correlationId, .context = from->contextId,
        .stream = from->streamId, .wait = {from->type, from->cudaEventId},
    };
}

static void of_cuda_event(const ActivityCudaEvent* from, Record* to) {
    *to = (Record){.kind = CUDA_EVENT, .correlation = from->correlationId, .context = from->contextId, .stream = from->streamId, .wait.event = from->eventId};
}

static void of_overhead(const ActivityOverhead* from, Record* to) {
    *to = (Record){.start_ns = from->start, .end_ns = from->end, .kind = OVERHEAD, .wait.type = from->overheadKind};
}

/* Whether there is anything to keep of it. */
static int convert(const void* activity, Record* to) {
    uint32_t kind = *(const uint32_t*)activity;
    switch (kind) {
        case CONCURRENT_KERNEL: of_kernel(activity, to); return 1;
        case MEMCPY: of_memcpy(activity, to); return 1;
        case MEMCPY2: of_memcpy_between_devices(activity, to); return 1;
        case MEMSET: of_memset(activity, to); return 1;
        case SYNCHRONIZATION: of_synchronization(activity, to); return 1;
        case OVERHEAD: of_overhead(activity, to); return 1;
        case CUDA_EVENT: of_cuda_event(activity, to); return 1;
        case DRIVER:
        case RUNTIME:
            if (!is_wanted(activity)) return 0;
            of_call(activity, to);
            return 1;
        default: return 0;
    }
}

static void write_records(const Record* records, size_t count) {
    if (append(recording.records, records, count * sizeof *records)) atomic_fetch_add(&recording.count, count);
    else atomic_fetch_add(&recording.lost, count);
}

static void keep(uint8_t* buffer, size_t valid) {
    static Record batch[BATCH];
    size_t count = 0;
    void* activity = NULL;
    while (valid && cupti.GetNextRecord(buffer, valid, &activity) == 0) {
        count += (size_t)convert(activity, &batch[count]);
        if (count == BATCH) write_records(batch, count), count = 0;
    }
    if (count) write_records(batch, count);
}

/* ---- buffers: zeroed here, on CUPTI's own thread, and not by CUPTI on the script's (2 ms each time) ---- */

static uint8_t* new_buffer(void) {
    if (buffers.all_count == buffers.all_capacity) {
        size_t capacity = buffers.all_capacity ? 2 * buffers.all_capacity : 64;
        uint8_t** all = realloc(buffers.all, capacity * sizeof *all);
        if (!all) return NULL;
        buffers.all = all;
        buffers.all_capacity = capacity;
    }
    uint8_t* buffer = calloc(1, BUFFER);
    if (buffer) buffers.all[buffers.all_count++] = buffer;
    return buffer;
}

static void buffer_requested(uint8_t** buffer, size_t* size, size_t* most_records) {
    pthread_mutex_lock(&buffers.lock);
    *buffer = buffers.ready_count ? buffers.ready[--buffers.ready_count] : new_buffer();
    pthread_mutex_unlock(&buffers.lock);
    *size = *buffer ? BUFFER : 0;
    *most_records = 0;
}

/* Its place among all, or their count for one that somebody else gave to CUPTI. */
static size_t place_of(const uint8_t* buffer) {
    size_t place = 0;
    while (place < buffers.all_count && buffers.all[place] != buffer) place++;
    return place;
}

static int is_ours(const uint8_t* buffer) {
    pthread_mutex_lock(&buffers.lock);
    int ours = place_of(buffer) < buffers.all_count;
    pthread_mutex_unlock(&buffers.lock);
    return ours;
}

static void take_back(uint8_t* buffer, size_t valid) {
    memset(buffer, 0, valid);
    pthread_mutex_lock(&buffers.lock);
    int kept = buffers.ready_count < MOST_POOLED;
    if (kept) buffers.ready[buffers.ready_count++] = buffer;
    else buffers.all[place_of(buffer)] = buffers.all[--buffers.all_count];
    pthread_mutex_unlock(&buffers.lock);
    if (!kept) free(buffer);
}

static void buffer_completed(void* context, uint32_t stream, uint8_t* buffer, size_t size, size_t valid) {
    (void)context, (void)stream, (void)size;
    pthread_mutex_lock(&recording.lock);
    int recorded = *recording.records != 0;
    if (recorded) keep(buffer, valid);
    pthread_mutex_unlock(&recording.lock);
    size_t dropped = 0; /* asked for without our lock: CUPTI takes its own for it, with which another thread may come here */
    if (recorded && cupti.GetNumDroppedRecords(NULL, 0, &dropped) == 0) atomic_fetch_add(&recording.lost, dropped);
    if (is_ours(buffer)) take_back(buffer, valid);
}

/* ---- what Python calls ---- */

static int find(void** function, void* library, const char* name) {
    *function = dlsym(library, name);
    return *function != NULL;
}

static int load(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (!library) return NOT_LOADED;
    find((void**)&cupti.EnableRuntimeApi, library, "cuptiActivityEnableRuntimeApi");
    find((void**)&cupti.EnableDriverApi, library, "cuptiActivityEnableDriverApi");
    uint32_t version = 0;
    if (!find((void**)&cupti.GetVersion, library, "cuptiGetVersion") || cupti.GetVersion(&version) || version < OLDEST) return TOO_OLD;
    if (version >= FIRST_UNKNOWN) return TOO_NEW;
    int all = find((void**)&cupti.RegisterCallbacks, library, "cuptiActivityRegisterCallbacks") &&
              find((void**)&cupti.RegisterTimestampCallback, library, "cuptiActivityRegisterTimestampCallback") &&
              find((void**)&cupti.Enable, library, "cuptiActivityEnable") && find((void**)&cupti.Disable, library, "cuptiActivityDisable") &&
              find((void**)&cupti.FlushAll, library, "cuptiActivityFlushAll") && find((void**)&cupti.GetNextRecord, library, "cuptiActivityGetNextRecord") &&
              find((void**)&cupti.GetNumDroppedRecords, library, "cuptiActivityGetNumDroppedRecords") &&
              find((void**)&cupti.SetAttribute, library, "cuptiActivitySetAttribute") && find((void**)&cupti.SetThreadIdType, library, "cuptiSetThreadIdType") &&
              find((void**)&cupti.GetCallbackName, library, "cuptiGetCallbackName");
    return all ? 0 : TOO_OLD;
}

/* What was dropped until now is no loss of the recording that begins: CUPTI counts on, also while it is Kineto's. */
static void forget_dropped(void) {
    size_t dropped = 0;
    cupti.GetNumDroppedRecords(NULL, 0, &dropped);
}

static void give_zeroed_buffers(uint8_t zeroed) {
    size_t size = sizeof zeroed;
    cupti.SetAttribute(ATTRIBUTE_ZEROED_OUT_BUFFER, &size, &zeroed);
}

static const uint32_t KINDS[] = {CONCURRENT_KERNEL, MEMCPY, MEMCPY2, MEMSET, SYNCHRONIZATION, CUDA_EVENT, OVERHEAD, RUNTIME, DRIVER};

static void disable_all(void) {
    for (size_t i = 0; i < COUNT(KINDS); i++) cupti.Disable(KINDS[i]);
    cupti.Disable(EXTERNAL_CORRELATION); /* Kineto's */
}

/* The first that CUPTI refuses, as it says it; two may be missing. */
static int enable_all(void) {
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        int refused = cupti.Enable(KINDS[i]);
        if (refused && KINDS[i] != CUDA_EVENT && KINDS[i] != OVERHEAD) return refused;
    }
    return 0;
}

EXPORT void gpu_trace_activities_flush(void) { cupti.FlushAll(0); }

EXPORT uint64_t gpu_trace_activities_count(void) { return atomic_load(&recording.count); }

EXPORT uint64_t gpu_trace_activities_lost(void) { return atomic_load(&recording.lost); }

/* Devices have been synchronized: what is not complete now never will be. */
EXPORT void gpu_trace_activities_end(void) {
    cupti.FlushAll(FLUSH_FORCED);
    disable_all();
    cupti.FlushAll(FLUSH_FORCED); /* so that none of our buffers is returned to Kineto, which would complain */
    give_zeroed_buffers(0); /* as Kineto expects to find things */
    cupti.SetThreadIdType(THREAD_ID_DEFAULT);
    pthread_mutex_lock(&recording.lock);
    *recording.records = 0;
    forget_names();
    pthread_mutex_unlock(&recording.lock);
}

/* Take CUPTI over, from Kineto if that has begun; 0, a CUptiResult, or one of ours below 0. */
EXPORT int gpu_trace_activities_begin(const char* libcupti, const char* records, const char* texts) {
    int failed = load(libcupti);
    if (failed) return failed;
    disable_all();
    learn_the_calls();
    pthread_mutex_lock(&recording.lock); /* the last buffers of the recording before may still come */
    snprintf(recording.records, sizeof recording.records, "%s", records);
    snprintf(recording.names, sizeof recording.names, "%s", texts);
    recording.count = recording.lost = 0;
    pthread_mutex_unlock(&recording.lock);
    give_zeroed_buffers(1);
    cupti.SetThreadIdType(THREAD_ID_SYSTEM);
    failed = cupti.RegisterTimestampCallback(now_ns);
    if (!failed) failed = cupti.RegisterCallbacks(buffer_requested, buffer_completed);
    forget_dropped();
    if (!failed) failed = enable_all();
    if (failed) gpu_trace_activities_end();
    else leave_out_the_others();
    return failed;
}
