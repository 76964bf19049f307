/* The samples of one process. */
#ifndef GPU_TRACE_PROCESS_H
#define GPU_TRACE_PROCESS_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "interpreter.h"
#include "stacks.h"

#define NS 1000000000ll

enum { PATH = 4096 };

/* A sample, as it is written. */
typedef struct {
    int64_t start_ns, end_ns;
    uint32_t tid, stack, state, unused;
} Row;

typedef struct {
    pid_t tid;
    int file; /* /proc/PID/task/TID/syscall, which says whether it waits, and for what; -1 while it is not open */
    uint64_t round;
    Row last; /* sample, until it is known when that ends; it starts at 0 while there is none */
} Thread;

typedef struct {
    pid_t pid, parent;
    uintptr_t forked_runtime; /* where that of its parent is, if it was forked and runs no other program; else 0 */
    int error; /* an errno: why it is not sampled */
    int finds; /* how often its interpreter was looked for */
    uint64_t samples, unread;
    Interpreter interpreter;
    Stacks* stacks;
    FILE* rows_file;
    Thread* threads;
    int count, room;
    Row* rows; /* not yet written */
    size_t rows_count, rows_room;
    char notes[PATH];
    const char* notes_of_parent; /* if it was forked: of the one that its notes are about too */
    long notes_read;
    int begun, ended; /* sessions, by its notes */
} Process;

/* What all processes have alike. */
typedef struct {
    uint64_t round, rows; /* the number of this round, and of rows written */
    int64_t period_ns;
} Pace;
extern Pace pace;

/* NULL where there is no memory; an error is in it. Its interpreter is looked for unless it was found already. */
Process* open_process(const char* folder, pid_t pid, const Interpreter* found);
void sample_process(Process* process);
/* Write what was recorded by its notes, and drop the rest; to be called every now and then. */
void look_at(Process* process);
/* Whether its files are open: until it has ended. */
int is_open(const Process* process);
void close_process(Process* process);

static inline int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NS + now.tv_nsec;
}

#endif
