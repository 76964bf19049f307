/* See interpreter.h. Reading is all that is done to the other process: it is not stopped, and nothing is written. */
#define _GNU_SOURCE 1
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

extern char PyCode_Type, _PyRuntime; /* of the Python that has loaded this library: only their addresses are used */

enum { AT_ONCE = 256, LONGEST = 1 << 20, UNALIGNED = 7 };

/* ---- bytes that were read, and members at a place in them ---- */

static uintptr_t pointer_at(const char* bytes, uint32_t place) {
    uintptr_t value;
    memcpy(&value, bytes + place, sizeof value);
    return value;
}

static int32_t number_at(const char* bytes, uint32_t place) {
    int32_t value;
    memcpy(&value, bytes + place, sizeof value);
    return value;
}

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
    const Layout* layout = layout_of_this_python();
    if (!layout) return ENOTSUP;
    int error = ours.base ? 0 : find_mapping(getpid(), NULL, (uintptr_t)&PyCode_Type, &ours);
    if (!error) error = find_mapping(pid, ours.file, 0, &theirs);
    if (error) return error;
    uintptr_t shift = theirs.base - ours.base, ignored;
    *interpreter = (Interpreter){pid, layout, (uintptr_t)&_PyRuntime + shift, (uintptr_t)&PyCode_Type + shift, 0, 0};
    return first_thread(interpreter, &ignored);
}

/* ---- its threads ---- */

static int read_pointer(pid_t pid, uintptr_t address, uintptr_t* value) { return read_bytes(pid, address, value, sizeof *value); }

static int find_gil(Interpreter* interpreter) {
    const Layout* layout = interpreter->layout;
    interpreter->gil = interpreter->runtime + layout->runtime_gil;
    return layout->runtime_gil ? 0 : read_pointer(interpreter->pid, interpreter->main + layout->interpreter_gil, &interpreter->gil);
}

/* The address is 0 while there is none: before Python has begun, and after its end. */
int first_thread(Interpreter* interpreter, uintptr_t* address) {
    const Layout* layout = interpreter->layout;
    pid_t pid = interpreter->pid;
    *address = 0;
    int error = read_pointer(pid, interpreter->runtime + layout->runtime_main_interpreter, &interpreter->main);
    if (error || !interpreter->main) return error;
    error = find_gil(interpreter);
    return error ? error : read_pointer(pid, interpreter->main + layout->interpreter_threads, address);
}

int is_gil(const Interpreter* interpreter, uintptr_t futex) {
    uintptr_t first = interpreter->gil + interpreter->layout->gil_condition;
    uintptr_t end = interpreter->gil + interpreter->layout->gil_mutex + sizeof(pthread_mutex_t);
    return interpreter->gil && first <= futex && futex < end;
}

/* Python 3.10 does not note the kernel's id of a thread. glibc has it in what a pthread_t points to: here, where we find
 * our own. */
static pid_t id_by_pthread(pid_t pid, uintptr_t pthread) {
    static size_t place;
    pid_t id = (pid_t)syscall(SYS_gettid);
    for (size_t at = 64; at < 1024 && !place; at += sizeof id) {
        if (!memcmp((const char*)pthread_self() + at, &id, sizeof id)) place = at;
    }
    int error = read_bytes(pid, pthread + place, &id, sizeof id);
    return error || !place ? 0 : id;
}

static pid_t id_of(const Interpreter* interpreter, const char* thread) {
    const Layout* layout = interpreter->layout;
    if (layout->thread_native_id) return (pid_t)pointer_at(thread, layout->thread_native_id);
    return id_by_pthread(interpreter->pid, pointer_at(thread, layout->thread_pthread));
}

/* ---- their frames ---- */

enum { CHUNK = 1 << 16, ABOVE_THE_TOP = 1024 };

/* What the newest frames of a thread lie in, copied at one time, because they change all the time. */
typedef struct {
    uintptr_t base;
    size_t size;
    char data[CHUNK];
} Chunk;

/* Where the address of the innermost frame is. */
static uintptr_t place_of_innermost(const Layout* layout, uintptr_t address, const char* thread) {
    if (layout->thread_cframe) return pointer_at(thread, layout->thread_cframe) + layout->cframe_frame;
    return address + layout->thread_frame;
}

static void place_chunk(const Layout* layout, const char* thread, Chunk* chunk) {
    chunk->size = 0;
    if (!layout->thread_chunk) return; /* each frame is an object */
    uintptr_t end = pointer_at(thread, layout->thread_chunk_top) + ABOVE_THE_TOP;
    uintptr_t limit = pointer_at(thread, layout->thread_chunk_limit);
    chunk->base = pointer_at(thread, layout->thread_chunk);
    end = end < limit ? end : limit;
    if (chunk->base && end > chunk->base && end - chunk->base <= CHUNK) chunk->size = end - chunk->base;
}

/* Of the instruction, in bytes from the first of its code; -1 before that. */
static int32_t offset_in(const Layout* layout, const char* frame, uintptr_t code) {
    intptr_t offset = layout->frame_lasti ? (intptr_t)number_at(frame, layout->frame_lasti) * 2
                                          : (intptr_t)(pointer_at(frame, layout->frame_instruction) - code - layout->code_instructions);
    return offset < 0 ? -1 : offset > LONGEST ? LONGEST : (int32_t)offset;
}

/* Whether it stands for Python code; if so, for which. */
static int is_python(const Layout* layout, const char* frame, Frame* found) {
    if (layout->frame_owner && frame[layout->frame_owner] == (char)layout->frame_owned_by_c) return 0;
    uintptr_t code = pointer_at(frame, layout->frame_code);
    *found = (Frame){code, offset_in(layout, frame, code)};
    return 1;
}

/* A frame out of the chunk, or, if it lies elsewhere, as those of generators do, out of the process. */
static int read_frame(const Interpreter* interpreter, const Chunk* chunk, uintptr_t address, char* frame) {
    size_t bytes = interpreter->layout->frame_bytes;
    uintptr_t place = address - chunk->base;
    if (address & UNALIGNED) return EFAULT;
    if (address < chunk->base || place + bytes > chunk->size) return read_bytes(interpreter->pid, address, frame, bytes);
    memcpy(frame, chunk->data + place, bytes);
    return 0;
}

static int frames_from(const Interpreter* interpreter, const Chunk* chunk, uintptr_t address, Frame* frames) {
    const Layout* layout = interpreter->layout;
    int depth = 0, steps = 0;
    char frame[FRAME_BYTES];
    while (address && depth < DEEPEST) {
        if (steps++ > 4 * DEEPEST) return -1; /* not all stand for Python code; read while they change, they may go round */
        if (read_frame(interpreter, chunk, address, frame)) return -1;
        depth += is_python(layout, frame, frames + depth);
        address = pointer_at(frame, layout->frame_previous);
    }
    return depth;
}

/* Who holds the GIL just now, as far as that can be said of one thread. */
static void set_holder(PythonThread* thread, uintptr_t holder, int is_held) {
    thread->holds_gil = is_held && holder == thread->address;
    thread->another_holds_gil = is_held && holder != thread->address;
}

/* The state of a thread and the holder of the GIL, at one time. */
static int read_state(const Interpreter* interpreter, PythonThread* thread, char* state) {
    const Layout* layout = interpreter->layout;
    char gil[GIL_BYTES];
    struct iovec local[] = {piece(state, layout->thread_bytes), piece(gil, layout->gil_condition)};
    struct iovec remote[] = {piece((void*)thread->address, layout->thread_bytes), piece((void*)interpreter->gil, layout->gil_condition)};
    int error = read_pieces(interpreter->pid, local, remote, 2);
    if (!error) set_holder(thread, pointer_at(gil, layout->gil_last_holder), number_at(gil, layout->gil_locked) == 1);
    return error;
}

int read_thread(const Interpreter* interpreter, uintptr_t address, PythonThread* thread) {
    static Chunk chunk;
    const Layout* layout = interpreter->layout;
    char state[THREAD_BYTES];
    thread->address = address;
    int error = address & UNALIGNED ? EFAULT : read_state(interpreter, thread, state);
    if (error) return error;
    if (pointer_at(state, layout->thread_interpreter) != interpreter->main) return EFAULT;
    thread->next = pointer_at(state, layout->thread_next);
    thread->tid = id_of(interpreter, state);
    uintptr_t innermost = 0;
    place_chunk(layout, state, &chunk);
    struct iovec local[] = {piece(&innermost, sizeof innermost), piece(chunk.data, chunk.size)};
    struct iovec remote[] = {piece((void*)place_of_innermost(layout, address, state), sizeof innermost), piece((void*)chunk.base, chunk.size)};
    error = read_pieces(interpreter->pid, local, remote, chunk.size ? 2 : 1);
    thread->depth = error ? -1 : frames_from(interpreter, &chunk, innermost, thread->frames);
    return error == ESRCH ? error : 0;
}

/* ---- what they execute ---- */

enum { BYTES_OF_A_UNIT = 2 };

static int take_head(const Interpreter* interpreter, const char* code, const Frame* frame, CodeHead* head) {
    const Layout* layout = interpreter->layout;
    if (pointer_at(code, layout->code_type) != interpreter->code_type) return EFAULT;
    head->first_line = number_at(code, layout->code_first_line);
    head->name = pointer_at(code, layout->code_name);
    head->file = pointer_at(code, layout->code_file);
    head->lines = pointer_at(code, layout->code_lines);
    if (layout->code_version) head->version = (uint32_t)number_at(code, layout->code_version);
    head->bytes = layout->code_units ? number_at(code, layout->code_units) * BYTES_OF_A_UNIT : 0;
    return head->bytes && frame->offset >= head->bytes ? EFAULT : 0;
}

/* ---- texts ---- */

typedef struct {
    int64_t length; /* in characters */
    uint32_t state, bytes;
} TextHead; /* bytes: before the characters */

static TextHead text_head(const Layout* layout, const char* text) {
    uint32_t state = (uint32_t)number_at(text, layout->text_state);
    uint32_t bytes = state & layout->text_ascii ? layout->text_head_of_ascii : layout->text_head;
    return (TextHead){(int64_t)pointer_at(text, layout->text_length), state, bytes};
}

static int read_data(pid_t pid, uintptr_t address, Text* text) {
    text->data = malloc(text->bytes + 1);
    return text->data ? read_bytes(pid, address, text->data, text->bytes) : ENOMEM;
}

static int read_text(const Interpreter* interpreter, uintptr_t address, Text* text) {
    const Layout* layout = interpreter->layout;
    char bytes[TEXT_BYTES];
    int error = address & UNALIGNED ? EFAULT : read_bytes(interpreter->pid, address, bytes, layout->text_head_of_ascii);
    if (error) return error;
    TextHead head = text_head(layout, bytes);
    text->kind = (head.state & layout->text_kind) / (layout->text_kind & -layout->text_kind);
    if (text->kind != 1 && text->kind != 2 && text->kind != 4) return EFAULT;
    if (!(head.state & layout->text_compact) || head.length < 0 || head.length > LONGEST / text->kind) return EFAULT;
    text->bytes = (uint32_t)head.length * text->kind;
    return read_data(interpreter->pid, address + head.bytes, text);
}

static int read_table(const Interpreter* interpreter, uintptr_t address, Text* text) {
    const Layout* layout = interpreter->layout;
    int64_t size;
    int error = address & UNALIGNED ? EFAULT : read_bytes(interpreter->pid, address + layout->bytes_size, &size, sizeof size);
    if (error) return error;
    if (size < 0 || size > LONGEST) return EFAULT;
    *text = (Text){1, (uint32_t)size, NULL};
    return read_data(interpreter->pid, address + layout->bytes_data, text);
}

int read_texts(const Interpreter* interpreter, const CodeHead* head, Text* name, Text* file, Text* lines) {
    *name = *file = *lines = (Text){0};
    int error = read_text(interpreter, head->name, name);
    if (!error) error = read_text(interpreter, head->file, file);
    return error ? error : read_table(interpreter, head->lines, lines);
}

/* ---- which code it is ---- */

enum { PAGE = 4096, OF_A_FILE = 320 };

static uint64_t hash_of_text(const Layout* layout, const char* text, size_t bytes) {
    TextHead head = text_head(layout, text);
    uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)head.length;
    for (size_t at = layout->text_head_of_ascii; at < (size_t)head.length + head.bytes && at < bytes; at++) {
        hash = (hash ^ (unsigned char)text[at]) * 0x100000001b3u;
    }
    return hash;
}

/* Before 3.12 code has no version. Files that are executed one after another come to lie at the same addresses, with all
 * that they hold: the name of the file tells them apart. It is read as far as its page goes, which is there for sure. */
static int hash_files(const Interpreter* interpreter, int count, CodeHead* heads) {
    static char files[AT_ONCE][OF_A_FILE];
    static struct iovec local[AT_ONCE], remote[AT_ONCE];
    size_t least = interpreter->layout->text_head_of_ascii;
    int read = 0;
    for (int i = 0; i < count; i++) {
        uintptr_t file = heads[i].file, left = PAGE - file % PAGE;
        if (file & UNALIGNED) return EFAULT;
        if (i && file == heads[i - 1].file) continue;
        size_t bytes = left < least ? least : left < OF_A_FILE ? left : OF_A_FILE;
        local[read] = piece(files + read, bytes);
        remote[read++] = piece((void*)file, bytes);
    }
    int error = read_pieces(interpreter->pid, local, remote, read);
    for (int i = 0, at = -1; i < count && !error; i++) {
        if (!i || heads[i].file != heads[i - 1].file) at++;
        heads[i].version = hash_of_text(interpreter->layout, files[at], local[at].iov_len);
    }
    return error;
}

int read_code(const Interpreter* interpreter, const Frame* frames, int count, CodeHead* heads) {
    static char codes[AT_ONCE][CODE_BYTES];
    static struct iovec local[AT_ONCE], remote[AT_ONCE];
    const Layout* layout = interpreter->layout;
    if (count > AT_ONCE) {
        int error = read_code(interpreter, frames, AT_ONCE, heads);
        return error ? error : read_code(interpreter, frames + AT_ONCE, count - AT_ONCE, heads + AT_ONCE);
    }
    for (int i = 0; i < count; i++) {
        local[i] = piece(codes[i], layout->code_bytes);
        remote[i] = piece((void*)frames[i].code, layout->code_bytes);
    }
    int error = read_pieces(interpreter->pid, local, remote, count);
    for (int i = 0; i < count && !error; i++) error = take_head(interpreter, codes[i], frames + i, heads + i);
    return error || layout->code_version ? error : hash_files(interpreter, count, heads);
}
