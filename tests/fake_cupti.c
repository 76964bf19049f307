/* Stands in for libcupti: a test puts records into it, as bytes, and it delivers them as CUPTI would. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Requested)(uint8_t**, size_t*, size_t*);
typedef void (*Completed)(void*, uint32_t, uint8_t*, size_t, size_t);

static Requested requested;
static Completed completed;
static uint64_t (*clock_)(void);
static uint8_t* buffer;
static size_t used, size, dropped_;
static uint32_t sizes[64], version = 130001, refused, thread_type;
static uint8_t zeroed, enabled[64], off[2][64];
static const char* names[2][64];
static pthread_mutex_t inner = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP; /* CUPTI's own */

/* ---- what tests say and ask ---- */
void fake_version(uint32_t v) { version = v; }
void fake_refuse(uint32_t kind) { refused = kind; }
void fake_drop(size_t count) { dropped_ = count; }
void fake_name(uint32_t domain, uint32_t cbid, const char* name) { names[domain - 1][cbid] = strdup(name); }
uint32_t fake_thread_type(void) { return thread_type; }
uint32_t fake_zeroed(void) { return zeroed; }
uint32_t fake_enabled(uint32_t kind) { return enabled[kind]; }
uint32_t fake_off(uint32_t domain, uint32_t cbid) { return off[domain - 1][cbid]; }
uint64_t fake_now(void) { return clock_(); }

static void deliver(void) {
    uint8_t* full = buffer;
    if (!full) return;
    buffer = NULL;
    completed(NULL, 0, full, size, used);
}

/* A buffer that somebody else gave to CUPTI before: Kineto's. */
void fake_adopt(uint8_t* theirs, size_t valid) { buffer = theirs, used = valid, size = valid; }

void fake_put(const void* record, uint32_t length) {
    sizes[*(const uint32_t*)record] = length;
    if (buffer && used + length > size) deliver();
    if (!buffer) {
        size_t most;
        requested(&buffer, &size, &most);
        used = 0;
        if (zeroed) for (size_t i = 0; i < size; i++) if (buffer[i]) abort(); /* we promised */
    }
    memcpy(buffer + used, record, length);
    used += length;
}

/* What one of several threads fills and delivers, of `fake_put`'s last kind: every other buffer while it holds the lock
 * that CUPTI takes to say what was dropped. */
void fake_work(const void* record, uint32_t length, uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        uint8_t* own = NULL;
        size_t room = 0, most, filled = 0;
        requested(&own, &room, &most);
        for (; own && filled + length <= room && filled < 64 * length; filled += length) memcpy(own + filled, record, length);
        if (i % 2) pthread_mutex_lock(&inner);
        completed(NULL, 0, own, room, filled);
        if (i % 2) pthread_mutex_unlock(&inner);
    }
}

/* ---- CUPTI ---- */
int cuptiGetVersion(uint32_t* v) { return *v = version, 0; }
int cuptiActivityRegisterCallbacks(Requested r, Completed c) { return requested = r, completed = c, 0; }
int cuptiActivityRegisterTimestampCallback(uint64_t (*now)(void)) { return clock_ = now, 0; }
int cuptiActivityEnable(uint32_t kind) { return kind == refused ? 35 : (enabled[kind] = 1, 0); }
int cuptiActivityDisable(uint32_t kind) { return enabled[kind] = 0; }
int cuptiActivityFlushAll(uint32_t flag) { return (void)flag, deliver(), 0; }
int cuptiSetThreadIdType(uint32_t type) { return thread_type = type, 0; }
int cuptiActivitySetAttribute(uint32_t attribute, size_t* length, void* value) {
    if (attribute == 5 && *length == 1) zeroed = *(uint8_t*)value;
    return 0;
}
int cuptiActivityGetNumDroppedRecords(void* context, uint32_t stream, size_t* dropped) {
    (void)context, (void)stream;
    pthread_mutex_lock(&inner);
    *dropped = dropped_;
    dropped_ = 0;
    pthread_mutex_unlock(&inner);
    return 0;
}
int cuptiActivityGetNextRecord(uint8_t* from, size_t valid, void** record) {
    uint8_t* at = *record ? (uint8_t*)*record + sizes[*(uint32_t*)*record] : from;
    if (at >= from + valid) return 12;
    *record = at;
    return 0;
}
int cuptiGetCallbackName(uint32_t domain, uint32_t cbid, const char** name) {
    if (cbid >= 64 || !names[domain - 1][cbid]) return 1;
    *name = names[domain - 1][cbid];
    return 0;
}
#ifndef BEFORE_12_6
int cuptiActivityEnableRuntimeApi(uint32_t cbid, uint8_t enable) { return off[1][cbid] = !enable, 0; }
int cuptiActivityEnableDriverApi(uint32_t cbid, uint8_t enable) { return off[0][cbid] = !enable, 0; }
#endif
