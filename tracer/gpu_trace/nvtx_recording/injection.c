/* Records NVTX. NVTX loads this library at the first NVTX call of each of its clients (the nvtx package, torch, NCCL, ...)
 * when NVTX_INJECTION64_PATH names it, and puts the functions below behind its own.
 *
 * What it writes survives the process, however that ends: events go into a file mapped into memory, texts through
 * write(2). The layout is that of boot/nvtx_layout.py. Plain C and libc, no NVTX header: the layouts of the
 * interface, which NVTX keeps stable across versions, are declared here under the names of nvtxTypes.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- NVTX's interface to a tool (nvtxTypes.h, nvToolsExt.h, nvtxExtTypes.h) ---- */

enum { CALLBACKS_TABLE = 1, MODULE_CORE = 1, MODULE_CORE2 = 5, EXTENSION_PAYLOAD = 2 };
enum { MESSAGE_ASCII = 1, MESSAGE_UNICODE = 2, MESSAGE_REGISTERED = 3 };
enum { PAYLOAD_BINARY = (int32_t)0xDFBD0009 }; /* NVTX_PAYLOAD_TYPE_EXT */

typedef void (*Function)(void);
typedef struct {
    size_t struct_size;
    int (*GetModuleFunctionTable)(int module, Function*** table, unsigned* size);
} ExportTableCallbacks;

typedef struct {
    uint16_t version, size;
    uint32_t category;
    int32_t color_type;
    uint32_t color;
    int32_t payload_type, binary_count;
    uint64_t payload; /* a union of numbers of up to 8 bytes; or where binary_count BinaryPayloads are */
    int32_t message_type;
    union { const char* ascii; const wchar_t* unicode; uintptr_t registered; } message;
} EventAttributes;

typedef struct { uint64_t schema; size_t size; const void* bytes; } BinaryPayload;
typedef struct {
    uint64_t flags, type;
    const char *name, *description;
    uint64_t detail, offset;
    const void *semantics, *reserved;
} SchemaEntry;
enum { SCHEMA_HAS_TYPE = 1 << 2, SCHEMA_HAS_ENTRIES = 1 << 4 | 1 << 5, SCHEMA_HAS_ID = 1 << 8, SCHEMA_STATIC = 1 };
typedef struct {
    uint64_t field_mask;
    const char* name;
    uint64_t type, flags;
    const SchemaEntry* entries;
    size_t entry_count, static_size, alignment;
    uint64_t id;
} Schema;

typedef struct { size_t id, slot_count; intptr_t* slots; } ExtensionSegment;
typedef struct {
    uint16_t nvtx_version, struct_size, module_id, compat_id;
    size_t segment_count;
    ExtensionSegment* segments;
} ExtensionModule;

/* ---- the records ---- */

enum { CHUNK = 1 << 16 };
enum Kind { PUSH = 1, POP, START, END, MARK, THREAD_END, BINARY };
enum TextKind { TEXT_STRING = 1, TEXT_CATEGORY, TEXT_THREAD, TEXT_ADDRESS, TEXT_PARENT, TEXT_SCHEMA };

typedef struct {
    int64_t at_ns; /* CLOCK_REALTIME: the clock of Kineto's traces */
    uint64_t range; /* of START and END the number of the range; of the others that of the thread, see below */
    uint64_t payload;
    uint32_t name, domain, category, color, thread;
    uint8_t payload_type, has_color, reserved;
    _Atomic uint8_t kind; /* written last: 0 means that the event is not whole */
} Event;
_Static_assert(sizeof(Event) == 48, "records.py reads 48 bytes an event");

/* A piece of the binary payload of the event that has the same at_ns and range: in the room of an event of its own. */
typedef struct {
    int64_t at_ns;
    uint64_t range;
    uint8_t bytes[24];
    uint32_t schema;
    uint8_t count, piece, reserved;
    _Atomic uint8_t kind;
} Binary;
_Static_assert(sizeof(Binary) == sizeof(Event) && offsetof(Binary, kind) == offsetof(Event, kind), "both are slots of a chunk");

typedef struct {
    char magic[8];
    uint32_t version, pid, chunk, event;
    _Atomic uint64_t chunks, lost;
} Header; /* at the start of chunk 0, which has no events */

typedef struct { uint32_t kind, id, scope, length; } TextHead; /* followed by length bytes of UTF-8 */

typedef struct { Event *next, *end; } Place; /* where in a chunk the next event goes */

/* No descriptor stays open: a script that closes those it did not open, as daemons do, and then opens files of its own
 * would find our records in them. */
static struct {
    pthread_mutex_t lock;
    char events[4096], texts[4096]; /* paths; empty before the first record, and where there can be no files */
    char folder[4096]; /* for those files, where it is not the one that the environment names */
    int opened;
    _Atomic int paused; /* nothing is recorded: a part of the process was, and its end has come */
    Header* header;
    uint64_t most_chunks, text_bytes;
    Place* unused; /* what ended threads left of their chunks */
    size_t unused_count, unused_capacity;
    pthread_key_t at_thread_end;
    uint64_t threads; /* that ever recorded: numbers for them, since Linux uses their ids again */
    _Atomic uint32_t generation; /* counts forks, so that a thread sees that its chunk is its parent's */
    _Atomic uint64_t next_range;
} recording = {.lock = PTHREAD_MUTEX_INITIALIZER, .generation = 1};

static __thread struct {
    Place at;
    uint64_t number;
    uint32_t generation, thread;
} mine;

/* ---- strings: each distinct one is written once and has a number from then on ---- */

typedef struct { char* text; size_t length; uint64_t hash; } String;
static struct { String* all; uint32_t* slots; uint32_t count, capacity; } strings;

static void write_all(int file, const void* bytes, size_t count) {
    const char* at = bytes;
    while (count > 0) {
        ssize_t done = write(file, at, count);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return;
        at += done;
        count -= (size_t)done;
    }
}

static void write_text(uint32_t kind, uint32_t id, uint32_t scope, const char* text, size_t length) {
    if (!*recording.texts) return;
    size_t whole = sizeof(TextHead) + length;
    char small[512], *buffer = whole <= sizeof small ? small : malloc(whole);
    if (!buffer) return;
    TextHead head = {kind, id, scope, (uint32_t)length};
    memcpy(buffer, &head, sizeof head);
    memcpy(buffer + sizeof head, text, length);
    int file = open(recording.texts, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file >= 0) {
        write_all(file, buffer, whole); /* in one piece, so that a kill leaves it whole or absent */
        close(file);
        recording.text_bytes += whole;
    }
    if (buffer != small) free(buffer);
}

static uint64_t hash_of(const char* text, size_t length) { /* FNV-1a */
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash;
}

static int grow_strings(void) {
    uint32_t capacity = strings.capacity ? 2 * strings.capacity : 1024;
    String* all = realloc(strings.all, capacity / 2 * sizeof *all);
    if (!all) return 0;
    strings.all = all;
    uint32_t* slots = calloc(capacity, sizeof *slots);
    if (!slots) return 0;
    for (uint32_t id = 1; id <= strings.count; id++) {
        uint32_t slot = (uint32_t)strings.all[id - 1].hash & (capacity - 1);
        while (slots[slot]) slot = (slot + 1) & (capacity - 1);
        slots[slot] = id;
    }
    free(strings.slots);
    strings.slots = slots;
    strings.capacity = capacity;
    return 1;
}

/* The number of a string, from 1; 0 where there is no room for it. The lock is held. */
static uint32_t number_of(const char* text, size_t length) {
    if (2 * (strings.count + 1) > strings.capacity && !grow_strings()) return 0;
    uint64_t hash = hash_of(text, length);
    uint32_t slot = (uint32_t)hash & (strings.capacity - 1);
    for (; strings.slots[slot]; slot = (slot + 1) & (strings.capacity - 1)) {
        const String* known = &strings.all[strings.slots[slot] - 1];
        if (known->hash == hash && known->length == length && !memcmp(known->text, text, length)) return strings.slots[slot];
    }
    if (recording.text_bytes + length > recording.most_chunks * CHUNK / 4) return 0;
    char* copy = malloc(length ? length : 1);
    if (!copy) return 0;
    memcpy(copy, text, length);
    strings.all[strings.count] = (String){copy, length, hash};
    strings.slots[slot] = ++strings.count;
    write_text(TEXT_STRING, strings.count, 0, text, length);
    return strings.count;
}

/* Names of categories and threads, kept for forked children, whose files are their own. */
typedef struct { uint32_t kind, id, scope; char* text; } Name;
static struct { Name* all; size_t count, capacity; } names;

static void keep_name(uint32_t kind, uint32_t id, uint32_t scope, const char* text) {
    if (names.count == names.capacity) {
        size_t capacity = names.capacity ? 2 * names.capacity : 16;
        Name* all = realloc(names.all, capacity * sizeof *all);
        if (!all) return;
        names.all = all;
        names.capacity = capacity;
    }
    char* copy = strdup(text);
    if (copy) names.all[names.count++] = (Name){kind, id, scope, copy};
}

/* ---- the files of this process ---- */

static int create(char path[4096], const char* folder, unsigned image, const char* ending) {
    int length = snprintf(path, 4096, "%s/nvtx-%ld-%u.%s", folder, (long)getpid(), image, ending);
    if (length < 0 || length >= 4096) return -1;
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* The lock is held. A program that another became by exec has the same process id, and gets files of its own. */
static int create_files(const char* folder) {
    unsigned image = 0;
    int file, texts;
    while ((file = create(recording.events, folder, image, "events")) < 0 && errno == EEXIST && image < 1000) image++;
    if (file < 0) return -1;
    texts = create(recording.texts, folder, image, "texts");
    if (texts >= 0) close(texts);
    if (texts < 0 || ftruncate(file, CHUNK)) {
        close(file);
        return -1;
    }
    return file;
}

static void open_files(void) {
    recording.opened = 1;
    const char* folder = *recording.folder ? recording.folder : getenv("GPU_TRACE_NVTX_DIR");
    const char* budget = getenv("GPU_TRACE_NVTX_BYTES");
    recording.most_chunks = (budget ? strtoull(budget, NULL, 10) : (uint64_t)512 << 20) / CHUNK;
    if (!folder) atomic_store(&recording.paused, 1); /* a process that was started by one with recorded blocks */
    int file = folder ? create_files(folder) : -1;
    Header* header = file < 0 ? MAP_FAILED : mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    if (header == MAP_FAILED) {
        *recording.events = *recording.texts = 0;
        return;
    }
    *header = (Header){.version = 1, .pid = (uint32_t)getpid(), .chunk = CHUNK, .event = sizeof(Event), .chunks = 1};
    memcpy(header->magic, "GTNVTX\r\n", 8);
    recording.header = header;
    uint64_t numbered = (uint64_t)time(NULL) << 32; /* higher than in any file of before, also one of the same second */
    if (atomic_load(&recording.next_range) < numbered) atomic_store(&recording.next_range, numbered);
    write_text(TEXT_PARENT, (uint32_t)getppid(), 0, "", 0);
    /* A forked child keeps its parent's numbers and names. */
    for (uint32_t id = 1; id <= strings.count; id++) write_text(TEXT_STRING, id, 0, strings.all[id - 1].text, strings.all[id - 1].length);
    for (size_t i = 0; i < names.count; i++) {
        const Name* name = &names.all[i];
        write_text(name->kind, name->id, name->scope, name->text, strlen(name->text));
    }
}

static void lock(void) {
    pthread_mutex_lock(&recording.lock);
    if (!recording.opened) open_files();
}

static void unlock(void) { pthread_mutex_unlock(&recording.lock); }

/* The lock is held. Each thread that records again takes room in the files that are opened then. */
static void close_files(void) {
    if (recording.header) munmap(recording.header, CHUNK);
    *recording.events = *recording.texts = 0;
    recording.opened = 0;
    recording.header = NULL;
    recording.text_bytes = recording.unused_count = 0;
    atomic_fetch_add(&recording.generation, 1);
}

static void after_fork_in_child(void) {
    close_files();
    unlock();
}

static void fork_takes_the_lock(void) { pthread_mutex_lock(&recording.lock); }

/* The next thread takes what an ended one leaves, so that many short threads need little. */
static void leave_the_rest(void) {
    lock();
    if (mine.at.next < mine.at.end) {
        if (recording.unused_count == recording.unused_capacity) {
            size_t capacity = recording.unused_capacity ? 2 * recording.unused_capacity : 64;
            Place* grown = realloc(recording.unused, capacity * sizeof *grown);
            if (grown) recording.unused = grown, recording.unused_capacity = capacity;
        }
        if (recording.unused_count < recording.unused_capacity) recording.unused[recording.unused_count++] = mine.at;
    }
    mine.at = (Place){NULL, NULL};
    unlock();
}

static int is_paused(void) { return atomic_load_explicit(&recording.paused, memory_order_relaxed); }

static void count_lost(void) {
    if (is_paused()) return;
    pthread_mutex_lock(&recording.lock);
    if (recording.header) atomic_fetch_add(&recording.header->lost, 1);
    unlock();
}

/* A fresh chunk of the file; the lock is held. */
static Place fresh_chunk(void) {
    Place none = {NULL, NULL};
    if (!*recording.events || recording.header->chunks >= recording.most_chunks) return none;
    off_t at = (off_t)(recording.header->chunks * CHUNK);
    int file = open(recording.events, O_RDWR | O_CLOEXEC);
    if (file < 0) return none;
    /* posix_fallocate: on a full disk a page written to later would end the process by SIGBUS. */
    void* chunk = posix_fallocate(file, at, CHUNK) ? MAP_FAILED : mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, file, at);
    close(file);
    if (chunk == MAP_FAILED) return none;
    atomic_fetch_add(&recording.header->chunks, 1);
    return (Place){chunk, (Event*)chunk + CHUNK / sizeof(Event)};
}

/* Room for this thread; 0 where the budget is spent or the disk is full. A thread that begins may take what an ended
 * one left; later it takes fresh chunks only, so that its events are in the file in the order of their times. */
static int take_room(void) {
    lock();
    uint32_t generation = atomic_load(&recording.generation);
    int begins = mine.generation != generation;
    if (mine.at.end) munmap((char*)mine.at.end - CHUNK / sizeof(Event) * sizeof(Event), CHUNK);
    mine.at = begins && recording.unused_count ? recording.unused[--recording.unused_count] : fresh_chunk();
    mine.generation = generation;
    if (begins) mine.number = ++recording.threads;
    mine.thread = (uint32_t)syscall(SYS_gettid); /* what Kineto calls tid, where it knows it; or else half an address: */
    if (begins) write_text(TEXT_ADDRESS, mine.thread, (uint32_t)(uintptr_t)pthread_self(), "", 0);
    unlock();
    pthread_setspecific(recording.at_thread_end, &recording);
    return mine.at.next != NULL;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int has_room(void) {
    if (is_paused()) return 0;
    int forked = mine.generation != atomic_load_explicit(&recording.generation, memory_order_relaxed);
    return (!forked && mine.at.next != mine.at.end) || take_room();
}

/* A payload larger than MOST_BINARY is left out, as is one whose size only its schema tells. */
enum { MOST_BINARY = 240 };
static void record_binary(int64_t at_ns, uint64_t range, const BinaryPayload* payload) {
    if (!payload->bytes || payload->size > MOST_BINARY) return;
    size_t whole = sizeof ((Binary*)0)->bytes;
    for (size_t done = 0; done < payload->size; done += whole) {
        size_t count = payload->size - done < whole ? payload->size - done : whole;
        if (!has_room()) return count_lost();
        Binary* slot = (Binary*)mine.at.next++;
        slot->at_ns = at_ns;
        slot->range = range;
        memcpy(slot->bytes, (const char*)payload->bytes + done, count);
        slot->schema = (uint32_t)payload->schema; /* those that NVTX's clients number are below 2^32, ours from there on */
        slot->count = (uint8_t)count;
        slot->piece = (uint8_t)(done / whole);
        atomic_store_explicit(&slot->kind, BINARY, memory_order_release);
    }
}

static void record(enum Kind kind, int64_t at_ns, uint64_t range, uint32_t domain, uint32_t name, const EventAttributes* more) {
    if (!has_room()) {
        count_lost();
        return;
    }
    Event* event = mine.at.next++;
    event->at_ns = at_ns;
    event->range = range = kind == START || kind == END ? range : mine.number;
    event->name = name;
    event->domain = domain;
    event->thread = mine.thread;
    if (more) {
        event->category = more->category;
        event->color = more->color;
        event->has_color = more->color_type == 1;
        if (more->payload_type != PAYLOAD_BINARY) event->payload = more->payload, event->payload_type = (uint8_t)more->payload_type;
    }
    atomic_store_explicit(&event->kind, (uint8_t)kind, memory_order_release);
    if (!more || more->payload_type != PAYLOAD_BINARY) return;
    const BinaryPayload* payloads = (const BinaryPayload*)(uintptr_t)more->payload;
    for (int32_t i = 0; payloads && i < more->binary_count; i++) record_binary(at_ns, range, &payloads[i]);
}

/* Called as a thread ends, that has recorded: its open ranges end, and the next one with its id has none of them. */
static void thread_ends(void* thread_recorded) {
    (void)thread_recorded;
    if (mine.generation != atomic_load(&recording.generation)) return; /* it recorded in the parent of this process only */
    if (has_room()) record(THREAD_END, now_ns(), 0, 0, 0, NULL);
    leave_the_rest();
    pthread_setspecific(recording.at_thread_end, NULL); /* taking room asks to be called, once more if other destructors record */
}

__attribute__((constructor)) static void look_after_forks_and_threads(void) {
    pthread_key_create(&recording.at_thread_end, thread_ends);
    pthread_atfork(fork_takes_the_lock, unlock, after_fork_in_child);
}

/* ---- texts of three kinds to numbers ---- */

static uint32_t ascii(const char* text) {
    if (!text) return 0;
    lock();
    uint32_t id = number_of(text, strlen(text));
    unlock();
    return id;
}

/* UTF-8 of one code point; the number of bytes. */
static size_t encode(uint32_t c, char out[4]) {
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) return out[0] = (char)(0xC0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
    if (c < 0x10000) return out[0] = (char)(0xE0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)), out[2] = (char)(0x80 | (c & 63)), 3;
    return out[0] = (char)(0xF0 | (c >> 18 & 7)), out[1] = (char)(0x80 | (c >> 12 & 63)), out[2] = (char)(0x80 | (c >> 6 & 63)), out[3] = (char)(0x80 | (c & 63)), 4;
}

static char* utf8(const wchar_t* text) { /* not wcstombs: that depends on the locale */
    char* out = malloc(4 * wcslen(text) + 1);
    if (!out) return NULL;
    char* end = out;
    for (; *text; text++) end += encode((uint32_t)*text, end);
    *end = 0;
    return out;
}

static uint32_t wide(const wchar_t* text) {
    char* narrow = text ? utf8(text) : NULL;
    uint32_t id = ascii(narrow);
    free(narrow);
    return id;
}

/* Of an event that is not recorded, the text is not kept. */
static uint32_t ascii_message(const char* text) { return is_paused() ? 0 : ascii(text); }
static uint32_t wide_message(const wchar_t* text) { return is_paused() ? 0 : wide(text); }

static uint32_t message(const EventAttributes* event) {
    switch (event->message_type) {
        case MESSAGE_ASCII: return ascii_message(event->message.ascii);
        case MESSAGE_UNICODE: return wide_message(event->message.unicode);
        case MESSAGE_REGISTERED: return (uint32_t)event->message.registered;
        default: return 0;
    }
}

/* ---- one range that somebody waits for, to record only inside it: told before it begins and after it has ended ---- */

static struct {
    _Atomic uint32_t name; /* 0: nobody waits */
    void (*tell)(int entered);
    _Atomic uint64_t range; /* the last one begun by start, not yet ended */
} awaited;
static __thread struct { uint32_t domain, deeper; int inside; } within; /* the thread's outermost, in its domain */

static void awaited_push(uint32_t domain, uint32_t name) {
    if (within.inside) {
        within.deeper += within.domain == domain;
    } else if (name && name == atomic_load_explicit(&awaited.name, memory_order_acquire)) {
        within.inside = 1, within.domain = domain, within.deeper = 0;
        awaited.tell(1);
    }
}

static void awaited_pop(uint32_t domain) {
    if (!within.inside || within.domain != domain) return;
    if (within.deeper) {
        within.deeper--;
    } else {
        within.inside = 0;
        awaited.tell(0);
    }
}

static void awaited_start(uint64_t range, uint32_t name) {
    uint64_t none = 0;
    if (name && name == atomic_load_explicit(&awaited.name, memory_order_acquire) && atomic_compare_exchange_strong(&awaited.range, &none, range))
        awaited.tell(1);
}

static void awaited_end(uint64_t range) {
    if (range && atomic_compare_exchange_strong(&awaited.range, &range, 0)) awaited.tell(0);
}

/* Of no range, where `name` is NULL; then `tell` stays, for a range that another thread is just now in. */
EXPORT void gpu_trace_await(const char* name, void (*tell)(int entered)) {
    if (name) awaited.tell = tell;
    atomic_store_explicit(&awaited.name, ascii(name), memory_order_release);
}

/* ---- what stands behind NVTX's functions. A domain's handle is the number of its name; the default domain's is 0. ---- */

static _Thread_local int depth; /* NVTX promises the depth of nesting; no caller that we know of looks at it */

static int push(uint32_t domain, uint32_t name, const EventAttributes* more) {
    awaited_push(domain, name);
    record(PUSH, now_ns(), 0, domain, name, more);
    return depth++;
}

static int pop(uint32_t domain, const EventAttributes* more) {
    record(POP, now_ns(), 0, domain, 0, more);
    awaited_pop(domain);
    return depth > 0 ? --depth : -1;
}

static uint64_t start(uint32_t domain, uint32_t name, const EventAttributes* more) {
    uint64_t range = atomic_fetch_add(&recording.next_range, 1) + 1;
    awaited_start(range, name);
    record(START, now_ns(), range, domain, name, more);
    return range;
}

static void end(uint32_t domain, uint64_t range, const EventAttributes* more) {
    record(END, now_ns(), range, domain, 0, more);
    awaited_end(range);
}

static void mark(uint32_t domain, uint32_t name, const EventAttributes* more) { record(MARK, now_ns(), 0, domain, name, more); }

static void name_something(uint32_t kind, uint32_t id, uint32_t scope, const char* name) {
    if (!name) return;
    lock();
    keep_name(kind, id, scope, name);
    write_text(kind, id, scope, name, strlen(name));
    unlock();
}

static void name_something_wide(uint32_t kind, uint32_t id, uint32_t scope, const wchar_t* name) {
    char* narrow = name ? utf8(name) : NULL;
    name_something(kind, id, scope, narrow);
    free(narrow);
}

static void MarkEx(const EventAttributes* e) { mark(0, message(e), e); }
static void MarkA(const char* m) { mark(0, ascii_message(m), NULL); }
static void MarkW(const wchar_t* m) { mark(0, wide_message(m), NULL); }
static uint64_t RangeStartEx(const EventAttributes* e) { return start(0, message(e), e); }
static uint64_t RangeStartA(const char* m) { return start(0, ascii_message(m), NULL); }
static uint64_t RangeStartW(const wchar_t* m) { return start(0, wide_message(m), NULL); }
static void RangeEnd(uint64_t range) { end(0, range, NULL); }
static int RangePushEx(const EventAttributes* e) { return push(0, message(e), e); }
static int RangePushA(const char* m) { return push(0, ascii_message(m), NULL); }
static int RangePushW(const wchar_t* m) { return push(0, wide_message(m), NULL); }
static int RangePop(void) { return pop(0, NULL); }
static void NameCategoryA(uint32_t id, const char* n) { name_something(TEXT_CATEGORY, id, 0, n); }
static void NameCategoryW(uint32_t id, const wchar_t* n) { name_something_wide(TEXT_CATEGORY, id, 0, n); }
static void NameOsThreadA(uint32_t id, const char* n) { name_something(TEXT_THREAD, id, 0, n); }
static void NameOsThreadW(uint32_t id, const wchar_t* n) { name_something_wide(TEXT_THREAD, id, 0, n); }

static void DomainMarkEx(uintptr_t d, const EventAttributes* e) { mark((uint32_t)d, message(e), e); }
static uint64_t DomainRangeStartEx(uintptr_t d, const EventAttributes* e) { return start((uint32_t)d, message(e), e); }
static void DomainRangeEnd(uintptr_t d, uint64_t range) { end((uint32_t)d, range, NULL); }
static int DomainRangePushEx(uintptr_t d, const EventAttributes* e) { return push((uint32_t)d, message(e), e); }
static int DomainRangePop(uintptr_t d) { return pop((uint32_t)d, NULL); }
static void DomainNameCategoryA(uintptr_t d, uint32_t id, const char* n) { name_something(TEXT_CATEGORY, id, (uint32_t)d, n); }
static void DomainNameCategoryW(uintptr_t d, uint32_t id, const wchar_t* n) { name_something_wide(TEXT_CATEGORY, id, (uint32_t)d, n); }
static uintptr_t DomainRegisterStringA(uintptr_t d, const char* text) { return (void)d, ascii(text); }
static uintptr_t DomainRegisterStringW(uintptr_t d, const wchar_t* text) { return (void)d, wide(text); }
static uintptr_t DomainCreateA(const char* name) { return ascii(name); }
static uintptr_t DomainCreateW(const wchar_t* name) { return wide(name); }
static void DomainDestroy(uintptr_t d) { (void)d; }

#define AT(id, function) [id] = (Function)function
static const Function core[] = {
    AT(1, MarkEx), AT(2, MarkA), AT(3, MarkW), AT(4, RangeStartEx), AT(5, RangeStartA), AT(6, RangeStartW), AT(7, RangeEnd),
    AT(8, RangePushEx), AT(9, RangePushA), AT(10, RangePushW), AT(11, RangePop), AT(12, NameCategoryA), AT(13, NameCategoryW),
    AT(14, NameOsThreadA), AT(15, NameOsThreadW),
};
static const Function core2[] = {
    AT(1, DomainMarkEx), AT(2, DomainRangeStartEx), AT(3, DomainRangeEnd), AT(4, DomainRangePushEx), AT(5, DomainRangePop),
    AT(8, DomainNameCategoryA), AT(9, DomainNameCategoryW), AT(10, DomainRegisterStringA), AT(11, DomainRegisterStringW),
    AT(12, DomainCreateA), AT(13, DomainCreateW), AT(14, DomainDestroy),
};

static void install(const ExportTableCallbacks* callbacks, int module, const Function* functions, size_t count) {
    Function** table = NULL;
    unsigned size = 0;
    if (!callbacks->GetModuleFunctionTable(module, &table, &size) || !table) return;
    for (size_t id = 1; id < count && id < size; id++)
        if (functions[id] && table[id]) *table[id] = functions[id];
}

EXPORT int InitializeInjectionNvtx2(const void* (*get_export_table)(uint32_t)) {
    const ExportTableCallbacks* callbacks = get_export_table(CALLBACKS_TABLE);
    if (!callbacks) return 0;
    install(callbacks, MODULE_CORE, core, sizeof core / sizeof *core);
    install(callbacks, MODULE_CORE2, core2, sizeof core2 / sizeof *core2);
    return 1;
}

/* ---- the payload extension: structs of the client's, whose layout it registers as a schema. NCCL's say which
 * communicator a collective is of, and how many bytes. Schemas are written as they are, records.py makes sense of them. ---- */

static void write_schema(uint32_t number, uint32_t domain, const Schema* schema) {
    size_t room = 1, used = 0;
    for (size_t i = 0; i < schema->entry_count; i++) room += 64 + (schema->entries[i].name ? strlen(schema->entries[i].name) : 0);
    char* text = malloc(room);
    if (!text) return;
    for (size_t i = 0; i < schema->entry_count; i++) {
        const SchemaEntry* entry = &schema->entries[i];
        used += (size_t)snprintf(text + used, room - used, "%llu %llu %llu %s\n", (unsigned long long)entry->flags,
                                 (unsigned long long)entry->type, (unsigned long long)entry->offset, entry->name ? entry->name : "");
    }
    text[used] = 0;
    name_something(TEXT_SCHEMA, number, domain, text);
    free(text);
}

static uint64_t register_schema(uintptr_t domain, const Schema* schema) {
    static _Atomic uint64_t last = (uint64_t)1 << 32; /* NVTX_PAYLOAD_ENTRY_TYPE_SCHEMA_ID_DYNAMIC_START */
    uint64_t id = schema->field_mask & SCHEMA_HAS_ID ? schema->id : atomic_fetch_add(&last, 1);
    int is_static = !(schema->field_mask & SCHEMA_HAS_TYPE) || schema->type == SCHEMA_STATIC;
    int has_entries = (schema->field_mask & SCHEMA_HAS_ENTRIES) == SCHEMA_HAS_ENTRIES && schema->entries;
    if (is_static && has_entries) write_schema((uint32_t)id, (uint32_t)domain, schema);
    return id;
}

static uint64_t register_enum(uintptr_t d, const void* e) {
    static _Atomic uint64_t last = ((uint64_t)1 << 32) + (1 << 24); /* apart from schemas; their names are not kept */
    return (void)d, (void)e, atomic_fetch_add(&last, 1);
}

static EventAttributes binary(const BinaryPayload* payloads, size_t count) {
    return (EventAttributes){.payload_type = PAYLOAD_BINARY, .binary_count = (int32_t)count, .payload = (uintptr_t)payloads};
}

static void MarkPayload(uintptr_t d, const BinaryPayload* payloads, size_t count) {
    EventAttributes more = binary(payloads, count);
    mark((uint32_t)d, 0, &more);
}
static int RangePushPayload(uintptr_t d, const BinaryPayload* payloads, size_t count) {
    EventAttributes more = binary(payloads, count);
    return push((uint32_t)d, 0, &more);
}
static int RangePopPayload(uintptr_t d, const BinaryPayload* payloads, size_t count) {
    EventAttributes more = binary(payloads, count);
    return pop((uint32_t)d, &more);
}
static uint64_t RangeStartPayload(uintptr_t d, const BinaryPayload* payloads, size_t count) {
    EventAttributes more = binary(payloads, count);
    return start((uint32_t)d, 0, &more);
}
static void RangeEndPayload(uintptr_t d, uint64_t range, const BinaryPayload* payloads, size_t count) {
    EventAttributes more = binary(payloads, count);
    end((uint32_t)d, range, &more);
}
/* The nvtx package asks whether its domains are enabled. */
static uint8_t domain_is_enabled(uintptr_t d) { return (void)d, 1; }

static const Function payload[] = { /* NVTX3EXT_CBID_... */
    AT(0, register_schema), AT(1, register_enum), AT(2, MarkPayload), AT(3, RangePushPayload), AT(4, RangePopPayload),
    AT(5, RangeStartPayload), AT(6, RangeEndPayload), AT(7, domain_is_enabled),
};

EXPORT int InitializeInjectionNvtxExtension(ExtensionModule* module) {
    if (module->module_id != EXTENSION_PAYLOAD || module->segment_count < 1) return 0;
    ExtensionSegment* segment = &module->segments[0];
    for (size_t slot = 0; slot < sizeof payload / sizeof *payload && slot < segment->slot_count; slot++)
        segment->slots[slot] = (intptr_t)payload[slot];
    return 1;
}

/* ---- for torch.cuda.nvtx in a build of torch without CUDA, through ctypes ---- */

EXPORT int gpu_trace_push(const char* name) { return RangePushA(name); }
EXPORT int gpu_trace_pop(void) { return RangePop(); }
EXPORT uint64_t gpu_trace_start(const char* name) { return RangeStartA(name); }
EXPORT void gpu_trace_end(uint64_t range) { RangeEnd(range); }
EXPORT void gpu_trace_mark(const char* name) { MarkA(name); }

/* ---- for the recording of a part of a process, through ctypes ---- */

/* Record into new files in a folder from now on; nothing, where that is empty. */
EXPORT void gpu_trace_record_to(const char* folder) {
    pthread_mutex_lock(&recording.lock);
    close_files();
    snprintf(recording.folder, sizeof recording.folder, "%s", folder);
    atomic_store(&recording.paused, !*folder);
    unlock();
}

/* How deep the calling thread is in ranges that it pushed: higher after a push of a client that uses this library. */
EXPORT int gpu_trace_depth(void) { return depth; }
