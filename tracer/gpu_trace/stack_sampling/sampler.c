/* Samples the Python stacks of all threads of the recorded processes, from a thread of the process that started them: an
 * ancestor, which Linux lets read their memory where it lets no other process. The recorded processes notice nothing.
 *
 * A recorded process is one that has notes in the folder. Each is sampled from its first note to its end; what its notes
 * say was not recorded is not kept.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "children.h"
#include "process.h"

#define EXPORT __attribute__((visibility("default")))

enum { MOST_PROCESSES = 4096, MOST_AT_ONCE = 128, ROWS_AT_THE_WISHED_RATE = 250000, MOST_ROWS = 2000000, LOOK_EVERY_NS = 100000000 };
enum { LOOKS_FOR_ALL = 10, MOST_STRANGERS = 64 };

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int stopping;
    char folder[PATH];
    int64_t wished_ns, longest_ns, looked_ns;
    double share, round_ns; /* of a processor, at most; of its time, for a round */
    int64_t cpu_ns; /* in all */
    uint64_t missed; /* rounds */
    int count, is_crowded; /* whether a process was turned away */
    Process* processes[MOST_PROCESSES];
    unsigned looks, strangers_met;
    pid_t strangers[MOST_STRANGERS]; /* children that were not forked, or became other programs */
} sampler = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- which processes ---- */

static Process* known(pid_t pid) {
    for (int i = 0; i < sampler.count; i++) {
        if (sampler.processes[i]->pid == pid) return sampler.processes[i];
    }
    return NULL;
}

static int have_room(void) {
    int open = 0;
    for (int i = 0; i < sampler.count; i++) open += is_open(sampler.processes[i]);
    return open < MOST_AT_ONCE && sampler.count < MOST_PROCESSES;
}

/* The process of this id, which is a new one mostly; NULL where there are too many. */
static Process* meet(pid_t pid, const Interpreter* found) {
    Process* process = known(pid);
    if (process) return process;
    process = have_room() ? open_process(sampler.folder, pid, found) : NULL;
    sampler.is_crowded |= !process;
    if (process) sampler.processes[sampler.count++] = process;
    return process;
}

static void look_for_processes(void) {
    DIR* folder = opendir(sampler.folder);
    if (!folder) return;
    struct dirent* entry;
    while ((entry = readdir(folder))) {
        int pid, length = 0;
        if (sscanf(entry->d_name, "notes-%d%n", &pid, &length) == 1 && !entry->d_name[length]) meet(pid, NULL);
    }
    closedir(folder);
}

static int is_stranger(pid_t pid) {
    for (int i = 0; i < MOST_STRANGERS; i++) {
        if (sampler.strangers[i] == pid) return 1;
    }
    return 0;
}

/* Meet the children that a process has forked, the workers of a data loader: they have no notes. Their interpreter is
 * where their parent's is; a process that became another program has it elsewhere. */
static void look_for_children(const Process* parent, int all_threads) {
    pid_t children[MOST_PROCESSES];
    int count = children_of(parent->pid, all_threads, children, MOST_PROCESSES);
    for (int i = 0; i < count; i++) {
        Interpreter found = parent->interpreter;
        uintptr_t first;
        found.pid = children[i];
        if (known(children[i]) || is_stranger(children[i])) continue;
        int is_forked = !first_thread(&found, &first) && found.main && found.main == parent->interpreter.main;
        Process* child = is_forked ? meet(children[i], &found) : NULL;
        if (child) {
            child->forked_runtime = found.runtime;
            child->notes_of_parent = parent->forked_runtime ? parent->notes_of_parent : parent->notes;
        }
        if (!is_forked) sampler.strangers[sampler.strangers_met++ % MOST_STRANGERS] = children[i];
    }
}

static void look(void) {
    sampler.looked_ns = clock_ns(CLOCK_MONOTONIC);
    look_for_processes();
    int all_threads = sampler.looks++ % LOOKS_FOR_ALL == 0, count = sampler.count;
    for (int i = 0; i < count; i++) {
        if (!sampler.processes[i]->error) look_for_children(sampler.processes[i], all_threads);
    }
    for (int i = 0; i < sampler.count; i++) look_at(sampler.processes[i]);
}

/* ---- rounds ---- */

static void sample_all(void) {
    pace.round++;
    for (int i = 0; i < sampler.count; i++) {
        if (!sampler.processes[i]->error) sample_process(sampler.processes[i]);
    }
}

/* So that the sampler takes its share of a processor at most, and hours do not fill the disk. */
static void set_period(int64_t cpu_ns) {
    int64_t period_ns = sampler.wished_ns;
    for (uint64_t rows = ROWS_AT_THE_WISHED_RATE; rows < pace.rows; rows *= 2) period_ns *= 2;
    double more_ns = (double)cpu_ns - sampler.round_ns; /* soon heeded where there are more threads, and later where fewer */
    sampler.round_ns += more_ns / (more_ns > 0 ? 4 : 16);
    int64_t affordable_ns = (int64_t)(sampler.round_ns / sampler.share);
    pace.period_ns = affordable_ns > period_ns ? affordable_ns : period_ns;
    if (pace.period_ns > sampler.longest_ns) sampler.longest_ns = pace.period_ns;
}

/* Not at even intervals: else a script with the same rhythm would always be met at the same place. */
static int64_t next_round_ns(unsigned* seed) {
    int64_t late_ns = clock_ns(CLOCK_MONOTONIC);
    return late_ns + pace.period_ns * 3 / 4 + pace.period_ns / 2 * (rand_r(seed) & 0xffff) / 0xffff;
}

/* Whether to go on. */
static int wait_until(int64_t ns) {
    struct timespec until = {ns / NS, ns % NS};
    pthread_mutex_lock(&sampler.lock);
    while (!sampler.stopping && clock_ns(CLOCK_MONOTONIC) < ns) pthread_cond_timedwait(&sampler.ended, &sampler.lock, &until);
    int stopping = sampler.stopping;
    pthread_mutex_unlock(&sampler.lock);
    return !stopping;
}

static void* sample(void* unused) {
    (void)unused;
    prctl(PR_SET_NAME, "gpu-trace stacks");
    unsigned seed = (unsigned)clock_ns(CLOCK_MONOTONIC);
    int64_t planned_ns = 0;
    while (wait_until(planned_ns)) {
        int64_t began_ns = clock_ns(CLOCK_MONOTONIC);
        if (planned_ns && began_ns > planned_ns + pace.period_ns) sampler.missed += (uint64_t)((began_ns - planned_ns) / pace.period_ns);
        if (!sampler.count || began_ns - sampler.looked_ns > LOOK_EVERY_NS) look();
        int64_t cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID); /* new processes are no reason to sample less often */
        if (pace.rows < MOST_ROWS) sample_all();
        planned_ns = next_round_ns(&seed);
        sampler.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        set_period(sampler.cpu_ns - cpu_ns);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static void write_facts(void) {
    char path[PATH + 64];
    snprintf(path, sizeof path, "%s/stacks", sampler.folder);
    FILE* file = fopen(path, "we");
    if (!file) return;
    fprintf(file, "rounds\t%llu\nmissed\t%llu\n", (unsigned long long)pace.round, (unsigned long long)sampler.missed);
    fprintf(file, "cpu_ns\t%lld\nperiod_ns\t%lld\n", (long long)sampler.cpu_ns, (long long)sampler.wished_ns);
    fprintf(file, "longest_period_ns\t%lld\nis_full\t%d\n", (long long)sampler.longest_ns, pace.rows >= MOST_ROWS);
    fprintf(file, "is_crowded\t%d\n", sampler.is_crowded);
    for (int i = 0; i < sampler.count; i++) {
        const Process* process = sampler.processes[i];
        fprintf(file, "process\t%d %d %llu %llu %d\n", (int)process->pid, process->error,
                (unsigned long long)process->samples, (unsigned long long)process->unread, (int)process->parent);
    }
    fclose(file);
}

static void set_up(const char* folder, int64_t period_ns, double share) {
    snprintf(sampler.folder, sizeof sampler.folder, "%s", folder);
    sampler.wished_ns = sampler.longest_ns = period_ns;
    sampler.share = share;
    sampler.stopping = sampler.count = sampler.is_crowded = 0;
    sampler.looks = sampler.strangers_met = 0;
    memset(sampler.strangers, 0, sizeof sampler.strangers);
    sampler.looked_ns = sampler.cpu_ns = 0;
    sampler.missed = 0;
    sampler.round_ns = 0;
    pace = (Pace){.period_ns = period_ns};
}

static void put_away(void) {
    write_facts();
    while (sampler.count) close_process(sampler.processes[--sampler.count]);
}

/* Sample what has notes in the folder, every ``period_ns``, with a share of a processor at most; 0, or an errno. */
EXPORT int gpu_trace_stacks_begin(const char* folder, int64_t period_ns, double share) {
    set_up(folder, period_ns, share);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sampler.ended, &attributes);
    sigset_t all, before;
    sigfillset(&all); /* none is meant for this thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&sampler.thread, NULL, sample, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

EXPORT void gpu_trace_stacks_end(void) {
    pthread_mutex_lock(&sampler.lock);
    sampler.stopping = 1;
    pthread_cond_signal(&sampler.ended);
    pthread_mutex_unlock(&sampler.lock);
    pthread_join(sampler.thread, NULL);
    put_away();
}

/* Sample one process once, this one too; 0, or an errno: why that cannot be done here. */
EXPORT int gpu_trace_stacks_once(const char* folder, int pid) {
    set_up(folder, NS / 100, 1);
    Process* process = meet(pid, NULL);
    int error = process ? process->error : ENOMEM;
    if (!error) sample_all();
    if (process) error = process->error;
    put_away();
    return error;
}
