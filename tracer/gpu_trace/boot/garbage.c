/* Collections of Python's garbage collector that last 100 us or more, each written to a file as it ends.
 *
 * Python calls what is in the list `gc.callbacks` before and after each collection. The first of that list is
 * `collects`, and the script has another list under that name: this function copies it behind itself, so that
 * Python calls the script's own callbacks as it does natively, and no list that a script sees has one more. In C, because
 * a Python function would be seen by the script's own tracing and profiling, and in a trace of level full.
 *
 * Plain C and libc, no header of Python: only functions of its stable interface, which the process has. All here is
 * called by a thread that holds the interpreter's lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern ssize_t PyList_Size(void* list);
extern int PyList_SetSlice(void* list, ssize_t low, ssize_t high, void* items);
extern void PyErr_Clear(void);
extern void Py_IncRef(void* object);
extern char _Py_NoneStruct;
extern int PyUnicode_CompareWithASCIIString(void* text, const char* ascii);

struct MethodDef { /* PyMethodDef, which is part of the stable interface too */
    const char* name;
    void* (*function)(void* self, void* const* arguments, ssize_t count);
    int flags;
    const char* doc;
};
enum { METH_FASTCALL = 0x80 };
extern void* PyCFunction_NewEx(struct MethodDef* method, void* self, void* module);

enum { LEAST_NS = 100 * 1000 };

static struct {
    void *called, *seen; /* the list that Python calls, and the one that the script sees */
    ssize_t length;      /* of the former, as it was left here */
    char path[PATH_MAX]; /* empty: nothing is recorded just now */
    int64_t began_ns;    /* 0: no collection is under way whose start is known */
} garbage;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void write_down(int64_t end_ns) {
    const int64_t collection[] = {garbage.began_ns, end_ns, syscall(SYS_gettid)};
    const int before = errno, file = open(garbage.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file >= 0) {
        const ssize_t written = write(file, collection, sizeof collection);
        if (written > 0 && (size_t)written < sizeof collection) { /* the disk is full */
            const off_t whole = lseek(file, 0, SEEK_END) - written;
            if (ftruncate(file, whole)) {
            }
        }
        close(file);
    }
    errno = before;
}

/* Have both lists alike. A script that has kept the list of before may still change that one. */
static void bring_together(void) {
    const ssize_t length = PyList_Size(garbage.called), others = PyList_Size(garbage.seen);
    int failed = 0;
    if (length != garbage.length) {
        failed = PyList_SetSlice(garbage.seen, 0, others, garbage.called) || PyList_SetSlice(garbage.seen, 0, 1, NULL);
    } else if (length > 1 || others) {
        failed = PyList_SetSlice(garbage.called, 1, length, garbage.seen);
    }
    if (failed) PyErr_Clear();
    garbage.length = PyList_Size(garbage.called);
}

/* Record from now on to a file, with the two lists; an empty path: record nothing. */
EXPORT void gpu_trace_garbage_to(const char* path, void* called, void* seen) {
    garbage.began_ns = 0;
    garbage.called = called;
    garbage.seen = seen;
    garbage.length = PyList_Size(called);
    if (strlen(path) < sizeof garbage.path) strcpy(garbage.path, path);
}

/* What Python calls with "start" or "stop", and facts on the collection. */
static void* collects(void* self, void* const* arguments, ssize_t count) {
    const int64_t at_ns = now_ns();
    (void)self;
    bring_together();
    if (count > 0 && !PyUnicode_CompareWithASCIIString(arguments[0], "start")) {
        garbage.began_ns = garbage.path[0] ? now_ns() : 0;
    } else {
        if (garbage.began_ns && at_ns - garbage.began_ns >= LEAST_NS) write_down(at_ns);
        garbage.began_ns = 0;
    }
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

/* A new built-in function for the first place of the list that Python calls. */
EXPORT void* gpu_trace_garbage_callback(void) {
    static struct MethodDef method = {"collects", collects, METH_FASTCALL, NULL};
    return PyCFunction_NewEx(&method, NULL, NULL);
}
