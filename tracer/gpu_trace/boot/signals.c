/* Signals that end a process while their default holds: what was recorded is saved first, and then the process dies of
 * the very signal. Neither the script nor Python's `signal` sees any of it: no handler of Python's, no wakeup descriptor,
 * no thread that Python knows. A handler that the script installs, or SIG_IGN, simply takes the place of ours.
 *
 * The handler posts a semaphore, for which a thread of ours waits. So it matters not in which C call the main thread is,
 * and there is no descriptor that a script could close. Natively nothing of the script would run after the signal: a
 * pending call stops the main thread before its next instruction, while the recording is saved.
 *
 * Plain C and libc, no header of Python: two functions of its stable interface are looked up by name.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* All whose default is the end of the process, but for faults, SIGKILL, and what Python ignores. Those of real time are
 * left alone: libraries look for one that is free. SIGINT has a handler of Python's unless the script took it away. */
static const int ENDING[] = {SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO, SIGPWR};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* STOP_MS: our thread asks within microseconds, on a busy machine within a tenth of a second and more; it never does where
 * the signal came while the main thread held a lock of Python's that it needs. */
enum { PATIENCE_S = 3, STOP_MS = 1000, AGAIN_MS = 10 };

/* A saving that takes long computes or writes. One during which the process did neither waits for ever: CUPTI can wait
 * for a lock that the main thread has. */
enum { STILL_S = 30, STILL_SHARE = 50 /* of which the process may have used the processor: 2 percent */ };

static struct {
    void (*save)(void);
    int (*is_busy)(void); /* whether the main thread is between two steps of the recorder, which the saving waits for */
    int (*AddPendingCall)(int (*function)(void*), void* argument);
    void* (*SaveThread)(void);
    sem_t came, asked, saving;
    pid_t process;
    atomic_int first; /* the signal that ends this process; 0 before it came */
    atomic_llong came_ns;
    atomic_int is_asked; /* whether a pending call is still to come */
} watch;

/* Held while a thread of ours enters Python, so that Python does not go away before it is inside. */
static pthread_mutex_t entrance = PTHREAD_MUTEX_INITIALIZER;
static int is_closed;
static __thread int is_entering;

static long long ns_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long now_ns(void) { return ns_of(CLOCK_MONOTONIC); }

/* Whether the semaphore was posted within so many milliseconds. */
static int wait_ms(sem_t* semaphore, long ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int failed;
    while ((failed = sem_timedwait(semaphore, &until)) && errno == EINTR) continue;
    return !failed;
}

static void stay_for_ever(void) {
    for (;;) pause();
}

static void die(int number) {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    signal(number, SIG_DFL);
    kill(getpid(), number);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    stay_for_ever();
}

/* Runs in the main thread, which holds Python's lock. */
static int stay(void* unused) {
    (void)unused;
    if (watch.is_busy()) { /* asked again after that */
        atomic_store(&watch.is_asked, 0);
        return 0;
    }
    watch.SaveThread();
    stay_for_ever();
    return 0;
}

static void handle(int number) {
    int before = errno, none = 0;
    if (getpid() != watch.process) { /* a child between fork and exec: it dies at once, as it does natively */
        signal(number, SIG_DFL);
        raise(number); /* comes as this returns: it is blocked until then */
    } else if (atomic_compare_exchange_strong(&watch.first, &none, number)) {
        atomic_store(&watch.came_ns, now_ns());
        sem_post(&watch.came);
        /* Asked by our thread, Python's main thread may take 5 ms to look, and asked by itself it looks at once. It may
         * ask, for it holds no lock of Python's that our thread has just taken and left. */
        if (wait_ms(&watch.asked, STOP_MS) && syscall(SYS_gettid) == getpid() && watch.AddPendingCall) watch.AddPendingCall(stay, NULL);
    } else if (now_ns() - atomic_load(&watch.came_ns) > PATIENCE_S * 1000000000LL) {
        /* Not the first again: a closed terminal and `timeout` send theirs twice. Somebody who insists gets his way. */
        signal(number, SIG_DFL);
        raise(number);
    }
    errno = before;
}

static void ask_to_stay(void) {
    int none = 0;
    if (watch.AddPendingCall && atomic_compare_exchange_strong(&watch.is_asked, &none, 1) && watch.AddPendingCall(stay, NULL))
        atomic_store(&watch.is_asked, 0); /* too many pending calls: again in a moment */
}

static int enter_python(void) {
    pthread_mutex_lock(&entrance);
    is_entering = !is_closed;
    if (is_closed) pthread_mutex_unlock(&entrance);
    return is_entering;
}

/* What is called inside Python calls this first. */
EXPORT void gpu_trace_entered(void) {
    if (is_entering) pthread_mutex_unlock(&entrance);
    is_entering = 0;
}

static void* save_and_die(void* unused) {
    if (enter_python()) watch.save();
    gpu_trace_entered();
    die(atomic_load(&watch.first));
    return unused;
}

static int start_thread(void* (*run)(void*), void* argument) {
    pthread_t thread;
    pthread_attr_t detached;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* no signal of the script's comes to a thread of ours */
    int failed = pthread_create(&thread, &detached, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
    return failed;
}

/* Those in which a file that is far away, or full of what is still to be written, keeps a thread for long. */
static int is_of_files(long call) {
    static const long CALLS[] = {SYS_openat, SYS_write, SYS_writev, SYS_pwrite64, SYS_fsync, SYS_close, SYS_renameat,
#ifdef SYS_rename
                                 SYS_rename
#endif
    };
    for (size_t i = 0; i < COUNT(CALLS); i++) {
        if (CALLS[i] == call) return 1;
    }
    return 0;
}

/* Whether a thread of the process is in such a call. */
static int is_writing(void) {
    DIR* tasks = opendir("/proc/self/task");
    int found = 0;
    for (struct dirent* task; tasks && !found && (task = readdir(tasks));) {
        char path[300], text[32] = "";
        long call;
        snprintf(path, sizeof path, "%s/syscall", task->d_name);
        int file = openat(dirfd(tasks), path, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        found = read(file, text, sizeof text - 1) > 0 && sscanf(text, "%ld", &call) == 1 && is_of_files(call);
        close(file);
    }
    if (tasks) closedir(tasks);
    return found;
}

/* Whether the process has stood still for so long; called every AGAIN_MS, and not while the process is stopped. */
static int stands_still(void) {
    static long long used_ns; /* of the processor, before it used less than the share */
    static int calls;         /* since then */
    long long used = ns_of(CLOCK_PROCESS_CPUTIME_ID);
    int is_long = ++calls > STILL_S * 1000 / AGAIN_MS;
    if (used - used_ns <= STILL_S * 1000000000LL / STILL_SHARE && !(is_long && is_writing())) return is_long;
    calls = 0, used_ns = used;
    return 0;
}

/* The lock of Python may be held for long by a C call of the script: then it dies unsaved rather than not at all. */
static void* wait_for_a_signal(void* unused) {
    while (sem_wait(&watch.came)) continue;
    ask_to_stay();
    sem_post(&watch.asked);
    if (start_thread(save_and_die, NULL)) die(atomic_load(&watch.first));
    for (int ms = 0; !wait_ms(&watch.saving, AGAIN_MS); ms += AGAIN_MS) {
        if (ms > PATIENCE_S * 1000) die(atomic_load(&watch.first));
        ask_to_stay();
    }
    while (!stands_still()) {
        ask_to_stay();
        wait_ms(&watch.saving, AGAIN_MS);
    }
    die(atomic_load(&watch.first));
    return unused;
}

static int is_ours(int number) {
    struct sigaction now;
    return !sigaction(number, NULL, &now) && now.sa_handler == handle;
}

/* Of a process that is no longer watched, or never was: a forked child. Its signals are as they are natively. */
static void leave_all(void) {
    for (size_t i = 0; i < COUNT(ENDING); i++) {
        if (is_ours(ENDING[i])) signal(ENDING[i], SIG_DFL);
    }
}

/* ---- what Python calls ---- */

/* Take each of the signals over whose default holds; again from time to time, should the script restore a default. */
EXPORT void gpu_trace_signals_take(void) {
    struct sigaction now, ours = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigfillset(&ours.sa_mask);
    if (getpid() != watch.process || is_closed) return;
    for (size_t i = 0; i < COUNT(ENDING); i++) {
        if (!sigaction(ENDING[i], NULL, &now) && now.sa_handler == SIG_DFL) sigaction(ENDING[i], &ours, NULL);
    }
}

/* `save` is called by a thread of ours; 0, or why there is none. */
EXPORT int gpu_trace_signals_begin(void (*save)(void), int (*is_busy)(void)) {
    watch.save = save;
    watch.is_busy = is_busy;
    watch.process = getpid();
    *(void**)&watch.AddPendingCall = dlsym(RTLD_DEFAULT, "Py_AddPendingCall");
    *(void**)&watch.SaveThread = dlsym(RTLD_DEFAULT, "PyEval_SaveThread");
    if (!watch.SaveThread) watch.AddPendingCall = NULL;
    sem_init(&watch.came, 0, 0);
    sem_init(&watch.asked, 0, 0);
    sem_init(&watch.saving, 0, 0);
    int failed = start_thread(wait_for_a_signal, NULL);
    if (failed) return failed;
    pthread_atfork(NULL, NULL, leave_all);
    gpu_trace_signals_take();
    return 0;
}

/* `save` has got Python's lock. */
EXPORT void gpu_trace_signals_saving(void) { sem_post(&watch.saving); }

/* From now on signals do what they do natively. Returns only where none has come. */
EXPORT void gpu_trace_signals_end(void) {
    if (getpid() != watch.process) return;
    leave_all();
    if (atomic_load(&watch.first)) stay_for_ever();
    pthread_mutex_lock(&entrance);
    is_closed = 1;
    pthread_mutex_unlock(&entrance);
}

/* ---- a thread that looks after the recording, which Python does not list among its own ---- */

struct looking {
    int (*look)(void);
    int ms; /* until it is called */
};

static void* look_again_and_again(void* argument) {
    struct looking now = *(struct looking*)argument;
    free(argument);
    while (now.ms >= 0) {
        struct timespec rest = {now.ms / 1000, now.ms % 1000 * 1000000L};
        nanosleep(&rest, NULL);
        if (!enter_python()) break;
        now.ms = now.look();
        gpu_trace_entered();
    }
    return NULL;
}

/* Calls `look` after so many milliseconds, until it returns less than 0; otherwise that is after how many again. */
EXPORT int gpu_trace_look(int (*look)(void), int after_ms) {
    struct looking* first = malloc(sizeof *first);
    if (!first) return ENOMEM;
    *first = (struct looking){look, after_ms};
    int failed = start_thread(look_again_and_again, first);
    if (failed) free(first);
    return failed;
}
