/* Calls a function at a moment at which no other thread of the process is in CUDA.
 *
 * CUPTI takes two of its locks in one order while a thread loads kernels, and in the other while it is told what to
 * record: two threads that do so at once wait for each other for ever. (An H200, CUDA 13.0: cuKernelGetFunction beside
 * cuptiActivityDisable, in a job whose recording ended by the clock while NCCL began.) A script that ends its own
 * profiler does so in the thread that launches; a thread of ours comes at any moment.
 *
 * The caller holds the lock of the interpreter. So the threads that run Python sleep as soon as they need it, and when all
 * others sleep as well, at one look after another, none is loading anything. What is called runs no Python, but may leave
 * the lock to others, as torch does while it prepares a session: the main thread then stays where it is.
 *
 * Plain C and libc, no header of Python: only functions of its stable interface, which the process has.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern void* PyObject_CallNoArgs(void* callable);
extern void Py_IncRef(void* object);
extern int Py_AddPendingCall(int (*function)(void*), void* argument);
extern void* PyEval_SaveThread(void);
extern void PyEval_RestoreThread(void* state);

enum { LOOKS = 5, MOST_ACTIVE = 256 };
#define EVERY_NS INT64_C(1000000)
#define GIVE_UP_NS INT64_C(30000000) /* the script stands still meanwhile */
#define FORGET_NS INT64_C(1000000000) /* between two looks: they are of different waits */

typedef struct {
    pid_t thread;
    int64_t since_ns; /* it was active at each look from then on */
} Active;

static Active active[MOST_ACTIVE]; /* at the last look; the interpreter's lock is held by whoever comes here */
static size_t active_count;
static int64_t looked_ns;
static atomic_int calling; /* the process in which there is a call, which a forked child is not; else 0 */

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void rest(void) { nanosleep(&(struct timespec){0, EVERY_NS}, NULL); }

/* What /proc/[pid]/stat has of a thread; empty where it has ended. */
static void read_stat(int tasks, const char* thread, char stat[64]) {
    char path[300];
    snprintf(path, sizeof path, "%s/stat", thread);
    int file = openat(tasks, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, stat, 63);
    stat[length < 0 ? 0 : length] = 0;
    if (file >= 0) close(file);
}

/* "12 (pt_autograd_0) S 1 ...": runs, or waits for a disk, from which what it loads may come. */
static int is_active(const char* stat) {
    const char* name_end = strrchr(stat, ')');
    return name_end && name_end[1] == ' ' && (name_end[2] == 'R' || name_end[2] == 'D');
}

/* Threads that launch: a spell of theirs, however long, is no reason to take them for ones that only spin. */
static int may_launch(pid_t thread, const char* stat) { return thread == getpid() || strstr(stat, "(pt_autograd"); }

/* Since when, at every look. */
static int64_t active_since(pid_t thread, int64_t now) {
    for (size_t i = 0; i < active_count; i++) {
        if (active[i].thread == thread) return active[i].since_ns;
    }
    return now;
}

/* Whether every other thread sleeps, or has been active for so long that it is one that spins; -1 where /proc does not say. */
static int others_sleep(int64_t spins_ns) {
    DIR* tasks = opendir("/proc/self/task");
    if (!tasks) return -1;
    Active found[MOST_ACTIVE];
    size_t count = 0;
    int sleep = 1;
    int64_t now = now_ns(CLOCK_MONOTONIC);
    if (now - looked_ns > FORGET_NS) active_count = 0;
    looked_ns = now;
    pid_t own = (pid_t)syscall(SYS_gettid);
    for (struct dirent* task; (task = readdir(tasks));) {
        pid_t thread = (pid_t)atoi(task->d_name);
        char stat[64];
        if (!thread || thread == own) continue;
        read_stat(dirfd(tasks), task->d_name, stat);
        if (!is_active(stat)) continue;
        int64_t since = active_since(thread, now);
        if (now - since < spins_ns || may_launch(thread, stat)) sleep = 0;
        if (count < MOST_ACTIVE) found[count++] = (Active){thread, since};
    }
    closedir(tasks);
    memcpy(active, found, count * sizeof *found);
    active_count = count;
    return sleep;
}

/* Whether they did so at several looks in a row. */
static int is_reached(int64_t spins_ns) {
    int64_t until = now_ns(CLOCK_MONOTONIC) + GIVE_UP_NS;
    for (int looks = 0; looks < LOOKS;) {
        int sleep = others_sleep(spins_ns);
        if (sleep < 0) return 1;
        if (!sleep && now_ns(CLOCK_MONOTONIC) > until) return 0;
        looks = sleep ? looks + 1 : 0;
        if (looks < LOOKS) rest();
    }
    return 1;
}

/* Runs in the main thread, before its next instruction, or the one behind that: it may be waiting for the lock for one. */
static int stay(void* unused) {
    (void)unused;
    if (atomic_load(&calling) != getpid()) return 0;
    void* state = PyEval_SaveThread();
    while (atomic_load(&calling) == getpid()) rest();
    PyEval_RestoreThread(state);
    return 0;
}

static void* call_while_main_stays(void* function) {
    atomic_store(&calling, getpid());
    Py_AddPendingCall(stay, NULL); /* where too many are pending, only the lock keeps it */
    void* result = PyObject_CallNoArgs(function);
    atomic_store(&calling, 0);
    return result;
}

/* What the function returns (NULL: it raised), and when it was called (CLOCK_REALTIME); or `not_now`. Threads that were
 * active for longer than `spins_ms` spin. */
EXPORT void* gpu_trace_safepoint_call(void* function, void* not_now, int spins_ms, int64_t* called_ns) {
    if (!is_reached(spins_ms * INT64_C(1000000))) {
        Py_IncRef(not_now);
        return not_now;
    }
    *called_ns = now_ns(CLOCK_REALTIME);
    return call_while_main_stays(function);
}
