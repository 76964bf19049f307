/* See interpreter.h. Reading is all that is done to the other process: it is not stopped, and nothing is written. */
#define _GNU_SOURCE 1
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_gil.h>
#if PY_VERSION_HEX >= 0x030B0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#else
#include <frameobject.h>
#endif

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "interpreter.h"

#if PY_VERSION_HEX < 0x030A0000 || PY_VERSION_HEX >= 0x030E0000 || defined(Py_GIL_DISABLED)
#error "the structures of this Python are not known here"
#endif

enum { AT_ONCE = 256, LONGEST = 1 << 20 };

static struct iovec piece(const void* address, size_t bytes) { return (struct iovec){(void*)address, bytes}; }

static int read_pieces(pid_t pid, const struct iovec* local, const struct iovec* remote, int count) {
    ssize_t wanted = 0;
    for (int i = 0; i < count; i++) wanted += (ssize_t)local[i].iov_len;
    ssize_t got = process_vm_readv(pid, local, (unsigned long)count, remote, (unsigned long)count, 0);
    return got == wanted ? 0 : got < 0 ? errno : EFAULT;
}

static int read_bytes(pid_t pid, uintptr_t address, void* into, size_t bytes) {
    struct iovec local = piece(into, bytes), remote = piece((void*)address, bytes);
    return read_pieces(pid, &local, &remote, 1);
}

/* ---- where it is ---- */

typedef struct {
    uintptr_t base;
    char file[4200]; /* device, inode and path, as the kernel spells them */
} Mapping;

/* Where the file is mapped, given by how the kernel spells it or by an address in it. */
static int find_mapping(pid_t pid, const char* file, uintptr_t address, Mapping* found) {
    char path[64], line[4400];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE* maps = fopen(path, "re");
    if (!maps) return errno == ENOENT ? ESRCH : errno == EACCES ? EPERM : errno;
    *found = (Mapping){0};
    int result = ENOEXEC;
    while (result && fgets(line, sizeof line, maps)) {
        unsigned long low, high, offset;
        int behind = 0;
        if (sscanf(line, "%lx-%lx %*s %lx %n", &low, &high, &offset, &behind) < 3 || !behind) continue;
        if (strncmp(found->file, line + behind, sizeof found->file - 1)) { /* the first mapping of the next file */
            found->base = low - offset;
            snprintf(found->file, sizeof found->file, "%s", line + behind);
        }
        if (file ? !strcmp(found->file, file) : low <= address && address < high) result = 0;
    }
    fclose(maps);
    if (result) found->base = 0;
    return result;
}

int find_interpreter(Interpreter* interpreter, pid_t pid) {
    static Mapping ours;
    Mapping theirs;
    int error = ours.base ? 0 : find_mapping(getpid(), NULL, (uintptr_t)&PyCode_Type, &ours);
    if (!error) error = find_mapping(pid, ours.file, 0, &theirs);
    if (error) return error;
    uintptr_t shift = theirs.base - ours.base, ignored;
    *interpreter = (Interpreter){pid, (uintptr_t)&_PyRuntime + shift, (uintptr_t)&PyCode_Type + shift, 0, 0};
    return first_thread(interpreter, &ignored);
}

/* ---- its threads ---- */

#if PY_VERSION_HEX >= 0x030B0000
#define THREADS offsetof(PyInterpreterState, threads.head)
#else
#define THREADS offsetof(PyInterpreterState, tstate_head)
#endif

/* The address is 0 while there is none: before Python has begun, and after its end. */
int first_thread(Interpreter* interpreter, uintptr_t* address) {
    pid_t pid = interpreter->pid;
    *address = 0;
    int error = read_bytes(pid, interpreter->runtime + offsetof(_PyRuntimeState, interpreters.main), &interpreter->main, sizeof(uintptr_t));
    if (error || !interpreter->main) return error;
#if PY_VERSION_HEX >= 0x030C0000
    error = read_bytes(pid, interpreter->main + offsetof(PyInterpreterState, ceval.gil), &interpreter->gil, sizeof(uintptr_t));
    if (error) return error;
#else
    interpreter->gil = interpreter->runtime + offsetof(_PyRuntimeState, ceval.gil);
#endif
    return read_bytes(pid, interpreter->main + THREADS, address, sizeof *address);
}

int is_gil(const Interpreter* interpreter, uintptr_t futex) {
    uintptr_t first = interpreter->gil + offsetof(struct _gil_runtime_state, cond);
    uintptr_t end = interpreter->gil + offsetof(struct _gil_runtime_state, mutex) + sizeof(PyMUTEX_T);
    return interpreter->gil && first <= futex && futex < end;
}

#if PY_VERSION_HEX >= 0x030B0000
static pid_t id_of(const Interpreter* interpreter, const PyThreadState* state) {
    (void)interpreter;
    return (pid_t)state->native_thread_id;
}
#else
/* Python 3.10 does not note the kernel's id of a thread. glibc has it in what a pthread_t points to: here, where we find
 * our own. */
static pid_t id_of(const Interpreter* interpreter, const PyThreadState* state) {
    static size_t place;
    pid_t id = (pid_t)syscall(SYS_gettid);
    for (size_t at = 64; at < 1024 && !place; at += sizeof id) {
        if (!memcmp((const char*)pthread_self() + at, &id, sizeof id)) place = at;
    }
    int error = read_bytes(interpreter->pid, state->thread_id + place, &id, sizeof id);
    return error || !place ? 0 : id;
}
#endif

/* ---- their frames ---- */

enum { CHUNK = 1 << 16, UNALIGNED = 7 };

/* What the newest frames of a thread lie in, copied at one time, because they change all the time. */
typedef struct {
    uintptr_t base;
    size_t size;
    char data[CHUNK];
} Chunk;

#if PY_VERSION_HEX >= 0x030B0000

typedef _PyInterpreterFrame Remote;
enum { FRAME_BYTES = offsetof(_PyInterpreterFrame, localsplus), ABOVE_THE_TOP = 1024 };

/* Where the address of the innermost frame is. */
static uintptr_t place_of_innermost(uintptr_t address, const PyThreadState* state) {
#if PY_VERSION_HEX >= 0x030D0000
    return address + offsetof(PyThreadState, current_frame);
#else
    return (uintptr_t)state->cframe + offsetof(_PyCFrame, current_frame);
#endif
}

static void place_chunk(const PyThreadState* state, Chunk* chunk) {
    uintptr_t end = (uintptr_t)state->datastack_top + ABOVE_THE_TOP, limit = (uintptr_t)state->datastack_limit;
    chunk->base = (uintptr_t)state->datastack_chunk;
    end = end < limit ? end : limit;
    chunk->size = chunk->base && end > chunk->base && end - chunk->base <= CHUNK ? end - chunk->base : 0;
}

static const void* previous_of(const Remote* frame) { return frame->previous; }

/* Whether it stands for Python code; if so, for which. */
static int is_python(const Remote* frame, Frame* found) {
#if PY_VERSION_HEX >= 0x030C0000
    if (frame->owner == FRAME_OWNED_BY_CSTACK) return 0;
#endif
#if PY_VERSION_HEX >= 0x030D0000
    found->code = (uintptr_t)frame->f_executable;
    intptr_t place = (intptr_t)frame->instr_ptr;
#else
    found->code = (uintptr_t)frame->f_code;
    intptr_t place = (intptr_t)frame->prev_instr;
#endif
    intptr_t offset = place - (intptr_t)(found->code + offsetof(PyCodeObject, co_code_adaptive));
    found->offset = offset < 0 ? -1 : offset > LONGEST ? LONGEST : (int32_t)offset;
    return 1;
}

#else

typedef PyFrameObject Remote;
enum { FRAME_BYTES = offsetof(PyFrameObject, f_lineno) };

static uintptr_t place_of_innermost(uintptr_t address, const PyThreadState* state) {
    (void)state;
    return address + offsetof(PyThreadState, frame);
}

static void place_chunk(const PyThreadState* state, Chunk* chunk) {
    (void)state;
    chunk->size = 0; /* each frame is an object */
}

static const void* previous_of(const Remote* frame) { return frame->f_back; }

static int is_python(const Remote* frame, Frame* found) {
    *found = (Frame){(uintptr_t)frame->f_code, frame->f_lasti < 0 ? -1 : frame->f_lasti * 2};
    return 1;
}

#endif

/* A frame out of the chunk, or, if it lies elsewhere, as those of generators do, out of the process. */
static int read_frame(pid_t pid, const Chunk* chunk, uintptr_t address, Remote* frame) {
    uintptr_t place = address - chunk->base;
    if (address & UNALIGNED) return EFAULT;
    if (address < chunk->base || place + FRAME_BYTES > chunk->size) return read_bytes(pid, address, frame, FRAME_BYTES);
    memcpy(frame, chunk->data + place, FRAME_BYTES);
    return 0;
}

static int frames_from(pid_t pid, const Chunk* chunk, uintptr_t address, Frame* frames) {
    int depth = 0, steps = 0;
    Remote frame;
    while (address && depth < DEEPEST) {
        if (steps++ > 4 * DEEPEST) return -1; /* not all stand for Python code; read while they change, they may go round */
        if (read_frame(pid, chunk, address, &frame)) return -1;
        depth += is_python(&frame, frames + depth);
        address = (uintptr_t)previous_of(&frame);
    }
    return depth;
}

/* Who holds the GIL just now, as far as that can be said of one thread. */
static void set_holder(PythonThread* thread, uintptr_t holder, int is_held) {
    thread->holds_gil = is_held && holder == thread->address;
    thread->another_holds_gil = is_held && holder != thread->address;
}

/* The state of a thread and the holder of the GIL, at one time. */
static int read_state(const Interpreter* interpreter, PythonThread* thread, PyThreadState* state) {
    struct iovec local[2] = {piece(state, sizeof *state)}, remote[2] = {piece((void*)thread->address, sizeof *state)};
#if PY_VERSION_HEX >= 0x030C0000
    struct _gil_runtime_state gil;
    local[1] = piece(&gil, offsetof(struct _gil_runtime_state, cond));
    remote[1] = piece((void*)interpreter->gil, offsetof(struct _gil_runtime_state, cond));
    int error = read_pieces(interpreter->pid, local, remote, 2);
#if PY_VERSION_HEX >= 0x030D0000
    if (!error) set_holder(thread, (uintptr_t)gil.last_holder, gil.locked == 1);
#else
    if (!error) set_holder(thread, gil.last_holder._value, gil.locked._value == 1);
#endif
#else
    uintptr_t holder = 0;
    local[1] = piece(&holder, sizeof holder);
    remote[1] = piece((void*)(interpreter->runtime + offsetof(_PyRuntimeState, gilstate.tstate_current)), sizeof holder);
    int error = read_pieces(interpreter->pid, local, remote, 2);
    if (!error) set_holder(thread, holder, holder != 0);
#endif
    return error;
}

int read_thread(const Interpreter* interpreter, uintptr_t address, PythonThread* thread) {
    static Chunk chunk;
    PyThreadState state;
    thread->address = address;
    int error = address & UNALIGNED ? EFAULT : read_state(interpreter, thread, &state);
    if (error) return error;
    if ((uintptr_t)state.interp != interpreter->main) return EFAULT;
    thread->next = (uintptr_t)state.next;
    thread->tid = id_of(interpreter, &state);
    uintptr_t innermost = 0;
    place_chunk(&state, &chunk);
    struct iovec local[] = {piece(&innermost, sizeof innermost), piece(chunk.data, chunk.size)};
    struct iovec remote[] = {piece((void*)place_of_innermost(address, &state), sizeof innermost), piece((void*)chunk.base, chunk.size)};
    error = read_pieces(interpreter->pid, local, remote, chunk.size ? 2 : 1);
    thread->depth = error ? -1 : frames_from(interpreter->pid, &chunk, innermost, thread->frames);
    return error == ESRCH ? error : 0;
}

/* ---- what they execute ---- */

static int take_head(const Interpreter* interpreter, const PyCodeObject* code, const Frame* frame, CodeHead* head) {
    if ((uintptr_t)code->ob_base.
#if PY_VERSION_HEX >= 0x030B0000
        ob_base.
#endif
        ob_type != interpreter->code_type) return EFAULT;
    head->first_line = code->co_firstlineno;
    head->file = (uintptr_t)code->co_filename;
    head->lines = (uintptr_t)code->co_linetable;
#if PY_VERSION_HEX >= 0x030C0000
    head->version = code->co_version;
#endif
#if PY_VERSION_HEX >= 0x030B0000
    head->name = (uintptr_t)code->co_qualname;
    head->bytes = (int32_t)(code->ob_base.ob_size * (Py_ssize_t)sizeof(_Py_CODEUNIT));
    return frame->offset < head->bytes ? 0 : EFAULT;
#else
    (void)frame;
    head->name = (uintptr_t)code->co_name;
    head->bytes = 0;
    return 0;
#endif
}

#if PY_VERSION_HEX < 0x030C0000

enum { PAGE = 4096, OF_A_FILE = 320 };

static uint64_t hash_of_text(const char* data, size_t bytes) {
    const PyASCIIObject* head = (const PyASCIIObject*)data;
    size_t text = (size_t)head->length + (head->state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject));
    uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)head->length;
    for (size_t at = sizeof *head; at < text && at < bytes; at++) hash = (hash ^ (unsigned char)data[at]) * 0x100000001b3u;
    return hash;
}

/* Before 3.12 code has no version. Files that are executed one after another come to lie at the same addresses, with all
 * that they hold: the name of the file tells them apart. It is read as far as its page goes, which is there for sure. */
static int read_versions(const Interpreter* interpreter, int count, CodeHead* heads) {
    static union {
        PyASCIIObject head;
        char data[OF_A_FILE];
    } files[AT_ONCE];
    static struct iovec local[AT_ONCE], remote[AT_ONCE];
    int read = 0;
    for (int i = 0; i < count; i++) {
        uintptr_t file = heads[i].file, left = PAGE - file % PAGE;
        if (file & UNALIGNED) return EFAULT;
        if (i && file == heads[i - 1].file) continue;
        size_t bytes = left < sizeof(PyASCIIObject) ? sizeof(PyASCIIObject) : left < OF_A_FILE ? left : OF_A_FILE;
        local[read] = piece(files + read, bytes);
        remote[read++] = piece((void*)file, bytes);
    }
    int error = read_pieces(interpreter->pid, local, remote, read);
    for (int i = 0, at = -1; i < count && !error; i++) {
        if (!i || heads[i].file != heads[i - 1].file) at++;
        heads[i].version = hash_of_text(files[at].data, local[at].iov_len);
    }
    return error;
}

#else

static int read_versions(const Interpreter* interpreter, int count, CodeHead* heads) {
    (void)interpreter, (void)count, (void)heads;
    return 0;
}

#endif

int read_code(const Interpreter* interpreter, const Frame* frames, int count, CodeHead* heads) {
    static PyCodeObject codes[AT_ONCE];
    static struct iovec local[AT_ONCE], remote[AT_ONCE];
    if (count > AT_ONCE) {
        int error = read_code(interpreter, frames, AT_ONCE, heads);
        return error ? error : read_code(interpreter, frames + AT_ONCE, count - AT_ONCE, heads + AT_ONCE);
    }
    for (int i = 0; i < count; i++) {
        local[i] = piece(codes + i, sizeof *codes);
        remote[i] = piece((void*)frames[i].code, sizeof *codes);
    }
    int error = read_pieces(interpreter->pid, local, remote, count);
    for (int i = 0; i < count && !error; i++) error = take_head(interpreter, codes + i, frames + i, heads + i);
    return error ? error : read_versions(interpreter, count, heads);
}

/* ---- texts ---- */

static int read_data(pid_t pid, uintptr_t address, Text* text) {
    text->data = malloc(text->bytes + 1);
    return text->data ? read_bytes(pid, address, text->data, text->bytes) : ENOMEM;
}

static int read_text(pid_t pid, uintptr_t address, Text* text) {
    PyASCIIObject head;
    int error = address & UNALIGNED ? EFAULT : read_bytes(pid, address, &head, sizeof head);
    if (error) return error;
    text->kind = head.state.kind;
    if (text->kind != 1 && text->kind != 2 && text->kind != 4) return EFAULT;
    if (!head.state.compact || head.length < 0 || head.length > LONGEST / (Py_ssize_t)text->kind) return EFAULT;
    text->bytes = (uint32_t)head.length * text->kind;
    return read_data(pid, address + (head.state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject)), text);
}

static int read_table(pid_t pid, uintptr_t address, Text* text) {
    PyVarObject head;
    int error = address & UNALIGNED ? EFAULT : read_bytes(pid, address, &head, sizeof head);
    if (error) return error;
    if (head.ob_size < 0 || head.ob_size > LONGEST) return EFAULT;
    *text = (Text){1, (uint32_t)head.ob_size, NULL};
    return read_data(pid, address + offsetof(PyBytesObject, ob_sval), text);
}

int read_texts(const Interpreter* interpreter, const CodeHead* head, Text* name, Text* file, Text* lines) {
    *name = *file = *lines = (Text){0};
    int error = read_text(interpreter->pid, head->name, name);
    if (!error) error = read_text(interpreter->pid, head->file, file);
    return error ? error : read_table(interpreter->pid, head->lines, lines);
}
