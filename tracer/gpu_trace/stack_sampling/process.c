/* See process.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "children.h"
#include "process.h"

enum { MOST_THREADS = 4096, MOST_FILES = 256, MOST_FINDS = 50, TRIES = 3, NOTES = 1 << 16 };
enum State { UNKNOWN, RUNNING, WAITING, HOLDS_GIL, WAITS_FOR_GIL };

Pace pace;
static PythonThread thread_read;
static int files;

/* ---- rows ---- */

static void keep(Process* process, const Row* row) {
    if (process->rows_count == process->rows_room) {
        size_t room = process->rows_room ? 2 * process->rows_room : 256;
        Row* rows = realloc(process->rows, room * sizeof *rows);
        if (!rows) return;
        process->rows = rows;
        process->rows_room = room;
    }
    process->rows[process->rows_count++] = *row;
}

/* A sample stands until the thread's next one, or the round without it; where rounds are missing, for a period. */
static void end_last(Process* process, Thread* thread, int64_t now_ns) {
    if (!thread->last.start_ns) return;
    int is_late = now_ns - thread->last.start_ns >= 2 * pace.period_ns;
    thread->last.end_ns = is_late ? thread->last.start_ns + pace.period_ns : now_ns;
    keep(process, &thread->last);
    thread->last.start_ns = 0;
}

static void add_sample(Process* process, Thread* thread, int64_t now_ns, uint32_t stack, enum State state) {
    end_last(process, thread, now_ns);
    thread->last = (Row){now_ns, 0, (uint32_t)thread->tid, stack, state, 0};
    thread->round = pace.round;
    process->samples++;
}

/* ---- what a thread does ---- */

static ssize_t read_state_file(const Process* process, Thread* thread, const char* name, char* text, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)process->pid, (int)thread->tid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, room);
    if (!strcmp(name, "syscall") && length > 0 && files < MOST_FILES) {
        thread->file = file;
        files++;
    } else {
        close(file);
    }
    return length;
}

static void close_state_file(Thread* thread) {
    if (thread->file < 0) return;
    close(thread->file);
    thread->file = -1;
    files--;
}

static enum State state_by_stat(const Process* process, Thread* thread) {
    char text[512];
    ssize_t length = read_state_file(process, thread, "stat", text, sizeof text - 1);
    if (length <= 0) return UNKNOWN;
    text[length] = 0;
    const char* behind = strrchr(text, ')');
    return !behind || strlen(behind) < 3 ? UNKNOWN : behind[2] == 'R' ? RUNNING : WAITING;
}

static enum State state_of(const Process* process, Thread* thread, const PythonThread* read) {
    if (read->holds_gil) return HOLDS_GIL;
    char text[256];
    ssize_t length = thread->file < 0 ? read_state_file(process, thread, "syscall", text, sizeof text - 1)
                                      : pread(thread->file, text, sizeof text - 1, 0);
    if (length <= 0) return state_by_stat(process, thread);
    text[length] = 0;
    long call;
    unsigned long futex;
    if (!strncmp(text, "running", 7)) return RUNNING;
    if (sscanf(text, "%ld %lx", &call, &futex) < 2) return WAITING;
    return read->another_holds_gil && call == SYS_futex && is_gil(&process->interpreter, futex) ? WAITS_FOR_GIL : WAITING;
}

/* ---- a round: all threads of a process ---- */

/* A child that is being forked has its parent's memory, and so names the threads of that, until it knows its own. */
static int has_thread(const Process* process, pid_t tid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d", (int)process->pid, (int)tid);
    return !access(path, F_OK);
}

/* The threads come in the same order each time. NULL for one that is not of this process. */
static Thread* thread_of(Process* process, pid_t tid, int expected) {
    if (expected < process->count && process->threads[expected].tid == tid) return process->threads + expected;
    for (int i = 0; i < process->count; i++) {
        if (process->threads[i].tid == tid) return process->threads + i;
    }
    if (!has_thread(process, tid)) return NULL;
    if (process->count == process->room) {
        int room = process->room ? 2 * process->room : 16;
        Thread* threads = realloc(process->threads, (size_t)room * sizeof *threads);
        if (!threads) return NULL;
        process->threads = threads;
        process->room = room;
    }
    process->threads[process->count] = (Thread){.tid = tid, .file = -1};
    return process->threads + process->count++;
}

/* Sample one thread; where the next is, 0 behind the last. A stack that changed while it was read is read again. */
static uintptr_t sample_thread(Process* process, uintptr_t address, int expected) {
    PythonThread* read = &thread_read;
    for (int i = 0; i < TRIES; i++) {
        int64_t now_ns = clock_ns(CLOCK_REALTIME);
        if (read_thread(&process->interpreter, address, read)) return 0;
        Thread* thread = read->tid > 0 && read->depth ? thread_of(process, read->tid, expected) : NULL;
        if (!thread) return read->next; /* it has no Python frame now */
        uint32_t stack = number_of_stack(process->stacks, &process->interpreter, read);
        if (stack) {
            add_sample(process, thread, now_ns, stack, state_of(process, thread, read));
            return read->next;
        }
    }
    process->unread++;
    return read->next;
}

/* End what the threads did that were not sampled in this round, or what all did, and forget those. */
static void forget(Process* process, int64_t now_ns, int all) {
    int left = 0;
    for (int i = 0; i < process->count; i++) {
        Thread* thread = process->threads + i;
        if (!all && thread->round == pace.round) {
            process->threads[left++] = *thread;
        } else {
            end_last(process, thread, now_ns);
            close_state_file(thread);
        }
    }
    process->count = left;
}

void sample_process(Process* process) {
    uintptr_t address;
    int64_t now_ns = clock_ns(CLOCK_REALTIME);
    process->error = first_thread(&process->interpreter, &address);
    for (int i = 0; !process->error && address && i < MOST_THREADS; i++) address = sample_thread(process, address, i);
    forget(process, now_ns, process->error);
}

/* ---- what its notes say was recorded ---- */

static int count_lines(const char* text, const char* key) {
    int found = 0;
    for (const char* at = text; (at = strstr(at, key)); at++) found += at == text || at[-1] == '\n';
    return found;
}

/* Whether anything was recorded since the last look, or may have been. */
static int is_recorded(Process* process) {
    static char text[NOTES];
    const char* notes = process->notes;
    if (process->forked_runtime) {
        if (!access(notes, F_OK)) return 1; /* by its parent or by itself, which is known later */
        notes = process->notes_of_parent;
    }
    int file = open(notes, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 1;
    int was_recorded = process->begun > process->ended, begun = process->begun;
    ssize_t length;
    while ((length = pread(file, text, sizeof text - 1, process->notes_read)) > 0) {
        text[length] = 0;
        char* behind = strrchr(text, '\n'); /* lines are written whole */
        if (!behind) break;
        behind[1] = 0;
        process->begun += count_lines(text, "recorded_from\t");
        process->ended += count_lines(text, "recorded_to\t");
        process->notes_read += behind + 1 - text;
    }
    close(file);
    return was_recorded || process->begun > begun;
}

static void write_rows(Process* process) {
    for (size_t i = 0; i < process->rows_count; i++) write_stack(process->stacks, process->rows[i].stack);
    fwrite(process->rows, sizeof *process->rows, process->rows_count, process->rows_file);
    pace.rows += process->rows_count;
    process->rows_count = 0;
}

/* Rows of the last second stay: notes are written a little later than what they are about. */
static void drop_rows_before(Process* process, int64_t ns) {
    size_t left = 0;
    for (size_t i = 0; i < process->rows_count; i++) {
        if (process->rows[i].end_ns >= ns) process->rows[left++] = process->rows[i];
    }
    process->rows_count = left;
}

/* Write what is left, and give back files and memory; what the facts say of it stays. */
static void finish(Process* process) {
    forget(process, clock_ns(CLOCK_REALTIME), 1);
    if (process->rows_file) {
        if (is_recorded(process)) write_rows(process);
        fclose(process->rows_file);
    }
    if (process->stacks) close_stacks(process->stacks);
    free(process->threads);
    free(process->rows);
    process->rows_file = NULL;
    process->stacks = NULL;
    process->threads = NULL;
    process->rows = NULL;
    process->rows_count = process->rows_room = 0;
    process->room = 0;
}

int is_open(const Process* process) { return process->stacks != NULL; }

/* Heed its own notes from now on, in place of its parent's. */
static void be_its_own(Process* process) {
    process->forked_runtime = 0;
    process->notes_read = process->begun = process->ended = 0;
    process->finds = 0;
}

void look_at(Process* process) {
    if (process->error == ESRCH) finish(process);
    if (!process->rows_file) return;
    if (process->forked_runtime && !access(process->notes, F_OK)) be_its_own(process); /* forked, and recorded itself */
    if (is_recorded(process)) {
        write_rows(process);
    } else {
        drop_rows_before(process, clock_ns(CLOCK_REALTIME) - NS);
    }
    int may_come = process->error == ENOEXEC || process->error == EFAULT; /* it is becoming another program */
    if (!may_come || process->finds++ >= MOST_FINDS) return;
    process->error = find_interpreter(&process->interpreter, process->pid);
    if (process->error || !process->forked_runtime || process->interpreter.runtime == process->forked_runtime) return;
    process->error = access(process->notes, F_OK) ? ENOEXEC : 0; /* another program: sampled if it is recorded */
    if (process->error) {
        process->finds--; /* it may come to be recorded at any time */
        return;
    }
    be_its_own(process);
}

/* ---- beginning and end ---- */

static FILE* open_files(Process* process, const char* folder) {
    char rows[PATH + 64], codes[PATH + 64], calls[PATH + 64];
    snprintf(rows, sizeof rows, "%s/stacks-%d-rows", folder, (int)process->pid);
    snprintf(codes, sizeof codes, "%s/stacks-%d-codes", folder, (int)process->pid);
    snprintf(calls, sizeof calls, "%s/stacks-%d-calls", folder, (int)process->pid);
    process->stacks = open_stacks(codes, calls);
    return process->stacks ? fopen(rows, "wbe") : NULL;
}

Process* open_process(const char* folder, pid_t pid, const Interpreter* found) {
    Process* process = calloc(1, sizeof *process);
    if (!process) return NULL;
    process->pid = pid;
    process->parent = parent_of(pid);
    snprintf(process->notes, sizeof process->notes, "%s/notes-%d", folder, (int)pid);
    process->rows_file = open_files(process, folder);
    process->error = process->rows_file ? 0 : errno;
    if (found) process->interpreter = *found;
    else if (!process->error) process->error = find_interpreter(&process->interpreter, pid);
    return process;
}

void close_process(Process* process) {
    finish(process);
    free(process);
}
